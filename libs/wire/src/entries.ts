import {
  type DeviceId,
  LEDGER_ID_BYTES_MAX,
  type PageEntry,
  type RecordId,
  type UserId,
} from '@syncline/core';
import { Entry, PutEntry } from '@syncline/proto';
import { keptFromProto, keptToProto } from './kept';
import { collectionIn, idIn, type Place, timeIn, whole, wrong } from './place';

const PUT = PutEntry.create();

export function entryToProto(entry: PageEntry): Entry {
  const blank = Entry.create();
  switch (entry.kind) {
    case 'put': {
      // Field by field: most entries are of this kind, and copying whole objects takes longer than encoding them.
      const { record } = entry;
      blank.collection = record.collection;
      blank.id = record.id;
      blank.version = record.version;
      blank.kind = { $case: 'put', put: { ...PUT, payload: record.payload, ...keptToProto(record.kept) } };
      blank.device = record.device;
      blank.number = record.number;
      blank.user = record.user;
      blank.time = record.time;
      blank.schemaVersion = record.schemaVersion;
      blank.resurrected = record.resurrected;
      return blank;
    }
    case 'patch': {
      const { patch, kind, ...rest } = entry;
      const { set, remove } = patch;
      return { ...blank, ...rest, kind: { $case: kind, patch: { set, remove: [...remove] } } };
    }
    case 'operations': {
      const { type, operations, kind, ...rest } = entry;
      return { ...blank, ...rest, kind: { $case: kind, operations: { type, operations: [...operations] } } };
    }
    case 'delete': {
      const { kind, ...rest } = entry;
      return { ...blank, ...rest, kind: { $case: kind, delete: {} } };
    }
    case 'gone': {
      const { kind, ...rest } = entry;
      return { ...blank, ...rest, kind: { $case: kind, gone: {} } };
    }
    case 'own': {
      const { kind, ...rest } = entry;
      return { ...blank, ...rest, kind: { $case: kind, own: {} } };
    }
  }
}

export function entryFromProto(proto: Entry, at: Place): PageEntry {
  const collection = collectionIn(at, 'collection', proto.collection);
  const id = idIn<RecordId>(at, 'id', proto.id, LEDGER_ID_BYTES_MAX);
  const version = whole(at, 'version', proto.version);
  const number = whole(at, 'number', proto.number);
  const time = timeIn(at, 'time', proto.time);
  const device = proto.device as DeviceId;
  const user = proto.user as UserId;
  const written = { collection, id, version, time, device, number, user, schemaVersion: proto.schemaVersion };
  switch (proto.kind?.$case) {
    case 'put': {
      const { payload } = proto.kind.put;
      const kept = keptFromProto(proto.kind.put, at);
      return { kind: 'put', record: { ...written, payload, resurrected: proto.resurrected, ...kept } };
    }
    case 'patch': {
      const { set, remove } = proto.kind.patch;
      const previousVersion = whole(at, 'previous_version', proto.previousVersion);
      const patch = { set, remove };
      return { kind: 'patch', ...written, previousVersion, patch };
    }
    case 'delete':
      return { kind: 'delete', collection, id, version, time, device, number };
    case 'own':
      return { kind: 'own', collection, id, version, number };
    case 'operations': {
      const { type, operations } = proto.kind.operations;
      const previousVersion = whole(at, 'previous_version', proto.previousVersion);
      return { kind: 'operations', ...written, previousVersion, type, operations };
    }
    case undefined:
      wrong(at, 'kind', 'must be one of put, patch, operations, delete, gone and own');
      return { kind: 'gone', collection, id, version };
    case 'gone':
      return { kind: 'gone', collection, id, version };
  }
}
