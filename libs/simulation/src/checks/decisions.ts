import { type CollectionRules, decodeUtf8, type HistoryEntry, type SpaceKey } from '@syncline/core';
import { fail, historyOf, keyText, rulesKey, type WorldRecord } from '../record';

interface Side {
  /** Its content is operations, as what they make of the record is not known. */
  readonly operations?: string;
  readonly time: number | null;
  readonly device: string | null;
  readonly number: number | null;
  readonly deleted: boolean;
  readonly json?: unknown;
}

interface Entry {
  readonly kind: string;
  readonly collection: string;
  readonly policy: string;
  readonly rulesVersion: number;
  readonly resolution: string;
  readonly stored: Side;
  readonly incoming: Side;
}

/** The order of writes, written down a second time: who should have won. */
function laterIsIncoming(stored: Side, incoming: Side, windowMs: number): boolean {
  if (stored.time === null) return incoming.deleted;
  const slot = (side: Side): number => Math.floor(Math.floor(side.time! / 1024) / windowMs);
  if (slot(stored) !== slot(incoming)) return slot(incoming) > slot(stored);
  if (stored.deleted !== incoming.deleted) return incoming.deleted;
  const order = Buffer.compare(Buffer.from(incoming.device!), Buffer.from(stored.device!));
  return order !== 0 ? order > 0 : incoming.number! > stored.number!;
}

/** What was decided is what the rules say that were declared at the time. */
export function checkDecisions(record: WorldRecord, space: SpaceKey): void {
  const seen = new Set<string>();
  const latest = new Map<string, number>();
  for (const entry of historyOf(record, space)) {
    if (entry.collection !== 'sys.conflicts') {
      checkRules(record, space, entry.collection, entry, latest);
      continue;
    }
    if (seen.has(entry.id)) continue;
    seen.add(entry.id);
    const decided = JSON.parse(decodeUtf8(entry.payload!)) as Entry;
    const rules = checkRules(record, space, decided.collection, decided, latest);
    const expected = decided.kind === 'SCHEMA' ? 'none' : expectedFor(decided, rules);
    if (expected !== null && expected !== decided.resolution) {
      const { policy, resolution } = decided;
      fail(record, '3', `${entry.id}: ${policy} took ${resolution} where ${expected} was due`);
    }
  }
}

type Rules = Pick<CollectionRules, 'policy' | 'rule' | 'deletes'>;
const UNDECLARED: Rules = { policy: 'last-write-wins', rule: null, deletes: 'policy' };

/** Once a commit has gone by newer rules, none goes by older ones; and the policy is the one of those rules. */
function checkRules(
  record: WorldRecord,
  space: SpaceKey,
  collection: string,
  { policy, rulesVersion }: { readonly policy: string; readonly rulesVersion: number },
  latest: Map<string, number>,
): Rules {
  const rules = record.rules.get(rulesKey(space, collection, rulesVersion)) ?? UNDECLARED;
  if (rules.policy !== policy)
    fail(record, '3', `${collection} went by ${policy}, and ${rules.policy} was declared as ${rulesVersion}`);
  const before = latest.get(collection) ?? 0;
  if (rulesVersion < before)
    fail(record, '3', `${collection} went by its rules ${rulesVersion} after ${before}`);
  latest.set(collection, rulesVersion);
  return rules;
}

function same(left: Side, right: Side): boolean {
  return left.deleted === right.deleted && JSON.stringify(left.json) === JSON.stringify(right.json);
}

/** What cannot be transformed any more is decided by a person, unless it is declared that it is applied. */
function lateTakes(rule: unknown, incoming: Side): string {
  const { late = 'ask' } = (rule ?? {}) as { late?: string };
  if (late === 'apply') return incoming.operations === undefined ? 'incoming' : 'none';
  return late === 'stored' ? 'stored' : 'none';
}

/** Null where it cannot be said without merging. */
function expectedFor({ stored, incoming }: Entry, { policy, rule, deletes }: Rules): string | null {
  const deleteTakes = stored.deleted ? 'stored' : 'incoming';
  const updateTakes = stored.deleted ? 'incoming' : 'stored';
  // One content may be kept already, or there may be too many; that is judged write by write.
  if (policy === 'multi-value') return null;
  if (stored.deleted || incoming.deleted) {
    if (deletes === 'resurrect' && incoming.operations !== undefined) return 'none';
    if (deletes === 'delete-wins') return deleteTakes;
    if (deletes === 'resurrect') return updateTakes;
    if (deletes === 'ask') return 'none';
  }
  switch (policy) {
    case 'server-wins':
      return 'stored';
    case 'client-wins':
      return 'incoming';
    case 'external':
    case 'manual':
      // Nobody need be asked to choose between two that are the same.
      return same(stored, incoming) ? 'stored' : 'none';
    case 'crdt':
      return stored.deleted || incoming.deleted ? deleteTakes : 'none';
    case 'operational-transform':
      return stored.deleted || incoming.deleted ? deleteTakes : lateTakes(rule, incoming);
    case 'field-merge':
      return stored.deleted || incoming.deleted ? deleteTakes : null;
    default: {
      const { windowMs = 1 } = (rule ?? {}) as { windowMs?: number };
      return laterIsIncoming(stored, incoming, windowMs) ? 'incoming' : 'stored';
    }
  }
}

/** What was counted on several devices at once adds up: nothing is counted twice, and nothing is lost. */
export function checkTallies(record: WorldRecord, space: SpaceKey): void {
  const counts = new Map<string, HistoryEntry>();
  for (const entry of historyOf(record, space)) {
    if (entry.collection === 'tallies') counts.set(keyText(entry.collection, entry.id), entry);
  }
  const sums = new Map<string, number>();
  for (const edit of record.edits) {
    if (
      edit.space !== space ||
      edit.collection !== 'tallies' ||
      edit.answered === null ||
      edit.answered === 'REJECTED'
    )
      continue;
    const key = keyText(edit.collection, edit.id);
    sums.set(key, (sums.get(key) ?? 0) + edit.increment);
  }
  for (const [key, entry] of counts) {
    const { count } = JSON.parse(decodeUtf8(entry.payload!)) as { count: number };
    if (count !== sums.get(key))
      fail(record, '3', `${key} of ${space} counts ${count} where ${sums.get(key) ?? 0} were added`);
  }
}
