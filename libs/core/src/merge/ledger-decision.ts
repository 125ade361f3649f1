import type { Version } from '../ids';
import { parseFields } from '../json-fields';
import { encodeUtf8 } from '../utf8';
import type { LedgerEntry } from './ledger';

/**
 * What a person without a device says about a conflict, or the tenant's resolver: the service sends it as a patch of the
 * ledger's record.
 */
export interface LedgerDecision {
  /** It stays `open` where a resolver left something to a person. */
  readonly state: 'open' | 'resolved' | 'reopened';
  /** Left out where only the state changes. `none` takes a decision back. */
  readonly resolution?: LedgerEntry['resolution'];
  /** The version at which the record stood for the person; 0 for none. */
  readonly standing: Version;
  /** Left out where no reason is given. */
  readonly why?: string;
  /** Fields that wait for a person from now on. */
  readonly asked?: readonly string[];
  /** The policy decided, by whom it asks, and no person did. */
  readonly byPolicy?: true;
}

export function encodeDecision(decision: LedgerDecision): Uint8Array {
  return encodeUtf8(JSON.stringify(decision));
}

/** Whether the bytes are such a decision. */
export function isDecision(set: Uint8Array): boolean {
  const fields = parseFields(set);
  const state = fields?.get('state');
  return state === '"resolved"' || state === '"reopened"' || state === '"open"';
}
