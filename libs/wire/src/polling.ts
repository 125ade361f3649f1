import type {
  Answer,
  ClaimedRange,
  OutcomesMessage,
  Pace,
  PushMessage,
  SpaceId,
  Subscribe,
} from '@syncline/core';
import type { CheckRequest, CheckResponse, CompareRequest, PushRequest, PushResponse } from '@syncline/proto';
import { Outcomes, Push } from '@syncline/proto';
import { type Caller, callerFromProto, callerToProto } from './callers';
import { rangeFromProto, rangeToProto } from './compare';
import type { Compressor } from './compressor';
import { outcomesFromProto, outcomesToProto } from './outcomes';
import { paceFromProto, paceToProto } from './pace';
import { each, idIn, inside, partOf, type Place, reading, whole, wrong } from './place';
import { type PlanMessage, planFromProto, planToProto } from './plans';
import { pushFromProto, pushToProto } from './push';
import { checkSpaceToProto, subscribeFromProto } from './subscribe';

export interface CheckCall {
  readonly caller: Caller;
  readonly spaces: readonly Subscribe[];
}

export function checkCallToProto({ caller, spaces }: CheckCall): CheckRequest {
  return { caller: callerToProto(caller), spaces: spaces.map(checkSpaceToProto) };
}

export function checkCallFromProto(proto: CheckRequest): Answer<CheckCall> {
  return reading('', (at) => ({
    caller: callerFromProto(proto.caller, at),
    spaces: each(at, 'spaces', proto.spaces, subscribeFromProto),
  }));
}

export interface Checked {
  readonly plans: readonly PlanMessage[];
  readonly pace: Pace | null;
  readonly serverTimeMs: number;
}

export function checkedToProto({ plans, pace, serverTimeMs }: Checked): CheckResponse {
  return { plans: plans.map(planToProto), pace: paceOrNothing(pace), serverTimeMs };
}

export function checkedFromProto(proto: CheckResponse): Answer<Checked> {
  return reading('', (at) => ({
    plans: each(at, 'plans', proto.plans, planFromProto),
    pace: paceOrNull(proto.pace, at),
    serverTimeMs: whole(at, 'server_time_ms', proto.serverTimeMs),
  }));
}

export interface PushCall {
  readonly caller: Caller;
  readonly push: PushMessage;
}

export function pushCallToProto({ caller, push }: PushCall): PushRequest {
  return { caller: callerToProto(caller), body: { $case: 'push', push: pushToProto(push) } };
}

export function pushCallFromProto(
  { caller, body }: PushRequest,
  compressor: Compressor | null = null,
): Answer<PushCall> {
  return reading('', (at) => {
    if (body?.$case === 'signedPush') wrong(at, 'signed_push', 'was not agreed on');
    const push = body?.$case === 'push' ? body.push : undefined;
    return {
      caller: callerFromProto(caller, at),
      push: pushFromProto(partOf(at, 'push', push, Push), inside(at, 'push'), compressor),
    };
  });
}

export interface PushedCall {
  readonly outcomes: OutcomesMessage;
  readonly pace: Pace | null;
}

export function pushedCallToProto({ outcomes, pace }: PushedCall): PushResponse {
  return { outcomes: outcomesToProto(outcomes), pace: paceOrNothing(pace) };
}

export function pushedCallFromProto({ outcomes, pace }: PushResponse): Answer<PushedCall> {
  return reading('', (at) => ({
    outcomes: outcomesFromProto(partOf(at, 'outcomes', outcomes, Outcomes), inside(at, 'outcomes')),
    pace: paceOrNull(pace, at),
  }));
}

export interface ComparingCall {
  readonly caller: Caller;
  readonly space: SpaceId;
  /** Of the checkpoint at which the device's digests hold. */
  readonly cursor: Uint8Array;
  readonly ranges: readonly ClaimedRange[];
}

export function comparingCallToProto({ caller, space, cursor, ranges }: ComparingCall): CompareRequest {
  return { caller: callerToProto(caller), space, cursor, ranges: ranges.map(rangeToProto) };
}

export function comparingCallFromProto(proto: CompareRequest): Answer<ComparingCall> {
  return reading('', (at) => ({
    caller: callerFromProto(proto.caller, at),
    space: idIn<SpaceId>(at, 'space', proto.space),
    cursor: proto.cursor,
    ranges: each(at, 'ranges', proto.ranges, rangeFromProto),
  }));
}

export function paceOrNothing(pace: Pace | null): ReturnType<typeof paceToProto> | undefined {
  return pace === null ? undefined : paceToProto(pace);
}

export function paceOrNull(proto: ReturnType<typeof paceToProto> | undefined, at: Place): Pace | null {
  return proto === undefined ? null : paceFromProto(proto, inside(at, 'pace'));
}
