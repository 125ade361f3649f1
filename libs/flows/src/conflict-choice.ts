import {
  fieldsOf,
  isJsonPayload,
  type LedgerResolution,
  payloadOf,
  type StoredRecord,
  type Violation,
  decodeUtf8,
} from '@syncline/core';
import type { LedgerConflict } from './conflict-contents';
import type { Contents } from './conflict-told';

/** What a person decides. */
export type ConflictChoice =
  | { readonly kind: 'keep-stored' }
  | { readonly kind: 'keep-incoming' }
  /** Null for the newest shape. */
  | { readonly kind: 'replace'; readonly payload: Uint8Array; readonly schemaVersion: number | null }
  | { readonly kind: 'delete' }
  | {
      readonly kind: 'fields';
      /** These take what the device sent; the others stay. */
      readonly incoming: readonly string[];
      /** JSON text of values that are neither side's. */
      readonly values: ReadonlyMap<string, Uint8Array>;
    };

export interface Decision {
  readonly choice: ConflictChoice;
  /** Empty for none. */
  readonly why: string;
}

/** What is to stand; null for a delete. */
export interface Wanted {
  readonly payload: Uint8Array | null;
  readonly schemaVersion: number;
}

export type Chosen =
  | { readonly kind: 'chosen'; readonly resolution: LedgerResolution; readonly wanted: Wanted | 'as-it-is' }
  /** A content is not known any more. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'wrong'; readonly violations: readonly Violation[] };

export interface Standing {
  readonly conflict: LedgerConflict;
  readonly contents: Contents;
  readonly stands: StoredRecord | undefined;
  /** The newest shape of the collection. */
  readonly schemaVersion: number;
}

/** What a decision makes of a record. */
export function choose(choice: ConflictChoice, standing: Standing): Chosen {
  const { conflict, contents, schemaVersion } = standing;
  const { entry } = conflict;
  switch (choice.kind) {
    case 'keep-stored':
      // As long as nothing was decided, what the server has stands, with all that was made of it since. Of several contents
      // that are kept, the one that was there stands alone.
      if (entry.state === 'open' && entry.resolution !== 'both')
        return { kind: 'chosen', resolution: 'stored', wanted: 'as-it-is' };
      return sideChosen('stored', contents.stored, entry.stored);
    case 'keep-incoming':
      return sideChosen('incoming', contents.incoming, entry.incoming);
    case 'replace': {
      const wanted = { payload: choice.payload, schemaVersion: choice.schemaVersion ?? schemaVersion };
      return { kind: 'chosen', resolution: 'replaced', wanted };
    }
    case 'delete':
      return { kind: 'chosen', resolution: 'deleted', wanted: { payload: null, schemaVersion } };
    case 'fields':
      return chooseFields(choice, standing);
  }
}

function sideChosen(
  resolution: 'stored' | 'incoming',
  payload: Uint8Array | null | undefined,
  { schemaVersion }: { readonly schemaVersion: number },
): Chosen {
  if (payload === undefined) return { kind: 'unknown' };
  return { kind: 'chosen', resolution, wanted: { payload, schemaVersion } };
}

function chooseFields(
  { incoming, values }: Extract<ConflictChoice, { kind: 'fields' }>,
  { conflict, contents, stands }: Standing,
): Chosen {
  const violations = fieldProblems(conflict.entry.asked, incoming, values);
  if (violations.length > 0) return { kind: 'wrong', violations };
  if (contents.incoming === undefined) return { kind: 'unknown' };
  const theirs = contents.incoming === null ? null : fieldsOf(contents.incoming);
  const fields = stands?.payload == null ? null : fieldsOf(stands.payload);
  if (theirs === null || fields === null)
    return wrongFields('decision.fields', 'one side is no JSON object: decide the record as a whole');
  for (const name of incoming) {
    const value = theirs.get(name);
    if (value === undefined) fields.delete(name);
    else fields.set(name, value);
  }
  for (const [name, value] of values) fields.set(name, decodeUtf8(value).trim());
  const wanted = { payload: payloadOf(fields), schemaVersion: stands!.schemaVersion };
  return { kind: 'chosen', resolution: 'merged', wanted };
}

function fieldProblems(
  asked: readonly string[],
  incoming: readonly string[],
  values: ReadonlyMap<string, Uint8Array>,
): Violation[] {
  const problems: Violation[] = [];
  const say = (field: string, description: string) => problems.push({ field, description });
  if (asked.length === 0) say('decision.fields', 'no field waits: decide the record as a whole');
  const notAsked = (name: string) => asked.length > 0 && !asked.includes(name);
  for (const name of incoming)
    if (notAsked(name)) say('decision.fields.incoming', `${name} does not wait for a decision`);
  for (const [name, value] of values) {
    if (notAsked(name)) say('decision.fields.values', `${name} does not wait for a decision`);
    if (incoming.includes(name)) say('decision.fields.values', `${name} takes what the device sent`);
    if (!isJsonPayload(value)) say('decision.fields.values', `the value of ${name} must be JSON`);
  }
  return problems;
}

function wrongFields(field: string, description: string): Chosen {
  return { kind: 'wrong', violations: [{ field, description }] };
}
