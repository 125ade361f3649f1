import type { SpaceKey, Version } from '@syncline/core';
import { type Sql, statement } from './sql';

/** A transaction looks at so many rows, so that none holds anything up for long. */
const ENTRIES_AT_ONCE = 1_000;
const RECEIPTS_AT_ONCE = 500;

interface Batch {
  /** The last entry looked at; null when there is none left. */
  readonly last: Version | null;
  readonly old: number;
  readonly pruned: number;
}

/**
 * Entries in order of version, and of these the old ones that have enough newer ones of their record. An old entry stays
 * behind a young one of the same record, which a clock that was set back can leave: a gap would follow otherwise. What their
 * records were is told from the version on that followed on the last of them.
 */
const pruneEntries = statement<Batch>(
  'retention.history',
  `with looked_at as materialized (
     select space, version, collection, id, committed_at_ms from history
     where space = $1::text and version > $2::int8 and version <= $6::int8 order by version limit $5::int8
   ), pruned as (
     delete from history h using looked_at l
     where h.space = $1::text and l.space = h.space and h.version = l.version and l.committed_at_ms < $4::int8
       and exists (
         select 1 from history n
         where n.space collate by_record = $1::text and n.collection = l.collection and n.id = l.id and n.version > l.version
         order by n.version offset greatest($3::int8, 1) - 1 limit 1
       )
       and not exists (
         select 1 from history o
         where o.space collate by_record = $1::text and o.collection = l.collection and o.id = l.id and o.version < l.version
           and o.committed_at_ms >= $4::int8
       )
     returning h.*
   ), left_behind as (
     insert into pruned_history (space, version, collection, id, previous_version, deleted, content_sha256, incoming_sha256,
       incoming_deleted, device, user_id, number, base_version, time, committed_at_ms, policy, rules_version, schema_version,
       conflict, trace)
     select space, version, collection, id, previous_version, payload is null, sha256(coalesce(payload, '')), sha256(incoming),
       about_id is not null and incoming is null, device, user_id, number, base_version, time, committed_at_ms, policy,
       rules_version, schema_version, conflict, trace
     from pruned
   ), followed as (
     select max(n.version) as version from pruned p
     cross join lateral (
       select f.version from history f
       where f.space collate by_record = $1::text and f.collection = p.collection and f.id = p.id and f.version > p.version
       order by f.version limit 1
     ) n
   ), moved as (
     insert into chains as c (space, kept_from)
     select $1::text, version from followed where version is not null
     on conflict (space) do update set kept_from = greatest(c.kept_from, excluded.kept_from)
   )
   select max(version) as last, count(*) filter (where committed_at_ms < $4::int8) as old,
     (select count(*) from pruned) as pruned
   from looked_at`,
);

/** Each device's receipts from the first on: their numbers grow with time, so the first young one ends the search. */
const forgetReceipts = statement<{ readonly pruned: number }>(
  'retention.receipts',
  `with forgotten as (
     delete from receipts r using space_devices d
     cross join lateral (
       select number from (
         select f.number, f.committed_at_ms from receipts f
         where f.space = $1::text and f.device = d.device order by f.number limit $3::int8
       ) first where committed_at_ms < $2::int8
     ) old
     where r.space = $1::text and d.space = r.space and r.device = d.device and r.number = old.number
     returning 1
   ) select count(*) as pruned from forgotten`,
);

export async function pruneHistory(
  sql: Sql,
  space: SpaceKey,
  perRecordMax: number,
  olderThanMs: number,
  upTo: Version,
): Promise<{ readonly pruned: number }> {
  let pruned = 0;
  for (let after: Version | null = 0; after !== null;) {
    const query = pruneEntries(space, after, perRecordMax, olderThanMs, ENTRIES_AT_ONCE, upTo);
    const [batch]: Batch[] = await sql.query(query);
    pruned += batch?.pruned ?? 0;
    // Where all are young, so are those after them.
    after = batch === undefined || batch.old === 0 ? null : batch.last;
  }
  return { pruned };
}

export async function pruneReceipts(
  sql: Sql,
  space: SpaceKey,
  olderThanMs: number,
): Promise<{ readonly pruned: number }> {
  for (let pruned = 0; ;) {
    const [found] = await sql.query(forgetReceipts(space, olderThanMs, RECEIPTS_AT_ONCE));
    if (found === undefined || found.pruned === 0) return { pruned };
    pruned += found.pruned;
  }
}
