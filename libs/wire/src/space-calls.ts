import type { Answer, ClaimedRange, Subscribe } from '@syncline/core';
import { CheckSpace, CompareRequest } from '@syncline/proto';
import type { CompareRangesRequest, PlanRequest } from '@syncline/proto/internal';
import { rangeFromProto, rangeToProto } from './compare';
import { identityFromProto, identityToProto, type OnBehalf } from './identity';
import { each, inside, partOf, reading } from './place';
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
  return { identity, compare: { ...CompareRequest.create(), space, ranges: ranges.map(rangeToProto) } };
}

export function compareCallFromProto({ identity, compare }: CompareRangesRequest): Answer<CompareCall> {
  return reading('', (at) => {
    const proto = partOf(at, 'compare', compare, CompareRequest);
    const within = inside(at, 'compare');
    return {
      onBehalf: identityFromProto({ identity, space: proto.space }, at),
      ranges: each(within, 'ranges', proto.ranges, rangeFromProto),
    };
  });
}
