import {
  type Answer,
  granted,
  type Push as CorePush,
  type PushResult,
  type SpaceId,
  type SpaceKey,
  spaceOf,
  type UserId,
} from '@syncline/core';
import type { SpacePush } from '@syncline/flows';
import { Outcomes, Push } from '@syncline/proto';
import { MergeRequest, type MergeResponse } from '@syncline/proto/internal';
import { decode, encode, then, uint32 } from './encoding';
import { identityFromProto, identityToProto, versionsFromProto } from './identity';
import { outcomesFromProto, outcomesToProto } from './outcomes';
import { idIn, inside, type Place, reading, whole, wrong } from './place';
import { pushFromProto, pushToProto } from './push';
import { refusalToStatus, statusToRefusal } from './status';

export interface MergeCall extends SpacePush {
  /** Tells the answer of this call from those of others on the same stream. */
  readonly correlation: number;
  /**
   * When the gateway got the push, and until when it waits; null for as long as it takes. Both are readings of its own
   * clock: only their difference means something elsewhere.
   */
  readonly receivedAtMs: number;
  readonly deadlineAtMs: number | null;
  /** It goes ahead of what waits. */
  readonly critical: boolean;
  /** W3C traceparent to go on from; empty where it is not traced. */
  readonly traceparent: string;
}

/** The push as its device encoded it, where it came so: then it is passed on as it is. */
export interface EncodedPush {
  readonly encoded?: Uint8Array | undefined;
}

export interface MergeAnswer {
  readonly correlation: number;
  readonly result: PushResult;
  /** The space's head after the commit; 0 when refused. */
  readonly head: number;
  /** How many pushes wait in the instance that answers. */
  readonly waiting: number;
  readonly commitMs: number;
}

export function mergeCallToProto(call: MergeCall & EncodedPush): MergeRequest {
  const { correlation, space, push, receivedAtMs, deadlineAtMs, critical, traceparent, encoded } = call;
  const { device, user, access, changes, byService = false, schemaVersions } = push;
  return {
    ...MergeRequest.create(),
    ...identityToProto({ space, user, device, access }),
    correlation,
    push: encoded ?? encode(Push, pushToProto({ space: spaceOf(space), changes })),
    receivedAtMs,
    deadlineAtMs: deadlineAtMs ?? 0,
    critical,
    traceparent,
    byService,
    schemaVersions: new Map(schemaVersions),
  };
}

export function mergeCallFromProto(proto: MergeRequest): Answer<MergeCall> {
  return then(decode(Push, proto.push), (decoded) =>
    reading('', (at) => {
      const { space, user, device, access } = identityFromProto(proto, at);
      const { changes } = pushFromProto(decoded, inside(at, 'push'), null);
      const versions = versionsFromProto(proto, at);
      const pushed: CorePush = { device, user: userOf(user, at), access, changes, ...versions };
      const push: CorePush = proto.byService ? { ...pushed, byService: true } : pushed;
      const deadlineAtMs = whole(at, 'deadline_at_ms', proto.deadlineAtMs);
      return {
        correlation: whole(at, 'correlation', proto.correlation),
        space,
        push,
        receivedAtMs: whole(at, 'received_at_ms', proto.receivedAtMs),
        deadlineAtMs: deadlineAtMs === 0 ? null : deadlineAtMs,
        critical: proto.critical,
        traceparent: proto.traceparent,
      };
    }),
  );
}

function userOf(user: UserId | null, at: Place): UserId {
  return user ?? idIn<UserId>(inside(at, 'identity'), 'user', '');
}

/** The space may be any where the push is refused. */
export function mergeAnswerToProto(space: SpaceKey, answer: MergeAnswer): MergeResponse {
  const { correlation, result, head, waiting, commitMs } = answer;
  return {
    correlation,
    result: resultToProto(spaceOf(space), result),
    head,
    waiting: uint32(waiting),
    commitMs: uint32(commitMs),
  };
}

function resultToProto(space: SpaceId, result: PushResult): NonNullable<MergeResponse['result']> {
  if (result.kind === 'refused') return { $case: 'refusal', refusal: refusalToStatus(result.refusal) };
  return { $case: 'outcomes', outcomes: encode(Outcomes, outcomesToProto({ space, ...result })) };
}

export function mergeAnswerFromProto(proto: MergeResponse): Answer<MergeAnswer> {
  const { result, correlation, head, waiting, commitMs } = proto;
  const facts = { correlation, head, waiting, commitMs };
  if (result?.$case === 'refusal') {
    return granted({ ...facts, result: { kind: 'refused', refusal: statusToRefusal(result.refusal) } });
  }
  return then(decode(Outcomes, result?.outcomes ?? encode(Outcomes, Outcomes.create())), (proto) =>
    reading('', (at) => {
      if (result === undefined) wrong(at, 'result', 'must be one of outcomes and refusal');
      const { outcomes } = outcomesFromProto(proto, inside(at, 'outcomes'));
      return { ...facts, result: { kind: 'outcomes', outcomes } };
    }),
  );
}
