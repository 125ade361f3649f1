import {
  type Answer,
  type CollectionName,
  granted,
  type HistoryEntry,
  type Limits,
  mayRead,
  type PastVersion,
  type RecordId,
  refused,
  type SpaceId,
  type Version,
} from '@syncline/core';
import type { HistoryStore, Identity, PastStore } from '@syncline/ports';
import { findMoment, forgotten, isKept, type Moment } from './past-moment';
import { asReader } from './past-rights';
import { type Listed, partLimit } from './parts';
import type { SpaceRightsDeps } from './space-rights';

export interface ReadPastDeps extends SpaceRightsDeps {
  readonly history: Pick<HistoryStore, 'atOrBefore'>;
  readonly past: PastStore;
  readonly limits: Pick<Limits, 'pageBytesMax'>;
}

export interface NamedRecord {
  readonly space: SpaceId;
  readonly collection: CollectionName;
  readonly id: RecordId;
}

export interface ListVersionsCall extends NamedRecord {
  /** Null for what the server thinks fit. */
  readonly resultsMax: number | null;
  /** The last one of the part before; null to begin. */
  readonly before: Version | null;
}

export interface RecordAtCall extends NamedRecord {
  readonly at: Moment;
}

/** A record as a version left it; null where there was none. */
export interface PastRecord {
  readonly record: HistoryEntry | null;
  readonly version: Version;
}

/** What was of a record, for those who may read what is. */
export function readPast(deps: ReadPastDeps) {
  const { past, history, limits } = deps;
  const reader = asReader(deps);
  const find = findMoment(deps);

  const named = async (identity: Identity, { space, collection, id }: NamedRecord) => {
    const found = await reader(identity, space);
    if (!found.ok || mayRead(found.value.access, collection, id)) return found;
    return refused('PERMISSION_DENIED');
  };
  return {
    versions: async (identity: Identity, call: ListVersionsCall): Promise<Answer<Listed<PastVersion>>> => {
      const found = await named(identity, call);
      if (!found.ok) return found;
      const { collection, id, before } = call;
      const { versions, more } = await past.versionsOf({
        space: found.value.key,
        collection,
        id,
        before,
        versionsMax: partLimit(call.resultsMax),
        bytesMax: limits.pageBytesMax,
      });
      const last = versions[versions.length - 1];
      return granted({ items: versions, next: more && last !== undefined ? String(last.version) : null });
    },
    recordAt: async (identity: Identity, call: RecordAtCall): Promise<Answer<PastRecord>> => {
      const found = await named(identity, call);
      if (!found.ok) return found;
      const { key } = found.value;
      const moment = await find(key, call.at);
      if (!moment.ok) return moment;
      const { version } = moment.value;
      const entry = await history.atOrBefore(key, call.collection, call.id, version);
      if (entry !== null) return granted({ record: entry.payload === null ? null : entry, version });
      // Asked for afterwards: what was there a moment ago may have been pruned meanwhile.
      const reach = await past.reach(key, [call.collection]);
      if (reach === null) return refused('SPACE_NOT_FOUND');
      return isKept(version, reach) ? granted({ record: null, version }) : forgotten(version, reach);
    },
  };
}
