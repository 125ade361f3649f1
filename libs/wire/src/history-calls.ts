import {
  type CollectionName,
  ID_BYTES_MAX,
  LEDGER_ID_BYTES_MAX,
  type RecordId,
  type SpaceId,
  type Version,
} from '@syncline/core';
import type {
  ListVersionsCall,
  Moment,
  NamedRecord,
  RecordAtCall,
  RestoredSpace,
  RestoreRecordCall,
  RestoreSpaceCall,
  SpaceAtCall,
} from '@syncline/flows';
import type { StoredRecord } from '@syncline/proto';
import {
  type GetRecordAtRequest,
  type GetRecordAtResponse,
  type ListRecordVersionsRequest,
  type ListRecordVersionsResponse,
  Moment as ProtoMoment,
  type ReadSpaceAtRequest,
  type ReadSpaceAtResponse,
  type RestoreRecordRequest,
  type RestoreRecordResponse,
  type RestoreSpaceRequest,
  type RestoreSpaceResponse,
} from '@syncline/proto';
import { uint32 } from './encoding';
import {
  imageFromProto,
  imageToProto,
  type PastImage,
  versionFromProto,
  type VersionTold,
  versionToProto,
} from './history-entries';
import { listedFrom, type Pair, pair, wholeOrNull } from './pair';
import { collectionIn, each, idIn, inside, partOf, type Place, whole, wrong } from './place';

export interface ListVersionsMessage extends ListVersionsCall {
  readonly withoutContents: boolean;
}

export interface VersionsTold {
  readonly items: readonly VersionTold[];
  readonly next: string | null;
}

export const listVersionsCall = pair<ListRecordVersionsRequest, ListVersionsMessage>(
  (call) => ({
    ...recordToProto(call),
    resultsMax: uint32(call.resultsMax ?? 0),
    after: call.before === null ? '' : String(call.before),
    withoutContents: call.withoutContents,
  }),
  (proto, at) => ({
    ...recordNamed(proto, at),
    resultsMax: wholeOrNull(at, 'results_max', proto.resultsMax),
    before: versionAfter(proto.after, at),
    withoutContents: proto.withoutContents,
  }),
);
export const versionsListed = pair<ListRecordVersionsResponse, VersionsTold>(
  ({ items, next }) => ({ entries: items.map((item) => versionToProto(item)), next: next ?? '' }),
  ({ entries, next }, at) => listedFrom(each(at, 'entries', entries, versionFromProto), next),
);

export const recordAtCall = pair<GetRecordAtRequest, RecordAtCall>(
  (call) => ({ ...recordToProto(call), at: momentToProto(call.at) }),
  (proto, at) => ({ ...recordNamed(proto, at), at: momentIn(at, 'at', proto.at) }),
);

export interface RecordAtTold {
  readonly record: PastImage | null;
  readonly version: Version;
}

export const recordAtFound = pair<GetRecordAtResponse, RecordAtTold>(
  ({ record, version }) => ({ record: imageMessage(record), version }),
  ({ record, version }, at) => ({ record: imageIn(record, at), version: whole(at, 'version', version) }),
);

export const spaceAtCall = pair<ReadSpaceAtRequest, SpaceAtCall>(
  ({ space, at, collections }) => ({ space, at: momentToProto(at), collections: [...collections] }),
  ({ space, at: moment, collections }, at) => ({
    space: idIn<SpaceId>(at, 'space', space),
    at: momentIn(at, 'at', moment),
    collections: collectionsIn(collections, at),
  }),
);

export interface SpacePartTold {
  readonly records: readonly PastImage[];
  readonly version: Version;
}

export const spacePart = pair<ReadSpaceAtResponse, SpacePartTold>(
  ({ records, version }) => ({ records: records.map(imageToProto), version }),
  ({ records, version }, at) => ({
    records: each(at, 'records', records, imageFromProto),
    version: whole(at, 'version', version),
  }),
);

