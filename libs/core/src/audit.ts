import type { HistoryEntry } from './history';
import {
  type CollectionName,
  CONFLICTS,
  type Epoch,
  type RecordId,
  SERVICE_DEVICE,
  type SpaceKey,
  type Version,
} from './ids';
import type { OutcomeStatus } from './outcomes';
import { encodeUtf8 } from './utf8';

export type HistoryAction = 'create' | 'update' | 'delete' | 'resolve' | 'restore';

/** What is known of a version for good: its contents may be forgotten, their hashes stay. */
export interface VersionFacts extends Omit<HistoryEntry, 'payload' | 'incoming' | 'about'> {
  readonly deleted: boolean;
  /** Over nothing for a delete. */
  readonly contentSha256: Uint8Array;
  /** Null where what was sent is what was stored, or was a delete. */
  readonly incomingSha256: Uint8Array | null;
  /** What was sent was a delete, and is not what was stored. */
  readonly incomingDeleted: boolean;
}

/** What else has to be known to say what a version did; it does not change any more either. */
export interface VersionSetting {
  /** The version before deleted the record. */
  readonly replacesDelete: boolean;
  /** The conflict that the same change settled right behind it. */
  readonly settles: RecordId | null;
}

/** A version for the audit trail. */
export interface AuditedVersion extends VersionFacts, VersionSetting {
  /** Of its contents, as long as they are kept. */
  readonly keptBytes: number;
}

/** A version with its contents. */
export interface PastVersion extends HistoryEntry, VersionSetting {}

/** Everything that the hash chain covers of a version. */
export interface ChainLink extends Omit<VersionFacts, 'conflict'> {
  readonly action: HistoryAction;
  /** Null for what is no answer to a change: the entries of the ledger. */
  readonly status: OutcomeStatus | null;
  /** The conflict that it settled or came from. */
  readonly conflict: RecordId | null;
}

/** The chain of a space after a version. */
export interface ChainPoint {
  readonly version: Version;
  readonly hash: Uint8Array;
}

/** What a signature says of a chain. */
export interface ChainHead extends ChainPoint {
  readonly epoch: Epoch;
  readonly signedAtMs: number;
}

export const HASH_BYTES = 32;

/** Before its first link. */
export const CHAIN_START: ChainPoint = { version: 0, hash: new Uint8Array(HASH_BYTES) };

type WhatItDid = Pick<VersionFacts, 'collection' | 'device' | 'deleted' | 'previousVersion'> & VersionSetting;

/** Nobody but the service restores, and what it does to a record without settling a conflict is to restore it. */
export function actionOf(version: WhatItDid): HistoryAction {
  const { collection, device, deleted, previousVersion, replacesDelete, settles } = version;
  if (collection === CONFLICTS) return previousVersion === 0 ? 'create' : 'resolve';
  if (settles !== null) return 'resolve';
  if (device === SERVICE_DEVICE) return 'restore';
  if (deleted) return 'delete';
  return previousVersion === 0 || replacesDelete ? 'create' : 'update';
}

/** Whether what a device sent for another record than the one that an entry writes, the ledger's, was a delete. */
export function isIncomingDelete({ collection, id, about, incoming }: HistoryEntry): boolean {
  return incoming === null && (about.collection !== collection || about.id !== id);
}

export function statusOf(
  collection: CollectionName,
  { sentOther }: { readonly sentOther: boolean },
): OutcomeStatus | null {
  if (collection === CONFLICTS) return null;
  return sentOther ? 'MERGED' : 'APPLIED';
}

export function linkOf(version: AuditedVersion): ChainLink {
  const { replacesDelete: _, settles, keptBytes: __, ...facts } = version;
  return {
    ...facts,
    action: actionOf(version),
    status: statusOf(facts.collection, { sentOther: facts.incomingSha256 !== null }),
    conflict: settles ?? facts.conflict,
  };
}

/** What an entry is remembered by once its contents are gone. */
export function factsOfEntry(entry: HistoryEntry, sha256: (bytes: Uint8Array) => Uint8Array): VersionFacts {
  const { payload, incoming, about: _, ...facts } = entry;
  return {
    ...facts,
    deleted: payload === null,
    contentSha256: sha256(payload ?? NOTHING),
    incomingSha256: incoming === null ? null : sha256(incoming),
    incomingDeleted: isIncomingDelete(entry),
  };
}

const NOTHING = new Uint8Array(0);
const HEAD_PREFIX = 'syncline/chain/1';

/** What is signed: a prefix, a NUL, `tenant/space`, a NUL, epoch, version and time as eight bytes each, and the hash. */
export function chainHeadMessage(space: SpaceKey, head: ChainHead): Uint8Array {
  const names = encodeUtf8(`${HEAD_PREFIX}\u0000${space}\u0000`);
  const message = new Uint8Array(names.length + 3 * 8 + HASH_BYTES);
  message.set(names);
  const view = new DataView(message.buffer);
  [head.epoch, head.version, head.signedAtMs].forEach((number, index) => {
    view.setBigUint64(names.length + index * 8, BigInt(number));
  });
  message.set(head.hash, names.length + 3 * 8);
  return message;
}
