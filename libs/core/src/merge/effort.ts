import { type Change, payloadBytes, type Push } from '../changes';
import { type RecordKey, recordKey } from '../ids';
import { contentBytes, type StoredRecord } from '../records';
import { overLimit, type Refusal } from '../refusals';
import type { ActiveRules } from '../rules';
import { CONVERSION_WORK_MAX, conversionWorkAtMost } from '../schema/cost';
import type { Draft } from './draft';

/**
 * A push that takes longer is sent in parts, as others wait for it; a change alone is always taken. A byte of a record that
 * operations are applied to counts as a character that is converted: it takes about as long.
 */
const PUSH_WORK_MAX = 16 * CONVERSION_WORK_MAX;

/** Told beforehand, so that a push which is refused has done nothing; null where it can be decided in one go. */
export function effortObstacle(draft: Draft, push: Push): Refusal | null {
  if (push.byService === true) return null;
  const last = draft.lastNumber(push.device);
  const changes = push.changes.filter(({ number }) => number > last);
  if (changes.length < 2) return null;
  const grown = new Map<RecordKey, number>();
  let work = 0;
  for (const change of changes) {
    const rules = draft.facts.rules.of(change.collection);
    if (change.kind === 'operations') work += operatedBytes(draft, change, rules, grown);
    else if (rules.shapes !== null) work += convertedWork(draft, change, rules);
  }
  return work > PUSH_WORK_MAX ? overLimit('PUSH_TOO_LARGE', 'pushWorkMax', PUSH_WORK_MAX, work) : null;
}

/** What it is applied to, with what the changes before it have added at most. */
function operatedBytes(
  draft: Draft,
  { collection, id, operations }: Extract<Change, { kind: 'operations' }>,
  rules: ActiveRules,
  grown: Map<RecordKey, number>,
): number {
  const key = recordKey(collection, id);
  const stored = draft.stored(collection, id);
  const before = grown.get(key) ?? (stored === undefined ? 0 : weightOf(stored, rules));
  grown.set(key, before + operations.length);
  return before + operations.length;
}

function weightOf(stored: StoredRecord, { data }: ActiveRules): number {
  const state = stored.kept?.kind === 'data' ? stored.kept.state : null;
  const told = state !== null && data?.kind === 'crdt' ? data.engine.weight?.(state) : undefined;
  return Math.max(contentBytes(stored), told ?? 0);
}

/** A change of an older version is brought up with what lay under it, which may take one way up and one down for each. */
const CONVERSIONS_OF_A_CHANGE = 3;

function convertedWork(draft: Draft, change: Change, { declared, shapes }: ActiveRules): number {
  const stored = draft.stored(change.collection, change.id);
  const bytes = stored === undefined ? 0 : contentBytes(stored);
  const isStoredOlder = bytes > 0 && stored!.schemaVersion !== shapes?.current;
  const ofStored = isStoredOlder ? conversionWorkAtMost(declared.schema, bytes) : 0;
  if (change.kind === 'delete' || change.schemaVersion === shapes?.current) return ofStored;
  const ofChange = conversionWorkAtMost(declared.schema, bytes + payloadBytes(change));
  return ofStored + CONVERSIONS_OF_A_CHANGE * ofChange;
}
