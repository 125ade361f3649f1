import type { DeviceMessage, Reason, Refusal, ServerMessage, SpaceId } from '@syncline/core';
import { Advice, Refusal as ProtoRefusal } from '@syncline/proto';
import { codes } from './codes';
import { uint64 } from './encoding';
import { idIn, type Place, whole } from './place';
import { type AdviceName, REASON_TABLE, reasonByAdvice, reasonFromProto, reasonToProto } from './reasons';

export type RefusalMessage = ServerMessage & { kind: 'refusal' };

const advices = codes<AdviceName, Advice>({
  RETRY: Advice.RETRY,
  CORRECT: Advice.CORRECT,
  AUTHENTICATE: Advice.AUTHENTICATE,
  START_OVER: Advice.START_OVER,
  RENUMBER: Advice.RENUMBER,
  UPGRADE: Advice.UPGRADE,
  RECONNECT: Advice.RECONNECT,
  STOP: Advice.STOP,
});

export function refusalToProto({ refusal, space, about, closing }: RefusalMessage): ProtoRefusal {
  const { reason, message, violations, retryAfterMs, facts, trace = '' } = refusal;
  return {
    ...ProtoRefusal.create(),
    reason: reasonToProto(reason),
    advice: advices.code(REASON_TABLE[reason].advice),
    message,
    violations: violations.map(({ field, description }) => ({ field, description })),
    retryAfterMs: retryAfterMs === null ? undefined : uint64(retryAfterMs),
    facts: new Map(Object.entries(facts)),
    space: space ?? '',
    endsSession: closing,
    about: about ?? '',
    traceId: trace,
  };
}

export function refusalFromProto(proto: ProtoRefusal, at: Place): RefusalMessage {
  return {
    kind: 'refusal',
    space: proto.space === '' ? null : idIn<SpaceId>(at, 'space', proto.space),
    about: isDeviceKind(proto.about) ? proto.about : null,
    refusal: bareRefusalFromProto(proto, at),
    closing: proto.endsSession,
  };
}

function bareRefusalFromProto(proto: ProtoRefusal, at: Place): Refusal {
  const { message, violations, retryAfterMs, facts, traceId } = proto;
  return {
    reason: reasonOrAdvice(proto.reason, proto.advice),
    message,
    violations: violations.map(({ field, description }) => ({ field, description })),
    retryAfterMs: retryAfterMs === undefined ? null : whole(at, 'retry_after_ms', retryAfterMs),
    facts: Object.fromEntries(facts),
    ...(traceId === '' ? {} : { trace: traceId }),
  };
}

function reasonOrAdvice(reason: number, advice: number): Reason {
  return reasonFromProto(reason) ?? reasonByAdvice(advices.name(advice) ?? undefined);
}

const DEVICE_KINDS: Readonly<Record<DeviceMessage['kind'], true>> = {
  hello: true,
  subscribe: true,
  push: true,
  ack: true,
  presence: true,
  authenticate: true,
  unsubscribe: true,
  goodbye: true,
};

function isDeviceKind(name: string): name is DeviceMessage['kind'] {
  return Object.hasOwn(DEVICE_KINDS, name);
}
