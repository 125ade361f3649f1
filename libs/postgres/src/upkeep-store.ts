import type { SpaceKey, Version } from '@syncline/core';
import type { Unannounced, UpkeepStore } from '@syncline/ports';
import { pruneHistory, pruneReceipts } from './retention';
import { type Sql, statement } from './sql';

const waiting = statement<Unannounced>(
  'upkeep.unannounced',
  `select space, announced, head from spaces where waiting_since is not null
   order by waiting_since, space limit $1::int8`,
);
/** Not worth waiting for the disk: what is forgotten of this is announced once more. */
const announced = statement<never>(
  'upkeep.announced',
  `update spaces
   set announced = $2::int8, waiting_since = case when head > $2::int8 then waiting_since end
   where space = $1::text and announced < $2::int8 and set_config('synchronous_commit', 'off', true) = 'off'`,
);
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
    async markAnnounced(space, version) {
      await sql.query(announced(space, version));
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
    pruneHistory: (space, perRecordMax, olderThanMs) => pruneHistory(sql, space, perRecordMax, olderThanMs),
    pruneReceipts: (space, olderThanMs) => pruneReceipts(sql, space, olderThanMs),
    async lease(task, holder, nowMs, forMs) {
      return (await sql.query(take(task, holder, nowMs, forMs))).length > 0;
    },
    async release(task, holder) {
      await sql.query(giveBack(task, holder));
    },
  };
}
