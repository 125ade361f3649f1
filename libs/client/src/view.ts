import type {
  Change,
  ChangeNumber,
  CollectionName,
  DeviceId,
  ToldDigests,
  Epoch,
  HlcTime,
  Kept,
  RecordId,
  RecordImage,
  Scope,
  SpaceId,
  SyncMode,
  UserId,
  Version,
} from '@syncline/core';
import { recordKey } from '@syncline/core';
import { copyRecord, copyRecords } from './copy';
import type { Overlay } from './overlay';
import type { EngineState, Space } from './state';
import type { FailedChange } from './store';
import type { SyncState } from './sync-state';

/** A record as the application sees it: the server's, with this device's own changes on top. */
export interface ViewRecord {
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly payload: Uint8Array;
  /** What else it holds: several contents, or the state of a data type. */
  readonly kept?: Kept;
  /** In the copy; 0 for a record that only this device has. */
  readonly version: Version;
  /** Own changes on top are not in the copy yet. */
  readonly local: boolean;
  readonly time: HlcTime;
  readonly device: DeviceId;
  readonly user: UserId;
  readonly schemaVersion: number;
  readonly resurrected: boolean;
}

export function viewRecord(
  state: EngineState,
  space: SpaceId,
  collection: CollectionName,
  id: RecordId,
): ViewRecord | null {
  const held = state.spaces.get(space);
  if (held === undefined) return null;
  const overlay = held.overlays.get(recordKey(collection, id));
  const image = copyRecord(held.copy, collection, id);
  if (overlay !== undefined) return overlaid(state, overlay, image);
  return image === null ? null : { ...fromImage(image), local: false };
}

/** In no particular order. */
export function viewAll(state: EngineState, space: SpaceId): ViewRecord[] {
  const held = state.spaces.get(space);
  return held === undefined ? [] : [...recordsOf(state, held, copyRecords(held.copy), () => true)];
}

export function viewCollection(state: EngineState, space: SpaceId, collection: CollectionName): ViewRecord[] {
  const held = state.spaces.get(space);
  if (held === undefined) return [];
  const images = [...(held.copy.collections.get(collection)?.values() ?? [])].map(({ image }) => image);
  return [...recordsOf(state, held, images, (overlay) => overlay.collection === collection)];
}

function* recordsOf(
  state: EngineState,
  space: Space,
  images: Iterable<RecordImage>,
  wanted: (overlay: Overlay) => boolean,
): Generator<ViewRecord> {
  for (const image of images)
    if (!space.overlays.has(recordKey(image.collection, image.id)))
      yield { ...fromImage(image), local: false };
  for (const overlay of space.overlays.values()) {
    if (!wanted(overlay)) continue;
    const record = overlaid(state, overlay, copyRecord(space.copy, overlay.collection, overlay.id));
    if (record !== null) yield record;
  }
}

function fromImage({ number: _number, ...image }: RecordImage): Omit<ViewRecord, 'local'> {
  return image;
}

function overlaid(
  { config, owner }: EngineState,
  overlay: Overlay,
  image: RecordImage | null,
): ViewRecord | null {
  const { collection, id, content, last } = overlay;
  if (content === null) return null;
  if (last === null) return image === null ? null : { ...fromImage(image), local: true };
  const { time, schemaVersion } = last;
  const { device } = config;
  const version = image?.version ?? 0;
  return {
    collection,
    id,
    ...content,
    version,
    local: true,
    time,
    device,
    user: owner,
    schemaVersion,
    resurrected: false,
  };
}

/** Changes that the server has not answered, in their order. */
export function pendingChanges(state: EngineState, space: SpaceId): Change[] {
  return [...(state.spaces.get(space)?.pending.values() ?? [])].map(({ change }) => change);
}

/** Changes that the server could not take; they wait for the application's decision. */
export function failedChanges(state: EngineState, space: SpaceId): FailedChange[] {
  return [...(state.spaces.get(space)?.failed.values() ?? [])];
}

export interface SpaceStatus {
  readonly syncState: SyncState;
  readonly stopped: boolean;
  readonly scope: Scope;
  readonly mode: SyncMode;
  readonly version: Version;
  readonly epoch: Epoch | null;
  readonly cursor: Uint8Array | null;
  readonly counter: ChangeNumber;
  /** How many changes wait for an answer, for their checkpoint, and for the application. */
  readonly pending: number;
  readonly settled: number;
  readonly failed: number;
  /** Entries that wait for their checkpoint. */
  readonly staged: number;
  /** A checkpoint was reached on this subscription, and no page has come since. */
  readonly caughtUp: boolean;
  readonly digests: ToldDigests;
  readonly mismatches: number;
  readonly vector: ReadonlyMap<DeviceId, ChangeNumber>;
}

export function spaceStatus(state: EngineState, id: SpaceId): SpaceStatus | null {
  const space = state.spaces.get(id);
  if (space === undefined) return null;
  const { syncState, scope, mode, version, epoch, cursor, counter, mismatches, vector, link, copy } = space;
  return {
    syncState,
    stopped: link.phase === 'stopped',
    scope,
    mode,
    version,
    epoch,
    cursor,
    counter,
    pending: space.pending.size,
    settled: space.settled.size,
    failed: space.failed.size,
    staged: space.staging?.entries.size ?? 0,
    caughtUp: link.phase === 'subscribed' && link.caughtUp,
    digests: copy.digests,
    mismatches,
    vector,
  };
}
