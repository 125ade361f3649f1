import { granted, spaceKey } from '@syncline/core';
import { checkSpaces } from '@syncline/flows';
import { CheckRequest, CheckResponse } from '@syncline/proto';
import { checkCallFromProto, checkedToProto } from '@syncline/wire';
import type { Activity } from './activity';
import type { Admit } from './admitted';
import type { CallDeps } from './call-deps';
import { type UnaryMethod, unaryMethod } from './methods';
import { pollingPace } from './pace';

export function checkMethod(deps: CallDeps, admit: Admit, activity: Activity): UnaryMethod {
  const { store, backends, keys, limits, clock } = deps;
  return unaryMethod(CheckRequest, CheckResponse, async (request, context) => {
    const call = checkCallFromProto(request);
    if (!call.ok) return call;
    const { caller, spaces } = call.value;
    const admitted = await admit(caller, context);
    if (!admitted.ok) return admitted;
    const { identity, device } = admitted.value;
    const check = checkSpaces({
      deltas: store,
      directory: store,
      keys,
      limits,
      plan: (space, access, subscribe) =>
        backends.plan({ space, user: identity.user, device, access }, subscribe, context.gone),
    });
    const checked = await check(identity, spaces);
    if (!checked.ok) return checked;
    const plans = checked.value.map((plan, index) => ({
      kind: 'plan' as const,
      space: spaces[index]!.space,
      plan,
    }));
    const polls = plans.map(({ space, plan }) =>
      activity.pollAfterMs(spaceKey(identity.tenant, space), plan.head),
    );
    const pace = pollingPace(limits, Math.min(limits.pollMsMax, ...polls));
    return granted(checkedToProto({ plans, pace, serverTimeMs: clock.nowMs() }));
  });
}
