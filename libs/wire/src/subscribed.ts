import type { CollectionName, ServerMessage, SpaceId, Subscribed } from '@syncline/core';
import { type Reset, Subscribed as ProtoSubscribed } from '@syncline/proto';
import { collectionIn, idIn, inside, type Place, whole } from './place';
import { reasonFromProto, reasonToProto } from './reasons';
import { modeFromProto, modeToProto } from './scopes';

export function subscribedToProto(subscribed: Subscribed): ProtoSubscribed {
  const { space, head, mode, lastNumber, epoch, mismatched, tag } = subscribed;
  return {
    ...ProtoSubscribed.create(),
    space,
    epoch,
    head,
    lastChangeNumber: lastNumber,
    mismatchedCollections: [...mismatched],
    mode: modeToProto(mode),
    tag,
  };
}

export function subscribedFromProto(proto: ProtoSubscribed, at: Place): Subscribed {
  return {
    kind: 'subscribed',
    space: idIn<SpaceId>(at, 'space', proto.space),
    head: whole(at, 'head', proto.head),
    mode: modeFromProto(proto.mode, at),
    lastNumber: whole(at, 'last_change_number', proto.lastChangeNumber),
    epoch: whole(at, 'epoch', proto.epoch),
    mismatched: collectionsFromProto(proto.mismatchedCollections, at, 'mismatched_collections'),
    tag: proto.tag,
  };
}

export function collectionsFromProto(names: readonly string[], at: Place, field: string): CollectionName[] {
  const list = inside(at, field);
  return names.map((name, index) => collectionIn(list, index, name));
}

export type ResetMessage = ServerMessage & { kind: 'reset' };

export function resetToProto({ space, refusal }: ResetMessage): Reset {
  return { space, reason: reasonToProto(refusal.reason), message: refusal.message };
}

/** Whatever a newer reason means: what the device holds cannot be continued. */
export function resetFromProto({ space, reason, message }: Reset, at: Place): ResetMessage {
  return {
    kind: 'reset',
    space: idIn<SpaceId>(at, 'space', space),
    refusal: {
      reason: reasonFromProto(reason) ?? 'INVALID_SYNC_STATE',
      message,
      violations: [],
      retryAfterMs: null,
      facts: {},
    },
  };
}
