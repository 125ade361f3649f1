import { type Fields, fieldsOf, isJsonPayload, payloadOf } from '../json-fields';
import type { Stamp } from '../records';
import { type FieldMergeRule, parseFieldMergeRule, ruleOf } from './field-merge-rule';
import { type FieldStamps, freshStamps, readStamps, stampOf, writeStamps } from './field-stamps';
import type { ElementStamps, FieldText } from './fields/field-rule';
import { kindOf } from './fields/registry';
import { takeLater } from './last-write-wins';
import type { CleanWrite, Conflict, Policy, Resolution, Side } from './policy';

export const fieldMerge: Policy<FieldMergeRule> = {
  name: 'field-merge',
  readsPayload: true,
  needsBase: true,
  parseRule: parseFieldMergeRule,
  orderFree: (rule) =>
    [rule.default, ...Object.values(rule.fields)].every((field) => kindOf(field).orderFree),
  remember,
  resolve,
  carry,
};

function remember({ stored, incoming, rule }: CleanWrite<FieldMergeRule>): Uint8Array | null {
  const after = readFields(incoming.payload);
  if (after === null) return null;
  const before = stored === null ? null : readFields(stored.payload);
  if (stored === null || before === null) return writeStamps(freshStamps(incoming), after);
  const stamps = readStamps(stored);
  if (!stamps.kept && !isJsonPayload(incoming.payload!)) return null;
  const stamp = stampOf(incoming);
  let removed = before.size;
  for (const [name, text] of after) {
    const previous = before.get(name) ?? null;
    if (previous !== text) stampField(stamps, rule, name, previous, text, stamp);
    if (previous !== null) removed--;
  }
  if (removed === 0) return writeStamps(stamps, after);
  for (const [name, text] of before) {
    if (!after.has(name)) stampField(stamps, rule, name, text, null, stamp);
  }
  return writeStamps(stamps, after);
}

/** What comes about by converting counts as written with the record; all other fields keep their stamps. */
function carry(record: Side, payload: Uint8Array): Uint8Array | null {
  const [before, after] = [readFields(record.payload), readFields(payload)];
  if (record.meta === null || before === null || after === null) return record.meta;
  const stamps = readStamps(record);
  for (const [name, text] of after) {
    if (before.get(name) !== text) stamps.fields.set(name, stampOf(record));
  }
  return writeStamps(stamps, after);
}

function resolve(conflict: Conflict<FieldMergeRule>): Resolution {
  const { stored, incoming } = conflict;
  if (stored.deleted) return { take: 'stored', why: 'A delete wins over changes of fields.' };
  if (incoming.deleted) return { take: 'incoming', why: 'A delete wins over changes of fields.' };
  const ours = readFields(stored.payload);
  const theirs = readFields(incoming.payload);
  if (ours === null || theirs === null) return takeLaterWhole(conflict);
  const merge = beginMerge(conflict, ours);
  mergeInto(merge, conflict, baseFields(conflict), theirs);
  return conclude(merge, conflict, theirs);
}

function takeLaterWhole({ stored, incoming, rule }: Conflict<FieldMergeRule>): Resolution {
  const later = takeLater(stored, incoming, rule.windowMs);
  return { ...later, why: `Not both sides are JSON objects, so the whole record counts. ${later.why}` };
}

/** Null where it is not known what the device saw. One that creates has seen nothing. */
function baseFields({ kind, base }: Conflict<FieldMergeRule>): Fields | null {
  if (kind === 'CREATE_CREATE') return new Map();
  if (base === null) return null;
  return base.payload === null ? new Map() : readFields(base.payload);
}

function readFields(payload: Uint8Array | null): Fields | null {
  return payload === null ? null : fieldsOf(payload);
}

interface Merge {
  /** The stored fields, with the device's changes coming in. */
  readonly fields: Fields;
  readonly stamps: FieldStamps;
  readonly taken: string[];
  readonly combined: string[];
  readonly kept: string[];
  readonly asked: string[];
  /** A stamp rose that the difference between the two sides does not show. */
  restamped: boolean;
}

function beginMerge({ stored }: Conflict<FieldMergeRule>, fields: Fields): Merge {
  const stamps = readStamps(stored);
  return { fields, stamps, taken: [], combined: [], kept: [], asked: [], restamped: false };
}

/** Only what the device changed is looked at; what is absent is a removal only where the base had it. */
function mergeInto(
  merge: Merge,
  conflict: Conflict<FieldMergeRule>,
  base: Fields | null,
  theirs: Fields,
): void {
  const stamp = stampOf(conflict.incoming);
  let removed = base === null ? 0 : base.size;
  for (const [name, text] of theirs) {
    const before = base === null ? undefined : (base.get(name) ?? null);
    if (text !== before) mergeField(merge, conflict.rule, name, before, text, stamp);
    if (typeof before === 'string') removed--;
  }
  if (base === null || removed === 0) return;
  for (const [name, before] of base) {
    if (!theirs.has(name)) mergeField(merge, conflict.rule, name, before, null, stamp);
  }
}

