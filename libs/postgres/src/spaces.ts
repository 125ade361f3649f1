import { type SpaceKey, spaceKey, spaceOf } from '@syncline/core';
import { type AccessNews, OPEN_CONFLICTS_COUNTED, type SpaceDetails, type Spaces } from '@syncline/ports';
import { rightsText } from './access-rows';
import { WAITS } from './conflict-ledger';
import { declareWithin } from './declarations';
import { goOnFromRemoved, rememberRemoved } from './removed-spaces';
import { quotaOf, type QuotaRow } from './space-rows';
import { type Connection, type Sql, statement } from './sql';
import { tellNews } from './tell-news';
import { spacesOfTenant } from './tenant-range';

interface DetailsRow extends QuotaRow {
  readonly space: SpaceKey;
  readonly name: string;
  readonly declared_only: boolean;
  readonly epoch: number;
  readonly head: number;
  readonly announced: number;
  readonly floor: number;
  readonly records: number;
  readonly bytes: number;
  readonly created_at_ms: number | null;
  readonly changed_at_ms: number | null;
  readonly devices: number;
  readonly open_conflicts: number;
}

const DETAILS = `
  select space, name, declared_only, epoch, head, announced, floor, records, bytes, records_max, bytes_max,
    created_at_ms,
    (select committed_at_ms from records r where r.space collate by_version = s.space order by version desc limit 1) as changed_at_ms,
    (select count(*) from space_devices d
     where d.space = s.space and d.acknowledged is not null and d.last_seen_ms >= $1::int8) as devices,
    (select count(*) from (
       select from records w where w.space collate by_waiting_conflict = s.space and ${WAITS} limit ${OPEN_CONFLICTS_COUNTED}
     ) counted) as open_conflicts
  from spaces s`;

const create = statement<{ readonly space: SpaceKey }>(
  'spaces.create',
  `insert into spaces (space, name, declared_only, created_at_ms, records_max, bytes_max, access_changes)
   values ($1::text, $2::text, $3::bool, $4::int8, $5::int8, $6::int8, 1)
   on conflict (space) do nothing returning space`,
);
const addOwner = statement<never>(
  'spaces.add_owner',
  `insert into members (space, user_id, role, collections, added_at_ms, expires_at_ms)
   values ($1::text, $2::text, $3::text, $4::text::jsonb, $5::int8, $6::int8)`,
);
const details = statement<DetailsRow>('spaces.details', `${DETAILS} where space = $2::text`);
const list = statement<DetailsRow>(
  'spaces.list',
  `${DETAILS}
   where space > $2::text and space >= $3::text and space < $4::text and starts_with(space, $3::text)
   order by space limit $5::int8`,
);
const change = statement<{ readonly space: SpaceKey }>(
  'spaces.change',
  'update spaces set name = $2::text, declared_only = $3::bool where space = $1::text returning space',
);
/** Waits for merges that are under way; those that come later find nothing. */
const remove = statement<{ readonly records: number; readonly epoch: number; readonly head: number }>(
  'spaces.remove',
  'delete from spaces where space = $1::text returning records, epoch, head',
);

const TABLES = [
  'records',
  'history',
  'pruned_history',
  'history_reaches',
  'sync_entries',
  'chains',
  'chain_marks',
  'space_devices',
  'receipts',
  'collections',
  'declarations',
  'members',
  'artifacts',
  'artifact_chunks',
  'artifact_use',
] as const;
const clear = TABLES.map((table) =>
  statement<never>(`spaces.clear_${table}`, `delete from ${table} where space = $1::text`),
);

export function spaces(sql: Sql, news: AccessNews): Spaces {
  const tell = tellNews(news);
  return {
    async found(space, { name, declaredOnly, createdAtMs, quota, owner, collections }) {
      const founded = await sql.transaction(async (connection) => {
        const limits = [quota?.recordsMax ?? null, quota?.bytesMax ?? null];
        const [created] = await connection.query(create(space, name, declaredOnly, createdAtMs, ...limits));
        if (created === undefined) return false;
        await goOnFromRemoved(connection, space);
        // What was written to a space while it was being removed must not come back with the next one of its name.
        for (const each of clear) await connection.query(each(space));
        const { user, access, addedAtMs, expiresAtMs } = owner;
        await connection.query(
          addOwner(space, user, access.role, rightsText(access), addedAtMs, expiresAtMs),
        );
        for (const declaration of collections) await declareWithin(connection, space, declaration, null);
        return true;
      });
      if (founded) await tell({ kind: 'access', space, user: owner.user, access: owner.access });
      return founded;
    },
    async details(space, devicesSinceMs) {
      const [row] = await sql.query(details(devicesSinceMs, space));
      return row === undefined ? null : detailsOf(row);
    },
    async listSpaces({ tenant, idPrefix, after, limit, devicesSinceMs }) {
      const [first, end] = spacesOfTenant(tenant);
      const prefix = `${first}${idPrefix}`;
      const before = idPrefix === '' ? end : `${prefix}${LAST_CHARACTERS}`;
      const from = after === null ? first : spaceKey(tenant, after);
      return (await sql.query(list(devicesSinceMs, from, prefix, before, limit))).map(detailsOf);
    },
    changeSpace: async (space, { name, declaredOnly }) =>
      (await sql.query(change(space, name, declaredOnly))).length > 0,
    async removeSpace(space) {
      const clearOut = async (connection: Connection) => {
        const [gone] = await connection.query(remove(space));
        if (gone === undefined) return null;
        await rememberRemoved(connection, space, gone);
        for (const each of clear) await connection.query(each(space));
        return { records: gone.records };
      };
      const removed = await sql.transaction(clearOut, { unhurried: true });
      if (removed !== null) await tell({ kind: 'removed', space });
      return removed;
    },
  };
}

/** No id goes on with these behind a prefix: they are not characters. */
const LAST_CHARACTERS = '\u{10ffff}\u{10ffff}';

function detailsOf(row: DetailsRow): SpaceDetails {
  const { space, name, epoch, head, announced, floor, records, bytes, devices } = row;
  return {
    space: spaceOf(space),
    name,
    declaredOnly: row.declared_only,
    epoch,
    head,
    announced,
    floor,
    records,
    bytes,
    quota: quotaOf(row),
    createdAtMs: row.created_at_ms,
    changedAtMs: row.changed_at_ms,
    devices,
    openConflicts: row.open_conflicts,
  };
}
