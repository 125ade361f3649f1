import {
  type Answer,
  type CollectionName,
  granted,
  isSystem,
  type Limits,
  mayWrite,
  recordKey,
  type Refusal,
  refusal,
  refused,
  type SpaceId,
  type StoredRecord,
  type Version,
} from '@syncline/core';
import type { ChangedSince, DeltaStore, Identity, PastStore, RecordName } from '@syncline/ports';
import type { changeAsService, ServiceChange } from './change-as-service';
import { findMoment, forgotten, isKept, type Moment } from './past-moment';
import { asItsOwner, type PastAccess } from './past-rights';
import { groupsOf } from './read-space-at';
import { answerOf } from './restore-record';
import { RESTORE_ATTEMPTS, restoredChange } from './restored-change';
import type { SpaceRightsDeps } from './space-rights';

export interface RestoreSpaceDeps extends SpaceRightsDeps {
  readonly deltas: Pick<DeltaStore, 'heads' | 'records'>;
  readonly past: PastStore;
  readonly change: ReturnType<typeof changeAsService>;
  readonly limits: Pick<Limits, 'pageBytesMax' | 'pushChangesMax'>;
}

export interface RestoreSpaceCall {
  readonly space: SpaceId;
  readonly to: Moment;
  /** Empty for all that the caller may write. */
  readonly collections: readonly CollectionName[];
  readonly dryRun: boolean;
}

export interface RestoredSpace {
  readonly changed: number;
  readonly deleted: number;
  readonly recreated: number;
  readonly head: Version;
}

type Counts = { -readonly [Count in Exclude<keyof RestoredSpace, 'head'>]: number };

const VERSIONS_AT_ONCE = 500;
const CHANGES_AT_ONCE = 50;

/**
 * Brings a space back to a moment, by changes as any others, in batches. What it costs follows from what was changed since.
 * When it ends early, what it did stays, and the same call goes on with the rest.
 */
export function restoreSpace(deps: RestoreSpaceDeps) {
  const owner = asItsOwner(deps);
  const find = findMoment(deps);
  return async (identity: Identity, call: RestoreSpaceCall): Promise<Answer<RestoredSpace>> => {
    const found = await owner(identity, call.space);
    if (!found.ok) return found;
    const { key, access } = found.value;
    if (call.collections.some(isSystem)) return refused('COLLECTION_RESERVED');
    if (call.collections.some((name) => !mayWrite(access, name))) return refused('PERMISSION_DENIED');
    const moment = await find(key, call.to, call.collections);
    if (!moment.ok) return moment;
    const { version, reach } = moment.value;
    if (!isKept(version, reach)) return forgotten(version, reach);
    const named = new Set(call.collections);
    const isWanted = ({ collection }: ChangedSince): boolean =>
      named.size > 0 ? named.has(collection) : mayWrite(access, collection);
    const counts: Counts = { changed: 0, deleted: 0, recreated: 0 };
    const restore = restoring(deps, found.value, identity, version, counts);
    for (let after = version; ;) {
      const part = await deps.past.changedSince(key, version, after, reach.head, VERSIONS_AT_ONCE);
      const differing = part.filter((each) => each.isLast && isWanted(each) && differs(each));
      if (call.dryRun) for (const each of differing) counts[kindOf(each)]++;
      else {
        const failed = await restore(differing);
        if (failed !== null) return { ok: false, refusal: withCounts(failed, counts) };
      }
      if (part.length < VERSIONS_AT_ONCE) break;
      after = part[part.length - 1]!.version;
    }
    const end = await deps.past.reach(key, call.collections);
    if (end === null) return refused('SPACE_NOT_FOUND');
    // What was forgotten on the way may have been passed over.
    const late = isKept(version, end) ? null : forgotten(version, end);
    if (late?.ok === false) return { ok: false, refusal: withCounts(late.refusal, counts) };
    return granted({ ...counts, head: end.head });
  };
}

function differs({ content, pastContent }: ChangedSince): boolean {
  if (content === null || pastContent === null) return content !== pastContent;
  return content.some((byte, index) => byte !== pastContent[index]);
}

function kindOf({ content, pastContent }: ChangedSince): keyof Counts {
  if (pastContent === null) return 'deleted';
  return content === null ? 'recreated' : 'changed';
}

function withCounts(refusal: Refusal, counts: Counts): Refusal {
  const done = Object.entries(counts).map(([name, count]) => [`${name}_count`, String(count)]);
  return { ...refusal, facts: { ...refusal.facts, ...(Object.fromEntries(done) as Record<string, string>) } };
}

/** Null when all of them are what they were. */
function restoring(
  deps: RestoreSpaceDeps,
  { key, access }: PastAccess,
  { user }: Identity,
  moment: Version,
  counts: Counts,
) {
  const attempt = async (group: readonly ChangedSince[]): Promise<Answer<readonly ChangedSince[]>> => {
    const pastVersions = group.flatMap(({ pastVersion }) => pastVersion ?? []);
    const collections = group.map(({ collection }) => collection);
    const entries = await deps.past.entriesAt(key, pastVersions, collections);
    if (entries === null) return refused('SPACE_NOT_FOUND');
    if (!isKept(moment, entries.reach)) return forgotten(moment, entries.reach);
    const payloads = new Map(entries.entries.map((entry) => [entry.version, entry]));
    const records = await deps.deltas.records(key, group.map(nameOf));
    if (records === null) return refused('SPACE_NOT_FOUND');
    const due: Due[] = [];
    for (const changed of group) {
      const past = payloads.get(changed.pastVersion ?? 0) ?? { ...changed, payload: null, schemaVersion: 0 };
      const change = restoredChange(past, records.get(nameOf(changed).key) ?? null);
      if (change !== null) due.push({ changed, change });
    }
    if (due.length === 0) return granted([]);
    const made = await deps.change(key, { user, access, changes: due.map(({ change }) => change) });
    if (!made.ok) return made;
    const again: ChangedSince[] = [];
    for (const [index, { changed }] of due.entries()) {
      const answer = answerOf(made.value[index]!);
      if (answer.ok) counts[kindOf(changed)]++;
      else if (answer.refusal.reason === 'CHANGED_MEANWHILE') again.push(changed);
      else return answer;
    }
    return granted(again);
  };

  return async (differing: readonly ChangedSince[]): Promise<Refusal | null> => {
    const { pageBytesMax, pushChangesMax } = deps.limits;
    const sized = differing.map((changed) => ({ changed, bytes: changed.pastBytes }));
    for (const group of groupsOf(sized, pageBytesMax, Math.min(CHANGES_AT_ONCE, pushChangesMax))) {
      let left: readonly ChangedSince[] = group.map(({ changed }) => changed);
      for (let attempts = 1; left.length > 0; attempts++) {
        const answer = await attempt(left);
        if (!answer.ok) return answer.refusal;
        left = answer.value;
        if (left.length > 0 && attempts === RESTORE_ATTEMPTS) return refusal('CHANGED_MEANWHILE');
      }
    }
    return null;
  };
}

interface Due {
  readonly changed: ChangedSince;
  readonly change: ServiceChange;
}

function nameOf({ collection, id }: Pick<StoredRecord, 'collection' | 'id'>): RecordName {
  return { collection, id, key: recordKey(collection, id) };
}