export const restoreRecordCall = pair<RestoreRecordRequest, RestoreRecordCall>(
  (call) => ({ ...recordToProto(call), version: call.version, seenVersion: call.seenVersion ?? 0 }),
  (proto, at) => ({
    ...recordNamed(proto, at),
    version: aboveZero(at, 'version', proto.version),
    seenVersion: wholeOrNull(at, 'seen_version', proto.seenVersion),
  }),
);
export const recordRestored: Pair<RestoreRecordResponse, PastImage | null> = pair<
  RestoreRecordResponse,
  PastImage | null
>(
  (record) => ({ record: imageMessage(record) }),
  ({ record }, at) => imageIn(record, at),
);

export const restoreSpaceCall = pair<RestoreSpaceRequest, RestoreSpaceCall>(
  ({ space, to, collections, dryRun }) => ({
    space,
    to: momentToProto(to),
    collections: [...collections],
    dryRun,
  }),
  ({ space, to, collections, dryRun }, at) => ({
    space: idIn<SpaceId>(at, 'space', space),
    to: momentIn(at, 'to', to),
    collections: collectionsIn(collections, at),
    dryRun,
  }),
);
export const spaceRestored = pair<RestoreSpaceResponse, RestoredSpace>(
  ({ changed, deleted, recreated, head }) => ({
    changedCount: changed,
    deletedCount: deleted,
    recreatedCount: recreated,
    head,
  }),
  (proto, at) => ({
    changed: whole(at, 'changed_count', proto.changedCount),
    deleted: whole(at, 'deleted_count', proto.deletedCount),
    recreated: whole(at, 'recreated_count', proto.recreatedCount),
    head: whole(at, 'head', proto.head),
  }),
);

function recordToProto({ space, collection, id }: NamedRecord) {
  return { space, collection, id };
}

interface ProtoNamedRecord {
  readonly space: string;
  readonly collection: string;
  readonly id: string;
}

function recordNamed({ space, collection, id }: ProtoNamedRecord, at: Place): NamedRecord {
  return {
    space: idIn<SpaceId>(at, 'space', space),
    collection: collectionIn(at, 'collection', collection),
    id: idIn<RecordId>(at, 'id', id, LEDGER_ID_BYTES_MAX),
  };
}

function collectionsIn(names: readonly string[], at: Place): CollectionName[] {
  if (names.length > COLLECTIONS_MAX) wrong(at, 'collections', `must be at most ${COLLECTIONS_MAX}`);
  const list = inside(at, 'collections');
  return names.map((name, index) => collectionIn(list, index, name));
}

const COLLECTIONS_MAX = 1_000;

function momentToProto(moment: Moment): ProtoMoment {
  return moment.kind === 'version'
    ? { moment: { $case: 'version', version: moment.version } }
    : { moment: { $case: 'timeMs', timeMs: moment.timeMs } };
}

function momentIn(at: Place, name: string, proto: ProtoMoment | undefined): Moment {
  const { moment } = partOf(at, name, proto, ProtoMoment);
  const place = inside(at, name);
  switch (moment?.$case) {
    case 'version':
      return { kind: 'version', version: whole(place, 'version', moment.version) };
    case 'timeMs':
      return { kind: 'time', timeMs: whole(place, 'time_ms', moment.timeMs) };
    case undefined:
      if (proto !== undefined) wrong(at, name, 'must name a version or a time');
      return { kind: 'version', version: 0 };
  }
}

function aboveZero(at: Place, name: string, value: number): number {
  if (value === 0) wrong(at, name, 'must be a version');
  return whole(at, name, value);
}

/** Versions are listed from the one after this on. */
function versionAfter(text: string, at: Place): Version | null {
  if (text === '') return null;
  const version = Number(text);
  if (!/^\d+$/.test(text) || text.length > ID_BYTES_MAX || !Number.isSafeInteger(version))
    wrong(at, 'after', 'must come from an answer to this call');
  return version;
}

function imageMessage(image: PastImage | null): StoredRecord | undefined {
  return image === null ? undefined : imageToProto(image);
}

function imageIn(proto: StoredRecord | undefined, at: Place): PastImage | null {
  return proto === undefined ? null : imageFromProto(proto, inside(at, 'record'));
}
