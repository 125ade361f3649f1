import { EPOCH_VERSIONS_GAP, type SpaceId, type SpaceKey, spaceKey, spaceOf } from '@syncline/core';
import type { AccessNews, Directory, TenantDevice } from '@syncline/ports';
import { type AccessRow, accessOf, rightsText } from './access-rows';
import { arraysOf, type Column, unnestOf } from './columns';
import { declareWithin } from './declarations';
import { NOT_ENDED } from './members';
import { goOnFromRemoved } from './removed-spaces';
import { type Sql, statement } from './sql';
import { tellNews } from './tell-news';

const TENANT_DEVICE: readonly Column<TenantDevice>[] = [
  { name: 'tenant', type: 'text', of: ({ tenant }) => tenant },
  { name: 'device', type: 'text', of: ({ device }) => device },
];

interface Found {
  readonly space: SpaceKey;
}

const create = statement<Found>(
  'directory.create',
  `insert into spaces (space, records_max, bytes_max) values ($1::text, $2::int8, $3::int8)
   on conflict (space) do nothing returning space`,
);
const accessIn = statement<AccessRow>(
  'directory.access',
  `select role, collections from members where space = $1::text and user_id = $2::text and ${NOT_ENDED}`,
);
const membershipsOf = statement<AccessRow & Found>(
  'directory.spaces_of',
  `select space, role, collections from members
   where user_id collate by_user = $1::text and space collate by_user > $2::text
     and space collate by_user < $3::text and ${NOT_ENDED}
   order by space collate by_user limit $4::int8`,
);
/** Where the role is null, the membership ends. */
const changeAccess = statement<Found>(
  'directory.set_access',
  `with changed as (
     update spaces set access_changes = access_changes + 1 where space = $1::text returning space
   ), ended as (
     delete from members m using changed c
     where m.space = $1::text and c.space = m.space and m.user_id = $2::text and $3::text is null
   ), given as (
     insert into members (space, user_id, role, collections)
     select space, $2::text, $3::text, $4::text::jsonb from changed where $3::text is not null
     on conflict (space, user_id) do update set role = excluded.role, collections = excluded.collections,
       expires_at_ms = null
   )
   select space from changed`,
);
const limit = statement<Found>(
  'directory.set_quota',
  'update spaces set records_max = $2::int8, bytes_max = $3::int8 where space = $1::text returning space',
);
/** As core's `nextEpoch` has it. */
const begin = statement<{ readonly epoch: number }>(
  'directory.new_epoch',
  `update spaces
   set epoch = epoch + 1, head = head + $2::int8, announced = head + $2::int8, waiting_since = null
   where space = $1::text returning epoch`,
);
const revokedAmong = statement<TenantDevice>(
  'directory.revoked',
  `select tenant, device from ${unnestOf(TENANT_DEVICE, 'asked')} join revoked_devices using (tenant, device)`,
);
const revokeDevice = statement<never>(
  'directory.revoke',
  'insert into revoked_devices (tenant, device) values ($1::text, $2::text) on conflict do nothing',
);

export function directory(sql: Sql, news: AccessNews): Directory {
  const tell = tellNews(news);
  const findRevoked = async (devices: readonly TenantDevice[]): Promise<TenantDevice[]> =>
    devices.length === 0 ? [] : sql.query(revokedAmong(...arraysOf(TENANT_DEVICE, devices)));

  return {
    createSpace: (space, quota) =>
      sql.transaction(async (connection) => {
        const limits = [quota?.recordsMax ?? null, quota?.bytesMax ?? null];
        const [created] = await connection.query(create(space, ...limits));
        if (created !== undefined) await goOnFromRemoved(connection, space);
        return created !== undefined;
      }),
    async declare(space, rules) {
      const told = { rules, description: '', declaredAtMs: null, declaredBy: null };
      const declared = await sql.transaction((connection) => declareWithin(connection, space, told, null));
      return declared!.rulesVersion;
    },
    async access(space, user) {
      const [row] = await sql.query(accessIn(space, user));
      return row === undefined ? null : accessOf(row);
    },
    async spacesOf(tenant, user, after, limit) {
      const first = spaceKey(tenant, after ?? NO_SPACE);
      const rows = await sql.query(membershipsOf(user, first, `${tenant}${AFTER_SLASH}`, limit));
      return rows.map((row) => ({ space: spaceOf(row.space), access: accessOf(row) }));
    },
    async setAccess(space, user, access) {
      const rights = access === null ? null : rightsText(access);
      const [changed] = await sql.query(changeAccess(space, user, access?.role ?? null, rights));
      existing(changed, space);
      await tell({ kind: 'access', space, user, access });
    },
    async setQuota(space, quota) {
      const [changed] = await sql.query(limit(space, quota?.recordsMax ?? null, quota?.bytesMax ?? null));
      existing(changed, space);
    },
    async newEpoch(space) {
      const [begun] = await sql.query(begin(space, EPOCH_VERSIONS_GAP));
      return existing(begun, space).epoch;
    },
    isRevoked: async (device) => (await findRevoked([device])).length > 0,
    revokedAmong: findRevoked,
    async revoke(device) {
      await sql.query(revokeDevice(device.tenant, device.device));
      await tell({ kind: 'revoked', device });
    },
    onAccessChange: (listener) => news.listen(listener),
  };
}

/** Sorts before all ids. */
const NO_SPACE = '' as SpaceId;
/** The character after the slash that ends the tenant's part of a key. */
const AFTER_SLASH = '0';

function existing<Row>(row: Row | undefined, space: SpaceKey): Row {
  if (row === undefined) throw new RangeError(`there is no space ${space}`);
  return row;
}
