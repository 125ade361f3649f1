import type { HistoryBounds, SpaceKey, Version } from '@syncline/core';
import type { Prunable, PruneMore, Spare } from '@syncline/ports';
import { arraysOf, type Column, unnestOf } from './columns';
import { packed } from './packed-arrays';
import { type Sql, statement } from './sql';

/** A statement looks at so many rows, so that none holds anything up for long. */
const ENTRIES_AT_ONCE = 1_000;
const RECEIPTS_AT_ONCE = 500;

interface Judged extends Prunable {
  /** Null where nothing that was looked at may go. */
  readonly version: Version;
  /** The last entry looked at; null when there is none left. */
  readonly last: Version | null;
  readonly old: number;
}

type Bound = Pick<HistoryBounds, 'collection' | 'keptSinceMs'> & {
  readonly versionsMax: number | null;
  readonly countedBeforeMs: number | null;
};
type Class = Pick<HistoryBounds, 'collection'> & HistoryBounds['classes'][number];

const BOUNDS: readonly Column<Bound>[] = [
  { name: 'collection', type: 'text', of: ({ collection }) => collection },
  { name: 'kept_since', type: 'int8', of: ({ keptSinceMs }) => keptSinceMs },
  { name: 'versions_max', type: 'int8', of: ({ versionsMax }) => versionsMax },
  { name: 'counted_before', type: 'int8', of: ({ countedBeforeMs }) => countedBeforeMs },
];
const CLASSES: readonly Column<Class>[] = [
  { name: 'collection', type: 'text', of: ({ collection }) => collection },
  { name: 'before_ms', type: 'int8', of: ({ beforeMs }) => beforeMs },
  { name: 'one_per', type: 'int8', of: ({ onePerMs }) => onePerMs },
];
const GIVEN = 6;
const given = (text: string, before: number): string =>
  text.replaceAll(/\$(\d)/g, (_, at) => `$${Number(at) + before}`);

/** Entries in order of version, and of these the ones that may go: replaced before the bound, and kept by nothing. */
const judge = statement<Judged>(
  'retention.judge',
  `with bounds as materialized (select * from ${given(unnestOf(BOUNDS, 'b'), GIVEN)}),
   classes as materialized (select * from ${given(unnestOf(CLASSES, 'c'), GIVEN + BOUNDS.length)}),
   looked_at as materialized (
     select version, collection, id, device, number, committed_at_ms from history
     where space = $1::text and version > $2::int8 and version <= $6::int8 order by version limit $5::int8
   ), prunable as (
     select l.version, l.collection, l.id, l.device, l.number, n.version as next
     from looked_at l
     cross join lateral (
       select f.version, f.committed_at_ms from history f
       where f.space collate by_record = $1::text and f.collection = l.collection and f.id = l.id and f.version > l.version
       order by f.version limit 1
     ) n
     left join bounds b on b.collection = l.collection
     left join lateral (
       select c.one_per from classes c where c.collection = l.collection and l.committed_at_ms < c.before_ms
       order by c.before_ms limit 1
     ) k on true
     where l.committed_at_ms < $4::int8 and n.committed_at_ms < $4::int8 and (
       l.committed_at_ms < b.kept_since
       or l.committed_at_ms / k.one_per = n.committed_at_ms / k.one_per
       or exists (
         select 1 from history f
         where f.space collate by_record = $1::text and f.collection = l.collection and f.id = l.id and f.version > l.version
           and (b.counted_before is null or f.committed_at_ms < b.counted_before)
           and case when b.collection is null then $3::int8 else b.versions_max end is not null
         order by f.version
         offset greatest(case when b.collection is null then $3::int8 else b.versions_max end, 1) - 1 limit 1
       )
     )
   )
   select p.*, s.last, s.old
   from (select max(version) as last, count(*) filter (where committed_at_ms < $4::int8) as old from looked_at) s
   left join prunable p on true
   order by p.version`,
);

