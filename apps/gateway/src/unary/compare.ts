import { decodeCursor, granted, refused } from '@syncline/core';
import { CompareRequest, CompareResponse } from '@syncline/proto';
import { comparingCallFromProto, comparisonToProto } from '@syncline/wire';
import { type Admit, admitToSpace } from './admitted';
import type { CallDeps } from './call-deps';
import { type UnaryMethod, unaryMethod } from './methods';

export function compareMethod(deps: CallDeps, admit: Admit): UnaryMethod {
  const { backends, keys } = deps;
  return unaryMethod(CompareRequest, CompareResponse, async (request, context) => {
    const call = comparingCallFromProto(request);
    if (!call.ok) return call;
    const { caller, space, cursor, ranges } = call.value;
    const admitted = await admit(caller, context);
    if (!admitted.ok) return admitted;
    const allowed = await admitToSpace(deps, admitted.value, space);
    if (!allowed.ok) return allowed;
    const { key, access } = allowed.value;
    if (decodeCursor(cursor, key, keys) === null) return refused('INVALID_CURSOR');
    const { identity, device, schemaVersions } = admitted.value;
    const versions = schemaVersions && { schemaVersions };
    const onBehalf = { space: key, user: identity.user, device, access, ...versions };
    const compared = await backends.compare(onBehalf, ranges, context.gone);
    return compared.ok ? granted(comparisonToProto(ranges, compared.value)) : compared;
  });
}
