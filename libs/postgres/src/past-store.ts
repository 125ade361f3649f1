import type { CollectionName, RecordId } from '@syncline/core';
import type { ChangedSince, PastPlace, PastStore, Reach, VersionsRequest } from '@syncline/ports';
import { settingOf } from './audit-store';
import { entryOf, HISTORY_NAMES, type HistoryRow } from './history-rows';
import { packed, packedTexts } from './packed-arrays';
import { type Sql, statement } from './sql';

const reachOf = statement<Reach>(
  'past.reach',
  `select s.head, greatest(
     (select c.kept_from from chains c where c.space = $1::text),
     (select max(r.kept_from) from history_reaches r
      where r.space = $1::text and (cardinality($2::text[]) = 0 or r.collection = any($2::text[]))),
     0
   ) as "keptFrom" from spaces s where s.space = $1::text`,
);

/** Halves what may still be it until one version is left: times ascend with versions, and have no index of their own. */
const versionAt = statement<{ readonly version: number }>(
  'past.version_at',
  `with recursive search (low, high) as (
     select 0::int8, head from spaces where space = $1::text
     union all
     select
       case when middle.committed_at_ms <= $2::int8 then middle.version else s.low end,
       case when middle.committed_at_ms <= $2::int8 then s.high else (s.low + s.high + 1) / 2 - 1 end
     from search s left join lateral (
       select version, committed_at_ms from (
         (select h.version, h.committed_at_ms from history h
          where h.space = $1::text and h.version >= (s.low + s.high + 1) / 2 and h.version <= s.high
          order by h.version limit 1)
         union all
         (select p.version, p.committed_at_ms from pruned_history p
          where p.space = $1::text and p.version >= (s.low + s.high + 1) / 2 and p.version <= s.high
          order by p.version limit 1)
       ) either order by version limit 1
     ) middle on true
     where s.low < s.high
   ) select low as version from search where low >= high`,
);

interface VersionRow extends HistoryRow {
  readonly replaces_delete: boolean;
  readonly settles: RecordId | null;
  readonly more: boolean;
}

/** Where the part ends is found first, from sizes alone: contents beyond it stay where they are. */
const versionsOf = statement<VersionRow>(
  'past.versions',
  `with ahead as materialized (
     select version, sum(size) over (order by version desc rows unbounded preceding) as so_far
     from (
       select version, coalesce(octet_length(payload), 0) + coalesce(octet_length(incoming), 0) as size from history
       where space collate by_record = $1::text and collection = $2::text and id = $3::text and version < $4::int8
       order by version desc limit $5::int8 + 1
     ) sized
   ), fitting as materialized (
     select coalesce(min(version) filter (where so_far <= $6::int8), max(version)) as last from ahead
   )
   select ${HISTORY_NAMES}, ${settingOf('h')}, version > (select min(version) from ahead) as more
   from history h
   where space collate by_record = $1::text and collection = $2::text and id = $3::text and version < $4::int8
     and version >= (select last from fitting)
   order by version desc limit $5::int8`,
);

const collectionsOf = statement<{ readonly collection: CollectionName }>(
  'past.collections',
  `with recursive names (collection) as (
     (select collection from history where space collate by_record = $1::text order by collection limit 1)
     union all
     select (
       select h.collection from history h
       where h.space collate by_record = $1::text and h.collection > n.collection order by h.collection limit 1
     ) from names n where n.collection is not null
   ) select collection from names where collection is not null`,
);

/** Steps from id to id along the index, however many versions each has. */
const placesAt = statement<PastPlace>(
  'past.places',
  `with recursive ids (id) as (
     (select id from history where space collate by_record = $1::text and collection = $2::text and id > $4::text
      order by id limit 1)
     union all
     select (
       select h.id from history h
       where h.space collate by_record = $1::text and h.collection = $2::text and h.id > i.id order by h.id limit 1
     ) from ids i where i.id is not null
   )
   select i.id, past.version, octet_length(past.payload) as bytes
   from (select id from ids where id is not null limit $5::int8) i
   left join lateral (
     select h.version, h.payload, h.gap_from from history h
     where h.space collate by_record = $1::text and h.collection = $2::text and h.id = i.id and h.version <= $3::int8
     order by h.version desc limit 1
   ) past on past.gap_from is null or past.gap_from > $3::int8
   order by i.id`,
);

const entriesAt = statement<HistoryRow>(
  'past.entries',
  `select ${HISTORY_NAMES} from history where space = $1::text and version = any($2::int8[]) order by version`,
);

const changedSince = statement<ChangedSince>(
  'past.changed',
  `with looked_at as materialized (
     select h.version, h.collection, h.id, not exists (
       select 1 from history n
       where n.space collate by_record = $1::text and n.collection = h.collection and n.id = h.id
         and n.version > h.version and n.version <= $4::int8
     ) as is_last
     from history h
     where h.space = $1::text and h.version > $3::int8 and h.version <= $4::int8 and not starts_with(h.collection, 'sys.')
     order by h.version limit $5::int8
   )
   select l.version, l.collection, l.id, l.is_last as "isLast", now.content,
     past.version as "pastVersion", past.content as "pastContent", coalesce(past.bytes, 0) as "pastBytes"
   from looked_at l
   left join lateral (
     select sha256(h.payload) as content from history h
     where l.is_last and h.space = $1::text and h.version = l.version
   ) now on true
   left join lateral (
     select h.version, sha256(h.payload) as content, octet_length(h.payload) as bytes from history h
     where l.is_last and h.space collate by_record = $1::text and h.collection = l.collection and h.id = l.id
       and h.version <= $2::int8
     order by h.version desc limit 1
   ) past on true
   order by l.version`,
);

export function pastStore(sql: Sql): PastStore {
  return {
    async reach(space, collections = []) {
      const [reach] = await sql.query(reachOf(space, packedTexts(collections)));
      return reach ?? null;
    },
    async versionAt(space, timeMs) {
      const [found] = await sql.query(versionAt(space, timeMs));
      return found?.version ?? 0;
    },
    async versionsOf(request: VersionsRequest) {
      const { space, collection, id, before, versionsMax, bytesMax } = request;
      const below = before ?? Number.MAX_SAFE_INTEGER;
      const rows = await sql.query(versionsOf(space, collection, id, below, versionsMax, bytesMax));
      const versions = rows.map((row) => ({
        ...entryOf(row),
        replacesDelete: row.replaces_delete,
        settles: row.settles,
      }));
      return { versions, more: rows[rows.length - 1]?.more === true };
    },
    pastCollections: async (space) =>
      (await sql.query(collectionsOf(space))).map(({ collection }) => collection),
    placesAt: (space, collection, version, after, limit) =>
      sql.query(placesAt(space, collection, version, after ?? '', limit)),
    async entriesAt(space, versions, collections = []) {
      const wanted = packed('int8', versions, (version) => version);
      const [[reach], rows] = await sql.snapshot<[Reach, HistoryRow]>([
        reachOf(space, packedTexts(collections)),
        entriesAt(space, wanted),
      ]);
      return reach === undefined ? null : { reach, entries: rows.map(entryOf) };
    },
    changedSince: (space, moment, after, upTo, limit) =>
      sql.query(changedSince(space, moment, after, upTo, limit)),
  };
}
