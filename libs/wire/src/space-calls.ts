import type { Answer, CheckPlan, ClaimedRange, SpaceId, Subscribe } from '@syncline/core';
import type { Comparison } from '@syncline/flows';
import { Caller, CheckSpace, CompareRequest, CompareResponse, Plan } from '@syncline/proto';
import type {
  CompareRangesRequest,
  CompareRangesResponse,
  PlanRequest,
  PlanResponse,
} from '@syncline/proto/internal';
import { comparisonFromProto, comparisonToProto, rangeFromProto, rangeToProto } from './compare';
import { then } from './encoding';
import { identityFromProto, identityToProto, type OnBehalf, versionsFromProto } from './identity';
import { each, inside, partOf, reading } from './place';
import { planFromProto, planToProto } from './plans';
import { checkSpaceToProto, subscribeFromProto } from './subscribe';

export interface PlanCall {
  readonly onBehalf: OnBehalf;
  readonly subscribe: Subscribe;
}

export function planCallToProto({ onBehalf, subscribe }: PlanCall): PlanRequest {
  return { identity: identityToProto(onBehalf).identity, check: checkSpaceToProto(subscribe) };
}

export function planCallFromProto({ identity, check }: PlanRequest): Answer<PlanCall> {
  return reading('', (at) => {
    const proto = partOf(at, 'check', check, CheckSpace);
    const within = inside(at, 'check');
    return {
      onBehalf: identityFromProto({ identity, space: proto.space }, at),
      subscribe: subscribeFromProto(proto, within),
    };
  });
}

export interface CompareCall {
  readonly onBehalf: OnBehalf;
  readonly ranges: readonly ClaimedRange[];
}

export function compareCallToProto({ onBehalf, ranges }: CompareCall): CompareRangesRequest {
  const { identity, space } = identityToProto(onBehalf);
  const { schemaVersions } = onBehalf;
  const caller =
    schemaVersions === undefined
      ? undefined
      : { ...Caller.create(), schemaVersions: new Map(schemaVersions) };
  return {
    identity,
    compare: { ...CompareRequest.create(), caller, space, ranges: ranges.map(rangeToProto) },
  };
}

export function compareCallFromProto({ identity, compare }: CompareRangesRequest): Answer<CompareCall> {
  return reading('', (at) => {
    const proto = partOf(at, 'compare', compare, CompareRequest);
    const within = inside(at, 'compare');
    return {
      onBehalf: {
        ...identityFromProto({ identity, space: proto.space }, at),
        ...versionsFromProto(proto.caller, inside(within, 'caller')),
      },
      ranges: each(within, 'ranges', proto.ranges, rangeFromProto),
    };
  });
}

export function plannedToProto(space: SpaceId, plan: CheckPlan): PlanResponse {
  return { plan: planToProto({ space, plan }) };
}

export function plannedFromProto({ plan }: PlanResponse): Answer<CheckPlan> {
  return reading('', (at) => planFromProto(partOf(at, 'plan', plan, Plan), inside(at, 'plan')).plan);
}

/** The ranges are those that were asked for. */
export function comparedToProto(
  ranges: readonly ClaimedRange[],
  comparison: Comparison,
): CompareRangesResponse {
  return { comparison: comparisonToProto(ranges, comparison) };
}

export function comparedFromProto({ comparison }: CompareRangesResponse): Answer<Comparison> {
  return then(
    reading('', (at) => partOf(at, 'comparison', comparison, CompareResponse)),
    comparisonFromProto,
  );
}