function mergeField(
  merge: Merge,
  rule: FieldMergeRule,
  name: string,
  base: FieldText | undefined,
  incoming: FieldText,
  incomingStamp: Stamp,
): void {
  const { fields, stamps } = merge;
  const stored = fields.get(name) ?? null;
  if (stored === (base ?? null)) return takeField(merge, rule, name, stored, incoming, incomingStamp);
  if (base === undefined && stored === incoming) return;
  const fieldRule = ruleOf(rule, name);
  const result = kindOf(fieldRule).merge(
    {
      base,
      stored,
      incoming,
      storedStamp: stamps.fields.get(name) ?? stamps.all,
      incomingStamp,
      elements: stamps.elements.get(name) ?? null,
      windowMs: rule.windowMs,
    },
    fieldRule,
  );
  switch (result.take) {
    case 'stored':
      if (stored !== incoming) merge.kept.push(name);
      return;
    case 'incoming':
      return takeField(merge, rule, name, stored, incoming, incomingStamp);
    case 'restamped':
      merge.restamped = true;
      stamps.fields.set(name, incomingStamp);
      return;
    case 'merged':
      return combineField(merge, name, result.text, result.elements, incomingStamp);
    case 'asked':
      merge.asked.push(name);
  }
}

function takeField(
  merge: Merge,
  rule: FieldMergeRule,
  name: string,
  stored: FieldText,
  incoming: FieldText,
  stamp: Stamp,
): void {
  merge.taken.push(name);
  stampField(merge.stamps, rule, name, stored, incoming, stamp);
  if (incoming === null) merge.fields.delete(name);
  else merge.fields.set(name, incoming);
}

function combineField(
  merge: Merge,
  name: string,
  text: string,
  elements: ElementStamps | null,
  stamp: Stamp,
): void {
  merge.combined.push(name);
  merge.fields.set(name, text);
  merge.stamps.fields.set(name, stamp);
  if (elements !== null) merge.stamps.elements.set(name, elements);
}

/** One write changed the field as a whole. */
function stampField(
  stamps: FieldStamps,
  rule: FieldMergeRule,
  name: string,
  before: FieldText,
  after: FieldText,
  stamp: Stamp,
): void {
  const fieldRule = ruleOf(rule, name);
  const kind = kindOf(fieldRule);
  const elements =
    kind.stampElements === undefined
      ? null
      : kind.stampElements(before, after, elementsOf(stamps, name), stamp, fieldRule);
  if (elements !== null) stamps.elements.set(name, elements);
  else if (stamps.elements.size > 0) stamps.elements.delete(name);
  stamps.fields.set(name, stamp);
}

function elementsOf({ elements, fields, all }: FieldStamps, name: string): ElementStamps {
  return elements.get(name) ?? { all: fields.get(name) ?? all, own: NO_STAMPS };
}

const NO_STAMPS: ReadonlyMap<string, Stamp> = new Map();

function conclude(merge: Merge, conflict: Conflict<FieldMergeRule>, theirs: Fields): Resolution {
  const { fields, stamps, taken, combined, kept, asked, restamped } = merge;
  const { stored, incoming } = conflict;
  const why = explain(merge);
  const written = taken.length + combined.length > 0;
  if (!written && !restamped) {
    if (asked.length === 0) return { take: 'stored', why };
    return { take: 'merged', payload: stored.payload!, meta: stored.meta, asked, why };
  }
  const asSent = kept.length === 0 && sameFields(fields, theirs);
  if (asSent && combined.length === 0 && asked.length === 0 && !restamped) return { take: 'incoming', why };
  const payload = asSent ? incoming.payload! : written ? payloadOf(fields) : stored.payload!;
  if (!stamps.kept && !isJsonPayload(payload)) return takeLaterWhole(conflict);
  return { take: 'merged', payload, meta: writeStamps(stamps, fields), asked, why };
}

function sameFields(left: Fields, right: Fields): boolean {
  if (left.size !== right.size) return false;
  for (const [name, text] of left) if (right.get(name) !== text) return false;
  return true;
}

const NAMES_MAX = 8;

function explain({ taken, combined, kept, asked }: Merge): string {
  let parts = '';
  parts = naming(parts, 'taken from the device', taken);
  parts = naming(parts, 'combined', combined);
  parts = naming(parts, 'kept as stored', kept);
  parts = naming(parts, 'left to a person', asked);
  return parts === '' ? 'The device changed nothing that is not stored already.' : `${parts}.`;
}

function naming(before: string, what: string, names: readonly string[]): string {
  if (names.length === 0) return before;
  let text = before === '' ? `Merged by field: ${what}` : `${before}; ${what}`;
  for (let i = 0; i < names.length && i < NAMES_MAX; i++) text += (i === 0 ? ' ' : ', ') + names[i]!;
  return names.length > NAMES_MAX ? `${text} and ${names.length - NAMES_MAX} more` : text;
}
