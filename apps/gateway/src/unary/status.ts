import { granted } from '@syncline/core';
import { followChanges } from '@syncline/flows';
import { StatusRequest, StatusResponse } from '@syncline/proto';
import { followCallFromProto, followedChangesToProto } from '@syncline/wire';
import { type Admit, admitToSpace } from './admitted';
import type { CallDeps } from './call-deps';
import { type UnaryMethod, unaryMethod } from './methods';

export function statusMethod(deps: CallDeps, admit: Admit): UnaryMethod {
  const { store, whereabouts, clock, limits } = deps;
  const follow = followChanges({ receipts: store, devices: store, whereabouts, clock, limits });
  return unaryMethod(StatusRequest, StatusResponse, async (request, context) => {
    const call = followCallFromProto(request);
    if (!call.ok) return call;
    const { caller, space, device, numbers } = call.value;
    const admitted = await admit(caller, context);
    if (!admitted.ok) return admitted;
    const allowed = await admitToSpace(deps, admitted.value, space);
    if (!allowed.ok) return allowed;
    const { key, access } = allowed.value;
    const followed = await follow(key, { access, device: device ?? caller.device, numbers });
    return followed.ok ? granted(followedChangesToProto(followed.value)) : followed;
  });
}
