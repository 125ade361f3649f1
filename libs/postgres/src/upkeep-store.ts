import type { SpaceKey, Version } from '@syncline/core';
import type { Unannounced, UpkeepStore } from '@syncline/ports';
import { arraysOf, type Column, unnestOf } from './columns';
import { pruneHistory, pruneReceipts } from './retention';
import { type Sql, statement } from './sql';

const waiting = statement<Unannounced>(
  'upkeep.unannounced',
  `select space, announced, head from spaces where waiting_since is not null
   order by waiting_since, space limit $1::int8`,
);
type Mark = readonly [space: SpaceKey, version: Version];

const MARKS: readonly Column<Mark>[] = [
  { name: 'space', type: 'text', of: ([space]) => space },
  { name: 'version', type: 'int8', of: ([, version]) => version },
];

/** Not worth waiting for the disk: what is forgotten of this is announced once more. */
const marking = (name: string, locking: string) =>
  statement<{ readonly space: SpaceKey }>(
    name,
    `with mark as materialized (
       select s.space, told.version from ${unnestOf(MARKS, 'told')} join spaces s on s.space = told.space
       where s.announced < told.version and set_config('synchronous_commit', 'off', true) = 'off'
       for update of s ${locking}
     )
     update spaces s
     set announced = mark.version, waiting_since = case when s.head > mark.version then s.waiting_since end
     from mark where s.space = mark.space
     returning s.space`,
  );
const announcedIfFree = marking('upkeep.announced_if_free', 'skip locked');
const announced = marking('upkeep.announced', '');
const spacesAfter = statement<{ readonly space: SpaceKey }>(
  'upkeep.spaces',
  'select space from spaces where space > $1::text order by space limit $2::int8',
);
const raise = statement<{ readonly floor: Version }>(
  'upkeep.raise_floor',
  `update spaces set floor = least($2::int8, head)
   where space = $1::text and least($2::int8, head) > floor returning floor`,
);
const purge = statement<{ readonly purged: number }>(
  'upkeep.purge',
  `with purged as (
     delete from records
     where space collate tombstones = $1::text and version <= $2::int8 and payload is null returning 1
   ) select count(*) as purged from purged`,
);
const take = statement<{ readonly task: string }>(
  'upkeep.lease',
  `insert into leases as held (task, holder, until_ms) values ($1::text, $2::text, $3::int8 + $4::int8)
   on conflict (task) do update set holder = excluded.holder, until_ms = excluded.until_ms
   where held.holder = excluded.holder or held.until_ms <= $3::int8
   returning task`,
);
const giveBack = statement<never>(
  'upkeep.release',
  'delete from leases where task = $1::text and holder = $2::text',
);

export function upkeepStore(sql: Sql): UpkeepStore {
  return {
    unannounced: (limit) => sql.query(waiting(limit)),
    // Whoever waited for a space while he holds others would have their merges wait for that one as well.
    async markAnnounced(versions) {
      const marks = [...versions];
      const marked = marks.length > 1 ? await sql.query(announcedIfFree(...arraysOf(MARKS, marks))) : [];
      const done = new Set(marked.map(({ space }) => space));
      for (const mark of marks)
        if (!done.has(mark[0])) await sql.query(announced(...arraysOf(MARKS, [mark])));
    },
    async spaces(after, limit) {
      return (await sql.query(spacesAfter(after ?? '', limit))).map(({ space }) => space);
    },
    // A merge that is under way has read the floor and the tombstones, so this waits for it.
    raiseFloor: (space, wanted) =>
      sql.transaction(async (connection) => {
        const [raised] = await connection.query(raise(space, wanted));
        if (raised === undefined) return { purged: 0 };
        const [found] = await connection.query(purge(space, raised.floor));
        return { purged: found?.purged ?? 0 };
      }),
    pruneHistory: (space, perRecordMax, olderThanMs, upTo, more) =>
      pruneHistory(sql, space, perRecordMax, olderThanMs, upTo, more),
    pruneReceipts: (space, olderThanMs) => pruneReceipts(sql, space, olderThanMs),
    async lease(task, holder, nowMs, forMs) {
      return (await sql.query(take(task, holder, nowMs, forMs))).length > 0;
    },
    async release(task, holder) {
      await sql.query(giveBack(task, holder));
    },
  };
}
