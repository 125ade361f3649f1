import { decodeUtf8, type HistoryEntry, type SpaceKey } from '@syncline/core';
import { fail, historyOf, keyText, type WorldRecord } from '../record';

interface Side {
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
  readonly resolution: string;
  readonly stored: Side;
  readonly incoming: Side;
}

const WINDOW_MS: Record<string, number> = { notes: 1, homes: 1_000 };

/** The order of writes, written down a second time: who should have won. */
function laterIsIncoming(stored: Side, incoming: Side, windowMs: number): boolean {
  if (stored.time === null) return incoming.deleted;
  const slot = (side: Side): number => Math.floor(Math.floor(side.time! / 1024) / windowMs);
  if (slot(stored) !== slot(incoming)) return slot(incoming) > slot(stored);
  if (stored.deleted !== incoming.deleted) return incoming.deleted;
  const order = Buffer.compare(Buffer.from(incoming.device!), Buffer.from(stored.device!));
  return order !== 0 ? order > 0 : incoming.number! > stored.number!;
}

/** What last-write-wins, server-wins, client-wins and manual decided is what their rule says. */
export function checkDecisions(record: WorldRecord, space: SpaceKey): void {
  const seen = new Set<string>();
  for (const entry of historyOf(record, space)) {
    if (entry.collection !== 'sys.conflicts' || seen.has(entry.id)) continue;
    seen.add(entry.id);
    const decided = JSON.parse(decodeUtf8(entry.payload!)) as Entry;
    const expected = decided.kind === 'SCHEMA' ? 'none' : expectedFor(decided);
    if (expected !== null && expected !== decided.resolution) {
      fail(
        record,
        '3',
        `${entry.id}: ${decided.policy} took ${decided.resolution} where ${expected} was due`,
      );
    }
  }
}

function same(left: Side, right: Side): boolean {
  return left.deleted === right.deleted && JSON.stringify(left.json) === JSON.stringify(right.json);
}

function expectedFor({ collection, stored, incoming }: Entry): string | null {
  const windowMs = WINDOW_MS[collection];
  if (windowMs !== undefined) return laterIsIncoming(stored, incoming, windowMs) ? 'incoming' : 'stored';
  if (collection === 'config') return 'stored';
  if (collection === 'drafts') return stored.deleted ? 'stored' : 'incoming';
  // Nobody need be asked to choose between two that are the same.
  if (collection === 'legal') return same(stored, incoming) ? 'stored' : 'none';
  if (collection === 'wards' && (stored.deleted || incoming.deleted)) return 'none';
  return null;
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
