import { type Answer, granted, type Limits, type SpaceId, type SpaceKey, type Version } from '@syncline/core';
import type { Identity } from '@syncline/ports';
import { type LedgerConflict, shortContents } from './conflict-contents';
import { type ConflictFilter, takesAll, wantsWaiting } from './conflict-filter';
import { type InSpace, inSpace } from './conflict-rights';
import type { Contents, ConflictTold } from './conflict-told';
import { ledgerConflicts, type ReadConflictsDeps, tellAll } from './find-conflict';
import { type ScannedConflict, scanConflicts } from './scan-conflicts';

export interface ListConflictsDeps extends ReadConflictsDeps {
  readonly limits: Pick<Limits, 'pageBytesMax'>;
}

/** Where a list goes on, and how many there were when it began. */
export interface ConflictsPlace {
  readonly before: Version;
  readonly total: number;
}

export interface ListConflictsCall {
  readonly space: SpaceId;
  readonly filter: ConflictFilter;
  /** Null for what the server thinks fit. */
  readonly resultsMax: number | null;
  readonly after: ConflictsPlace | null;
  readonly withoutContents: boolean;
}

export interface ListedConflicts {
  readonly conflicts: readonly ConflictTold[];
  /** Null at the end. */
  readonly next: ConflictsPlace | null;
  /** Of those looked at when the list began. */
  readonly total: number;
}

const RESULTS_DEFAULT = 100;
const RESULTS_MAX = 1_000;
const TOTAL_MAX = 10_000;
const READ_AT_ONCE = 50;

/** Conflicts for those who may read their records, the newest first, with the contents that the ledger has. */
export function listConflicts(deps: ListConflictsDeps) {
  return async (identity: Identity, call: ListConflictsCall): Promise<Answer<ListedConflicts>> => {
    const entered = await inSpace(deps, identity, call.space);
    if (!entered.ok) return entered;
    const { found, next, total } = await findFitting(deps, entered.value, call);
    const { key } = entered.value;
    const { conflicts, ended } = await readConflicts(deps, key, found, call);
    const place = ended ?? next;
    return granted({ conflicts, next: place === null ? null : { before: place, total }, total });
  };
}

interface Fitting {
  readonly found: readonly ScannedConflict[];
  readonly next: Version | null;
  readonly total: number;
}

/** What is counted once is told from place to place. */
async function findFitting(
  { conflicts }: ListConflictsDeps,
  { key: space, access }: InSpace,
  { filter, resultsMax, after }: ListConflictsCall,
): Promise<Fitting> {
  const limit = Math.min(resultsMax ?? RESULTS_DEFAULT, RESULTS_MAX);
  const waiting = wantsWaiting(filter);
  const countsAlong = after === null && !takesAll(filter, access);
  const found: ScannedConflict[] = [];
  let fitting = 0;
  let behind: Version | null = null;
  const left = await scanConflicts(
    conflicts,
    { space, access, filter, waiting, before: after?.before ?? null },
    (conflict) => {
      fitting++;
      if (found.length < limit) found.push(conflict);
      else behind ??= found[limit - 1]!.version;
      return countsAlong ? fitting < TOTAL_MAX : behind === null;
    },
  );
  const next = behind ?? left;
  if (after !== null) return { found, next, total: after.total };
  const total = countsAlong ? fitting : await conflicts.countConflicts(space, TOTAL_MAX);
  return { found, next, total };
}

/** An answer ends early where it has grown large: `ended` is the last version in it then. */
async function readConflicts(
  deps: ListConflictsDeps,
  space: SpaceKey,
  wanted: readonly ScannedConflict[],
  { withoutContents }: ListConflictsCall,
): Promise<{ readonly conflicts: readonly ConflictTold[]; readonly ended: Version | null }> {
  const conflicts: ConflictTold[] = [];
  let bytes = 0;
  for (let at = 0; at < wanted.length; at += READ_AT_ONCE) {
    const part = wanted.slice(at, at + READ_AT_ONCE);
    const ids = part.map(({ id }) => id);
    const read = await ledgerConflicts(deps, space, ids);
    const contents = read.map(withoutContents ? noContents : shortContents);
    conflicts.push(...(await tellAll(deps, space, read, contents)));
    bytes += withoutContents ? 0 : sizeOf(read);
    const isLast = at + READ_AT_ONCE >= wanted.length;
    if (bytes >= deps.limits.pageBytesMax && !isLast)
      return { conflicts, ended: part[part.length - 1]!.version };
  }
  return { conflicts, ended: null };
}

const sizeOf = (read: readonly LedgerConflict[]): number =>
  read.reduce((sum, { record }) => sum + record.payload!.length, 0);

function noContents({ entry: { stored, incoming } }: LedgerConflict): Contents {
  const of = ({ deleted }: { readonly deleted: boolean }) => (deleted ? null : undefined);
  return { base: undefined, stored: of(stored), incoming: of(incoming) };
}
