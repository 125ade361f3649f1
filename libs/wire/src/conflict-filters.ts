import {
  type CollectionName,
  type ConflictKind,
  type DeviceId,
  type RecordId,
  type UserId,
} from '@syncline/core';
import { ALL_CONFLICTS, type ConflictFilter } from '@syncline/flows';
import type { ConflictFilter as ProtoFilter } from '@syncline/proto';
import { ConflictState } from '@syncline/proto';
import { kinds, states } from './outcome-codes';
import { textIn } from './pair';
import { collectionIn, idIn, inside, type Place, whole, wrong } from './place';

const NAMES_MAX = 256;

export function filterToProto(filter: ConflictFilter): ProtoFilter {
  const { state, detectedFromMs, detectedToMs } = filter;
  return {
    collections: [...filter.collections],
    recordId: filter.record ?? '',
    state: state === null ? ConflictState.UNSPECIFIED : states.code(state),
    kinds: filter.kinds.map(kinds.code),
    device: filter.device ?? '',
    user: filter.user ?? '',
    policy: filter.policy ?? '',
    detectedFromMs: detectedFromMs ?? undefined,
    detectedToMs: detectedToMs ?? undefined,
  };
}

/** A filter that is not there lets all through. */
export function filterFromProto(proto: ProtoFilter | undefined, above: Place): ConflictFilter {
  if (proto === undefined) return ALL_CONFLICTS;
  const at = inside(above, 'filter');
  const { state, detectedFromMs, detectedToMs } = proto;
  const idOrNull = <Id extends string>(name: string, id: string): Id | null =>
    id === '' ? null : idIn<Id>(at, name, id);
  return {
    collections: collectionsIn(at, proto.collections),
    record: idOrNull<RecordId>('record_id', proto.recordId),
    state: state === ConflictState.UNSPECIFIED ? null : states.nameIn(at, 'state', state),
    kinds: kindsIn(at, proto.kinds),
    device: idOrNull<DeviceId>('device', proto.device),
    user: idOrNull<UserId>('user', proto.user),
    policy: proto.policy === '' ? null : textIn(at, 'policy', proto.policy),
    detectedFromMs: detectedFromMs === undefined ? null : whole(at, 'detected_from_ms', detectedFromMs),
    detectedToMs: detectedToMs === undefined ? null : whole(at, 'detected_to_ms', detectedToMs),
  };
}

function collectionsIn(at: Place, names: readonly string[]): CollectionName[] {
  if (names.length > NAMES_MAX) wrong(at, 'collections', `must be at most ${NAMES_MAX}`);
  const list = inside(at, 'collections');
  return names.slice(0, NAMES_MAX).map((name, index) => collectionIn(list, index, name));
}

function kindsIn(at: Place, codes: readonly number[]): ConflictKind[] {
  if (codes.length > NAMES_MAX) wrong(at, 'kinds', `must be at most ${NAMES_MAX}`);
  return codes.slice(0, NAMES_MAX).map((code) => kinds.nameIn(at, 'kinds', code));
}
