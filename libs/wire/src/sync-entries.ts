import { type DeviceId, deviceProblem, type SpaceId, type UserId } from '@syncline/core';
import type { ListedSyncs, ListSyncsCall, SyncEntry, SyncPlace } from '@syncline/flows';
import {
  type ListSyncEntriesRequest,
  type ListSyncEntriesResponse,
  Mode,
  type SyncEntry as ProtoSync,
} from '@syncline/proto';
import { uint32 } from './encoding';
import { type Pair, pair, wholeOrNull } from './pair';
import { deviceIn, each, idIn, type Place, whole, wrong } from './place';
import { isReason } from './reasons';
import { modeFromProto, modeToProto } from './scopes';

export const listSyncsCall: Pair<ListSyncEntriesRequest, ListSyncsCall> = pair<
  ListSyncEntriesRequest,
  ListSyncsCall
>(
  ({ space, device, fromMs, toMs, resultsMax, after }) => ({
    space,
    device: device ?? '',
    fromMs: fromMs ?? undefined,
    toMs: toMs ?? undefined,
    resultsMax: uint32(resultsMax ?? 0),
    after: placeToText(after),
  }),
  ({ space, device, fromMs, toMs, resultsMax, after }, at) => ({
    space: idIn<SpaceId>(at, 'space', space),
    device: device === '' ? null : deviceIn(at, 'device', device),
    fromMs: fromMs === undefined ? null : whole(at, 'from_ms', fromMs),
    toMs: toMs === undefined ? null : whole(at, 'to_ms', toMs),
    resultsMax: wholeOrNull(at, 'results_max', resultsMax),
    after: placeIn(at, 'after', after),
  }),
);

export const syncsListed: Pair<ListSyncEntriesResponse, ListedSyncs> = pair<
  ListSyncEntriesResponse,
  ListedSyncs
>(
  ({ items, next }) => ({ entries: items.map(syncToProto), next: placeToText(next) }),
  ({ entries, next }, at) => ({
    items: each(at, 'entries', entries, syncFromProto),
    next: placeIn(at, 'next', next),
  }),
);

function syncToProto({ mode, reason, ...entry }: SyncEntry): ProtoSync {
  return { ...entry, mode: mode === null ? Mode.UNSPECIFIED : modeToProto(mode), reason: reason ?? '' };
}

function syncFromProto(proto: ProtoSync, at: Place): SyncEntry {
  const count = (name: string, value: number) => whole(at, name, value);
  return {
    device: deviceIn(at, 'device', proto.device),
    user: idIn<UserId>(at, 'user', proto.user),
    startedAtMs: count('started_at_ms', proto.startedAtMs),
    durationMs: count('duration_ms', proto.durationMs),
    fromVersion: count('from_version', proto.fromVersion),
    toVersion: count('to_version', proto.toVersion),
    mode: proto.mode === Mode.UNSPECIFIED ? null : modeFromProto(proto.mode, at),
    pushedCount: count('pushed_count', proto.pushedCount),
    receivedCount: count('received_count', proto.receivedCount),
    sentBytes: count('sent_bytes', proto.sentBytes),
    receivedBytes: count('received_bytes', proto.receivedBytes),
    conflictCount: count('conflict_count', proto.conflictCount),
    // Of a newer server it may be one that is not known here.
    reason: isReason(proto.reason) ? proto.reason : null,
    reset: proto.reset,
    traceId: proto.traceId,
  };
}

function placeToText(place: SyncPlace | null): string {
  return place === null ? '' : `${place.startedAtMs}/${place.durationMs}/${place.device}`;
}

const PLACE = /^(\d{1,15})\/(\d{1,15})\/(.+)$/su;

function placeIn(at: Place, name: string, text: string): SyncPlace | null {
  if (text === '') return null;
  const [, startedAtMs, durationMs, device] = PLACE.exec(text) ?? [];
  if (device === undefined || deviceProblem(device) !== null) {
    wrong(at, name, 'must be what the answer before said');
    return null;
  }
  return {
    startedAtMs: Number(startedAtMs),
    durationMs: Number(durationMs),
    device: device as DeviceId,
  };
}
