import { recordKey, type SpaceKey, WAITING_FOR_RESOLVER, WAITING_NOT } from '@syncline/core';
import type { ConflictLedger, ConflictRow, RecordName, WaitingConflict } from '@syncline/ports';
import { arraysOf, type Column, unnestOf } from './columns';
import { entryOf, HISTORY_NAMES, type HistoryRow } from './history-rows';
import { findSeen } from './merge-seen';
import { packed } from './packed-arrays';
import { type Sql, statement } from './sql';

/** As the two indexes have it. */
const IN_LEDGER = `collection = 'sys.conflicts'`;
/** Of a record, see the index that holds those that wait. */
export const WAITS = `collection = 'sys.conflicts' and position('${WAITING_NOT}'::bytea in meta) = 0`;

const ALL = `from records where space collate by_conflict = $1::text and ${IN_LEDGER} and meta is not null`;
const WAITING = `from records where space collate by_waiting_conflict = $1::text and ${WAITS}`;

const rows = (from: string): string =>
  `select id, version, meta as facts ${from} and version < $2::int8 order by version desc limit $3::int8`;

const conflictsOf = statement<ConflictRow>('conflicts.all', rows(ALL));
const waitingOf = statement<ConflictRow>('conflicts.waiting', rows(WAITING));
const countOf = statement<{ readonly count: number }>(
  'conflicts.count',
  `select count(*) from (select ${ALL} limit $2::int8) counted`,
);

const forResolver = statement<WaitingConflict>(
  'conflicts.for_resolver',
  `select space, id from records
   where ${IN_LEDGER} and position('${WAITING_FOR_RESOLVER}'::bytea in meta) > 0
     and (space collate by_conflict_to_resolve, id) > ($1::text, $2::text)
   order by space collate by_conflict_to_resolve, id limit $3::int8`,
);

const NAMES: readonly Column<RecordName>[] = [
  { name: 'collection', type: 'text', of: ({ collection }) => collection },
  { name: 'id', type: 'text', of: ({ id }) => id },
];
const recordVersions = statement<Pick<RecordName, 'collection' | 'id'> & { readonly version: number }>(
  'conflicts.versions',
  `select collection, id, version
   from ${unnestOf(NAMES, 'wanted').replaceAll(/\$(\d)/g, (_, at) => `$${Number(at) + 1}`)}
   join records using (collection, id) where space = $1::text`,
);
const writtenAt = statement<HistoryRow>(
  'conflicts.entries',
  `select ${HISTORY_NAMES} from history where space = $1::text and version = any($2::int8[])`,
);

export function conflictLedger(sql: Sql): ConflictLedger {
  return {
    conflicts: ({ space, before, waiting, limit }) =>
      sql.query((waiting ? waitingOf : conflictsOf)(space, before ?? Number.MAX_SAFE_INTEGER, limit)),
    async countConflicts(space, countMax) {
      const [counted] = await sql.query(countOf(space, countMax));
      return counted!.count;
    },
    async seenBy(space, requests) {
      if (requests.length === 0) return new Map();
      const here: readonly { readonly space: SpaceKey }[] = [{ space }];
      const found = await findSeen(sql, Promise.resolve(here), new Map([[space, requests]]));
      return found.get(space)!;
    },
    async writtenAt(space, versions) {
      if (versions.length === 0) return new Map();
      const found = await sql.query(
        writtenAt(
          space,
          packed('int8', versions, (version) => version),
        ),
      );
      return new Map(found.map((row) => [row.version, entryOf(row)]));
    },
    async recordVersions(space, names) {
      if (names.length === 0) return new Map();
      const found = await sql.query(recordVersions(space, ...arraysOf(NAMES, names)));
      return new Map(found.map(({ collection, id, version }) => [recordKey(collection, id), version]));
    },
    waitingForResolver: (after, limit) => sql.query(forResolver(after?.space ?? '', after?.id ?? '', limit)),
  };
}