/** What records were is told from the version on that followed on the last one of theirs that went. */
const forget = statement<{ readonly pruned: number }>(
  'retention.forget',
  `with pruned as (
     delete from history h where h.space = $1::text and h.version = any($2::int8[]) returning h.*
   ), left_behind as (
     insert into pruned_history (space, version, collection, id, previous_version, deleted, content_sha256, incoming_sha256,
       incoming_deleted, device, user_id, number, base_version, time, committed_at_ms, policy, rules_version, schema_version,
       conflict, trace)
     select space, version, collection, id, previous_version, payload is null, sha256(coalesce(payload, '')), sha256(incoming),
       about_id is not null and incoming is null, device, user_id, number, base_version, time, committed_at_ms, policy,
       rules_version, schema_version, conflict, trace
     from pruned
   ), gaps as (
     select b.version, min(p.version) as gap_from from pruned p
     cross join lateral (
       select h.version from history h
       where h.space collate by_record = $1::text and h.collection = p.collection and h.id = p.id and h.version < p.version
         and h.version <> all($2::int8[])
       order by h.version desc limit 1
     ) b group by b.version
   ), marked as (
     update history h set gap_from = least(h.gap_from, g.gap_from) from gaps g
     where h.space = $1::text and h.version = g.version
   ), moved as (
     insert into history_reaches as r (space, collection, kept_from)
     select $1::text, p.collection, max(n.version) from pruned p
     cross join lateral (
       select h.version from history h
       where h.space collate by_record = $1::text and h.collection = p.collection and h.id = p.id and h.version > p.version
         and h.version <> all($2::int8[])
       order by h.version limit 1
     ) n group by p.collection
     on conflict (space, collection) do update set kept_from = greatest(r.kept_from, excluded.kept_from)
   )
   select count(*) as pruned from pruned`,
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

interface Round {
  /** Null for as many as there are. */
  readonly perRecordMax: number | null;
  readonly bounds: readonly Bound[];
  readonly classes: readonly Class[];
}

const NO_MORE: PruneMore = { collections: [], spare: () => Promise.resolve(() => false) };

export async function pruneHistory(
  sql: Sql,
  space: SpaceKey,
  perRecordMax: number,
  olderThanMs: number,
  upTo: Version,
  more: PruneMore = NO_MORE,
): Promise<{ readonly pruned: number }> {
  let pruned = 0;
  let spare: Spare | null = null;
  for (const { bounds, classes, ...round } of roundsOf(perRecordMax, more.collections)) {
    const arrays = [...arraysOf(BOUNDS, bounds), ...arraysOf(CLASSES, classes)];
    for (let after: Version | null = 0; after !== null;) {
      const query = judge(space, after, round.perRecordMax, olderThanMs, ENTRIES_AT_ONCE, upTo, ...arrays);
      const judged: Judged[] = await sql.query(query);
      const prunable = judged.filter(({ version }) => version !== null);
      const spared: Spare = prunable.length === 0 ? () => false : (spare ??= await more.spare());
      const going = prunable.filter((entry) => !spared(entry));
      const versions = packed('int8', going, ({ version }) => version);
      if (going.length > 0) pruned += (await sql.query(forget(space, versions)))[0]!.pruned;
      // Where all are young, so are those after them.
      const { last, old } = judged[0]!;
      after = old === 0 ? null : last;
    }
  }
  return { pruned };
}

/** First whatever goes by age; what is left of it is counted in a round of its own. */
function roundsOf(perRecordMax: number, collections: readonly HistoryBounds[]): Round[] {
  const classes = collections.flatMap((each) =>
    each.classes.map((one) => ({ collection: each.collection, ...one })),
  );
  const first: Round = {
    perRecordMax,
    bounds: collections.map(({ collection, keptSinceMs, versionsMax, classes: { length } }) => ({
      collection,
      keptSinceMs,
      versionsMax: length > 0 ? null : versionsMax,
      countedBeforeMs: null,
    })),
    classes,
  };
  if (classes.length === 0) return [first];
  const counting = collections.filter((each) => each.classes.length > 0);
  const bounds = counting.map(({ collection, versionsMax, classes: [youngest] }) => ({
    collection,
    keptSinceMs: 0,
    versionsMax,
    countedBeforeMs: youngest!.beforeMs,
  }));
  return [first, { perRecordMax: null, bounds, classes: [] }];
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
