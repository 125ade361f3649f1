import type { HlcTime } from './clock';
import { type Hash64, murmur3 } from './hash';
import type { ChangeNumber, CollectionName, DeviceId, RecordId, UserId, Version } from './ids';
import type { Access } from './access';
import type { Patch } from './records';
import { encodeUtf8 } from './utf8';

/** Asked for by a change and served by no rule yet: kept in full, so that the change is refused and never half taken. */
export interface ChangeReliance {
  /** The contents that it replaces, where a collection keeps several. */
  readonly seen: readonly { readonly device: DeviceId; readonly number: ChangeNumber }[];
  /** Other devices' changes that have to be decided before it. */
  readonly dependencies: ReadonlyMap<DeviceId, ChangeNumber>;
  /** Digests of the artifacts that its record refers to. */
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

/** What a change relies on and is not served, by the names of the protocol; empty for most. */
export function unserved({ reliesOn }: Change): string[] {
  if (reliesOn === undefined) return [];
  const { seen, dependencies, artifacts } = reliesOn;
  const named = [
    ['seen', seen.length],
    ['dependencies', dependencies.size],
    ['artifacts', artifacts.length],
  ] as const;
  return named.flatMap(([name, count]) => (count > 0 ? [name] : []));
}

const FINGERPRINT_SEED_A = 0x66696e67;
const FINGERPRINT_SEED_B = 0x65727072;

/**
 * Tells a repeated change from another one that was given the same number, as a device does that was set back
 * to an old backup of itself.
 */
export function fingerprint(change: Change): Hash64 {
  const head = encodeUtf8(
    JSON.stringify([
      change.kind,
      change.collection,
      change.id,
      change.baseVersion,
      change.after,
      change.time,
      change.schemaVersion,
      change.resolves,
      change.kind === 'patch' ? change.patch.remove : null,
      change.kind === 'operations' ? change.type : null,
      change.reliesOn === undefined ? null : relianceParts(change.reliesOn),
    ]),
  );
  const body = bodyOf(change);
  const lane = (seed: number) => murmur3(body, body.length, murmur3(head, head.length, seed));
  return { a: lane(FINGERPRINT_SEED_A), b: lane(FINGERPRINT_SEED_B) };
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
