import type { CollectionName } from './ids';
import type { Limits } from './limits';
import type { Violation } from './refusals';
import type { CollectionRules } from './rules';

/** How much of each record's history a collection keeps. Whatever is 0 or empty sets no bound of its own. */
export interface HistoryRules {
  /** Up to the installation's limit. */
  readonly versionsMax: number;
  readonly keptMs: number;
  /** The youngest first. */
  readonly classes: readonly HistoryClass[];
}

/** From some age on, what stood at the end of each period is kept, and what was replaced within it is not. */
export interface HistoryClass {
  readonly olderThanMs: number;
  /** Periods are counted from 1970 on, so a day is one of UTC. */
  readonly onePerMs: number;
}

export const NO_HISTORY_RULES: HistoryRules = { versionsMax: 0, keptMs: 0, classes: [] };

const CLASSES_MAX = 16;
const isWhole = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

export function historyProblems({ versionsMax, keptMs, classes }: HistoryRules): Violation[] {
  const problems: Violation[] = [];
  const say = (field: string, description: string) =>
    problems.push({ field: `history.${field}`, description });
  if (!isWhole(versionsMax)) say('versions_max', 'must be a whole number from 0');
  if (!isWhole(keptMs)) say('kept_ms', 'must be a whole number from 0');
  if (classes.length > CLASSES_MAX) say('classes', `must be ${CLASSES_MAX} at the most`);
  for (const [index, { olderThanMs, onePerMs }] of classes.entries()) {
    const before = classes[index - 1] ?? { olderThanMs: 0, onePerMs: 1 };
    const at = `classes[${index}]`;
    if (!isWhole(olderThanMs) || olderThanMs <= before.olderThanMs)
      say(`${at}.older_than_ms`, 'must be a whole number above that of the class before it, and above 0');
    else if (keptMs > 0 && olderThanMs >= keptMs)
      say(`${at}.older_than_ms`, 'must be below kept_ms: nothing becomes that old');
    // Otherwise the last version of a longer period might be one that the class before does not keep.
    if (!isWhole(onePerMs) || onePerMs <= before.onePerMs || onePerMs % before.onePerMs !== 0)
      say(
        `${at}.one_per_ms`,
        'must be a multiple of that of the class before it, at least twice, and above 1',
      );
  }
  return problems;
}

/** What a collection keeps, at one moment. */
export interface HistoryBounds {
  readonly collection: CollectionName;
  readonly versionsMax: number;
  /** What was committed before is not kept. */
  readonly keptSinceMs: number;
  /** The youngest first: what was committed before its time is thinned out. */
  readonly classes: readonly { readonly beforeMs: number; readonly onePerMs: number }[];
}

/** Of the collections that declare something of their own. */
export function historyBounds(
  rules: Iterable<CollectionRules>,
  nowMs: number,
  { historyPerRecordMax }: Pick<Limits, 'historyPerRecordMax'>,
): HistoryBounds[] {
  const bounds: HistoryBounds[] = [];
  for (const { collection, history } of rules) {
    const { versionsMax, keptMs, classes } = history;
    if (versionsMax === 0 && keptMs === 0 && classes.length === 0) continue;
    bounds.push({
      collection,
      versionsMax: versionsMax === 0 ? historyPerRecordMax : Math.min(versionsMax, historyPerRecordMax),
      keptSinceMs: keptMs === 0 ? 0 : Math.max(0, nowMs - keptMs),
      classes: classes.map(({ olderThanMs, onePerMs }) => ({ beforeMs: nowMs - olderThanMs, onePerMs })),
    });
  }
  return bounds;
}

/**
 * Whether bounds by age let go of a version: it is older than all that is kept, or was replaced within its period. Stores
 * that judge many versions at once do the same in their own way.
 */
export function isOutdated(
  { keptSinceMs, classes }: Pick<HistoryBounds, 'keptSinceMs' | 'classes'>,
  committedAtMs: number,
  replacedAtMs: number,
): boolean {
  if (committedAtMs < keptSinceMs) return true;
  const onePerMs = classes.findLast(({ beforeMs }) => committedAtMs < beforeMs)?.onePerMs;
  return (
    onePerMs !== undefined && Math.floor(committedAtMs / onePerMs) === Math.floor(replacedAtMs / onePerMs)
  );
}
