import type { CollectionName, PendingSummary, SpaceId, Subscribe } from '@syncline/core';
import type { CheckSpace, Subscribe as ProtoSubscribe } from '@syncline/proto';
import { PendingChange } from '@syncline/proto';
import { digestsFromProto, digestsToProto } from './digests';
import { bytesOrNull, each, idIn, NO_BYTES, type Place, whole } from './place';
import { modeFromProto, modeToProto, scopeFromProto, scopeToProto } from './scopes';

export function subscribeToProto(subscribe: Subscribe): ProtoSubscribe {
  return { ...checkSpaceToProto(subscribe), presence: false, tag: subscribe.tag };
}

/** What a device holds and wants, where it only asks. */
export function checkSpaceToProto({ space, scope, cursor, mode, digests, pending }: Subscribe): CheckSpace {
  return {
    space,
    scope: scopeToProto(scope),
    cursor: cursor ?? NO_BYTES,
    mode: modeToProto(mode),
    digests: digestsToProto(digests),
    pending: pending.map(pendingToProto),
  };
}

export function subscribeFromProto(proto: ProtoSubscribe | CheckSpace, at: Place): Subscribe {
  return {
    kind: 'subscribe',
    space: idIn<SpaceId>(at, 'space', proto.space),
    scope: scopeFromProto(proto.scope, at),
    cursor: bytesOrNull(proto.cursor),
    mode: modeFromProto(proto.mode, at),
    digests: digestsFromProto(proto.digests, at, 'digests'),
    pending: each(at, 'pending', proto.pending, pendingFromProto),
    // A question that is asked once needs none.
    tag: 'tag' in proto ? proto.tag : 0,
  };
}

function pendingToProto({ collection, id, baseVersion, bytes }: PendingSummary): PendingChange {
  return { ...PendingChange.create(), collection, id, baseVersion, payloadBytes: bytes };
}

/** As with changes, a bad name is not yet wrong here: a plan may speak of what will be rejected. */
function pendingFromProto(proto: PendingChange, at: Place): PendingSummary {
  return {
    collection: proto.collection as CollectionName,
    id: proto.id,
    baseVersion: whole(at, 'base_version', proto.baseVersion),
    bytes: whole(at, 'payload_bytes', proto.payloadBytes),
  };
}
