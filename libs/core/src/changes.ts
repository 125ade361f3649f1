import type { HlcTime } from './clock';
import { type Hash64, murmur3Lanes } from './hash';
import type { ChangeNumber, CollectionName, DeviceId, RecordId, UserId, Version } from './ids';
import type { Access } from './access';
import type { Patch } from './records';
import type { SchemaVersions } from './shaped-entries';
import { encodeUtf8, writeUtf8 } from './utf8';

/** What a change builds on beside its base version. */
export interface ChangeReliance {
  /** The contents that it replaces, where a collection keeps several. */
  readonly seen: readonly { readonly device: DeviceId; readonly number: ChangeNumber }[];
  /** Other devices' changes that its device had from those devices: decided before it, and seen by whoever made it. */
  readonly dependencies: ReadonlyMap<DeviceId, ChangeNumber>;
  /** Digests of the artifacts that its record refers to. Not served yet: kept, so that it is never half taken. */
  readonly artifacts: readonly Uint8Array[];
}

interface ChangeBase {
  readonly number: ChangeNumber;
  readonly collection: CollectionName;
  readonly id: RecordId;
  /** The version of the record in the device's copy; 0 for none, or for a record it has only just created itself. */
  readonly baseVersion: Version;
  /** The device's own earlier change of this record that was in its view as well, on top of that version; 0 for none. */
  readonly after: ChangeNumber;
  readonly time: HlcTime;
  /** The shape in which the payload is written. */
  readonly schemaVersion: number;
  /** Open conflicts, by the id of their ledger record, that this change settles. */
  readonly resolves: readonly RecordId[];
  /** W3C traceparent, empty for none. */
  readonly trace: string;
  /** The device does not wait for its pace with it. */
  readonly critical?: true;
  readonly reliesOn?: ChangeReliance;
}

export interface CreateChange extends ChangeBase {
  readonly kind: 'create';
  readonly payload: Uint8Array;
}
export interface UpdateChange extends ChangeBase {
  readonly kind: 'update';
  readonly payload: Uint8Array;
}
export interface PatchChange extends ChangeBase {
  readonly kind: 'patch';
  readonly patch: Patch;
}
export interface DeleteChange extends ChangeBase {
  readonly kind: 'delete';
}
export interface OperationsChange extends ChangeBase {
  readonly kind: 'operations';
  /** The data type that the operations belong to, for example `yjs` or `json1`. */
  readonly type: string;
  readonly operations: Uint8Array;
}
export type Change = CreateChange | UpdateChange | PatchChange | DeleteChange | OperationsChange;

/** Changes of one device sent together; they become visible together. */
export interface Push {
  readonly device: DeviceId;
  readonly user: UserId;
  readonly access: Access;
  /** In order of their numbers, without gaps. */
  readonly changes: readonly Change[];
  /**
   * The service makes the changes on behalf of a person who has no device: their numbers are given where they are decided,
   * and each counts only on the very version of its record that it names.
   */
  readonly byService?: true;
  /** What the device reads; left out for the newest of all collections. */
  readonly schemaVersions?: SchemaVersions;
}

export function payloadBytes(change: Change): number {
  switch (change.kind) {
    case 'create':
    case 'update':
      return change.payload.length;
    case 'patch':
      return change.patch.set.length;
    case 'operations':
      return change.operations.length;
    case 'delete':
      return 0;
  }
}

const FINGERPRINT_SEEDS: Hash64 = { a: 0x66696e67, b: 0x65727072 };

/**
 * Tells a repeated change from another one that was given the same number, as a device does that was set back
 * to an old backup of itself.
 */
export function fingerprint(change: Change): Hash64 {
  const body = bodyOf(change);
  return murmur3Lanes(body, body.length, headHash(headOf(change)));
}

// Overwritten by every call and never read across calls.
const headBytes = new Uint8Array(4_096);

function headHash(head: string): Hash64 {
  const isShort = head.length * 3 <= headBytes.length;
  const bytes = isShort ? headBytes : encodeUtf8(head);
  return murmur3Lanes(bytes, isShort ? writeUtf8(head, headBytes) : bytes.length, FINGERPRINT_SEEDS);
}

/** Everything but the body, as one list of JSON. Put together from its parts, it takes a third of the time. */
function headOf(change: Change): string {
  const { kind, collection, id, baseVersion, after, time, schemaVersion } = change;
  const names = `"${kind}",${JSON.stringify(collection)},${JSON.stringify(id)}`;
  return `[${names},${baseVersion},${after},${time},${schemaVersion},${restOf(change)}]`;
}

function restOf(change: Change): string {
  const { resolves, reliesOn } = change;
  const remove = change.kind === 'patch' ? change.patch.remove : null;
  const type = change.kind === 'operations' ? change.type : null;
  if (resolves.length === 0 && remove === null && type === null && reliesOn === undefined)
    return '[],null,null,null';
  const rest = [resolves, remove, type, reliesOn === undefined ? null : relianceParts(reliesOn)];
  return JSON.stringify(rest).slice(1, -1);
}

function relianceParts({ seen, dependencies, artifacts }: ChangeReliance): unknown[] {
  return [
    seen.map(({ device, number }) => [device, number]),
    [...dependencies].sort(([left], [right]) => (left < right ? -1 : 1)),
    artifacts.map((digest) => [...digest]),
  ];
}

const NO_BYTES = new Uint8Array(0);

function bodyOf(change: Change): Uint8Array {
  switch (change.kind) {
    case 'create':
    case 'update':
      return change.payload;
    case 'patch':
      return change.patch.set;
    case 'operations':
      return change.operations;
    case 'delete':
      return NO_BYTES;
  }
}
