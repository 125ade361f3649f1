import type { NoticeKind, Pace, QuotaState, ServerMessage, SpaceId } from '@syncline/core';
import {
  Notice,
  NoticeKind as ProtoKind,
  Pace as ProtoPace,
  type QuotaState as ProtoQuota,
} from '@syncline/proto';
import { codes } from './codes';
import { uint32, uint64 } from './encoding';
import { each, idIn, type Place, whole } from './place';

export function paceToProto(pace: Pace): ProtoPace {
  return {
    ...ProtoPace.create(),
    pushChangesMax: uint32(pace.pushChangesMax),
    pushBytesMax: uint32(pace.pushBytesMax),
    pushDelayMs: uint32(pace.delayMs),
    nextPollMs: uint32(pace.nextPollMs),
    changesRemaining: uint32(pace.changesRemaining),
    quotas: (pace.quotas ?? []).map(({ space, name, allowed, used }) => ({
      space,
      name,
      allowed: uint64(allowed),
      used: uint64(used),
    })),
  };
}

export function paceFromProto(proto: ProtoPace, at: Place): Pace {
  return {
    kind: 'pace',
    pushChangesMax: whole(at, 'push_changes_max', proto.pushChangesMax),
    pushBytesMax: whole(at, 'push_bytes_max', proto.pushBytesMax),
    delayMs: whole(at, 'push_delay_ms', proto.pushDelayMs),
    nextPollMs: whole(at, 'next_poll_ms', proto.nextPollMs),
    changesRemaining: whole(at, 'changes_remaining', proto.changesRemaining),
    ...(proto.quotas.length === 0 ? {} : { quotas: each(at, 'quotas', proto.quotas, quotaFromProto) }),
  };
}

function quotaFromProto({ space, name, allowed, used }: ProtoQuota, at: Place): QuotaState {
  return {
    space: idIn<SpaceId>(at, 'space', space),
    name,
    allowed: whole(at, 'allowed', allowed),
    used: whole(at, 'used', used),
  };
}

export type NoticeMessage = ServerMessage & { kind: 'notice' };

const notices = codes<NoticeKind, ProtoKind>({
  draining: ProtoKind.DRAINING,
  'token-ends-soon': ProtoKind.TOKEN_ENDS,
  'clock-skewed': ProtoKind.CLOCK_SKEW,
  'rules-changed': ProtoKind.RULES_CHANGED,
});

export function noticeToProto({ notice, inMs }: Omit<NoticeMessage, 'kind'>): Notice {
  return { ...Notice.create(), kind: notices.code(notice), afterMs: uint32(inMs) };
}

/** Null for a notice that the rules make nothing of. */
export function noticeFromProto({ kind, afterMs }: Notice): NoticeMessage | null {
  const notice = notices.name(kind);
  return notice === null ? null : { kind: 'notice', notice, inMs: afterMs };
}
