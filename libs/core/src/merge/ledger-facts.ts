import type { DeviceId, RecordId, UserId } from '../ids';
import type { ConflictKind, ConflictState } from '../outcomes';
import { encodeUtf8, tryDecodeUtf8 } from '../utf8';
import type { LedgerEntry } from './ledger';

/** What conflicts are looked for by: kept beside the record of the ledger, so that looking need not read its contents. */
export interface LedgerFacts {
  readonly state: ConflictState;
  readonly kind: ConflictKind;
  /** The record. Its collection stands in the id of the conflict. */
  readonly id: RecordId;
  readonly policy: string;
  /** Of the two sides. */
  readonly devices: readonly (DeviceId | null)[];
  readonly users: readonly (UserId | null)[];
  readonly detectedAtMs: number;
  /** It is open, and the tenant's resolver has to be asked. */
  readonly waitsFor?: 'resolver';
}

/** Stores look for the state in the text, see `WAITING_NOT` and `WAITING_FOR_RESOLVER`. */
export function encodeFacts(entry: LedgerEntry): Uint8Array {
  const { state, kind, id, policy, stored, incoming, detectedAtMs } = entry;
  const facts: LedgerFacts = {
    state,
    kind,
    id,
    policy,
    devices: [stored.device, incoming.device],
    users: [stored.user, incoming.user],
    detectedAtMs,
    ...(state === 'open' && entry.waitsFor === 'resolver' ? { waitsFor: 'resolver' } : {}),
  };
  return encodeUtf8(JSON.stringify(facts));
}

export function decodeFacts(meta: Uint8Array): LedgerFacts | null {
  const text = tryDecodeUtf8(meta);
  return text === null ? null : (JSON.parse(text) as LedgerFacts);
}

/** Facts that hold this text are those of a conflict that waits for nobody. No text of a user can hold it in JSON. */
export const WAITING_NOT = '"state":"resolved"';
/** Facts that hold this text are those of a conflict that the tenant's resolver has to be asked about. */
export const WAITING_FOR_RESOLVER = '"waitsFor":"resolver"';
