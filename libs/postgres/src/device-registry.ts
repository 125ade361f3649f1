import { type DeviceId, type SpaceKey, spaceOf, type TenantId, tenantOf, type UserId } from '@syncline/core';
import type {
  DeviceRegistry,
  FollowedSpace,
  Registered,
  RegisteredDevice,
  Registration,
  TenantDevice,
} from '@syncline/ports';
import { packedTexts } from './packed-arrays';
import { type Sql, statement } from './sql';
import { spacesOfTenant } from './tenant-range';

interface DeviceRow {
  readonly device: DeviceId;
  readonly user_id: UserId;
  readonly name: string;
  readonly platform: string;
  readonly app_version: string;
  readonly client: string;
  readonly registered_at_ms: number;
  readonly seen_at_ms: number | null;
  readonly skew_ms: number | null;
  readonly revoked_at_ms: number | null;
}

const NAMES =
  'device, user_id, name, platform, app_version, client, registered_at_ms, seen_at_ms, skew_ms, revoked_at_ms';

/** What was told last stands, and what was not told leaves what stood. Of the user's devices, those shut out do not count. */
const register = statement<DeviceRow>(
  'devices.register',
  `insert into devices as known
     (tenant, device, user_id, name, platform, app_version, client, registered_at_ms, seen_at_ms, skew_ms)
   select $1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::int8, $9::int8, $10::int8
   where not exists (select 1 from revoked_devices where tenant = $1::text and device = $2::text)
     and ($11::int8 is null
       or exists (select 1 from devices where tenant = $1::text and device = $2::text)
       or (select count(*) from devices
           where tenant = $1::text and user_id = $3::text and revoked_at_ms is null) < $11::int8)
   on conflict (tenant, device) do update
   set name = coalesce(nullif(excluded.name, ''), known.name),
     platform = coalesce(nullif(excluded.platform, ''), known.platform),
     app_version = coalesce(nullif(excluded.app_version, ''), known.app_version),
     client = coalesce(nullif(excluded.client, ''), known.client),
     seen_at_ms = greatest(known.seen_at_ms, excluded.seen_at_ms),
     skew_ms = coalesce(excluded.skew_ms, known.skew_ms)
   where known.user_id = excluded.user_id
   returning ${NAMES}`,
);
const whyNot = statement<{
  readonly revoked: boolean;
  readonly user_id: UserId | null;
  readonly devices: number;
}>(
  'devices.why_not',
  `select
     exists (select 1 from revoked_devices where tenant = $1::text and device = $2::text) as revoked,
     (select user_id from devices where tenant = $1::text and device = $2::text) as user_id,
     (select count(*) from devices
      where tenant = $1::text and user_id = $3::text and revoked_at_ms is null) as devices`,
);
const find = statement<DeviceRow>(
  'devices.find',
  `select ${NAMES} from devices where tenant = $1::text and device = any($2::text[])`,
);
const ofUser = statement<DeviceRow>(
  'devices.of_user',
  `select ${NAMES} from devices
   where tenant = $1::text and user_id = $2::text and device > $3::text and ($4::bool or revoked_at_ms is null)
   order by device limit $5::int8`,
);
/** What only a registration tells is empty for those that nobody registered. */
const inSpace = statement<DeviceRow>(
  'devices.in_space',
  `select * from (
     select d.device, coalesce(r.user_id, d.user_id) as user_id, coalesce(name, '') as name,
       coalesce(platform, '') as platform, coalesce(app_version, '') as app_version, coalesce(client, '') as client,
       coalesce(registered_at_ms, 0) as registered_at_ms,
       case when r.device is null then d.last_seen_ms else seen_at_ms end as seen_at_ms,
       case when r.device is null then d.skew_ms else r.skew_ms end as skew_ms,
       case when r.device is null and v.device is not null then 0 else revoked_at_ms end as revoked_at_ms
     from space_devices d
     left join devices r on r.tenant = $1::text and r.device = d.device
     left join revoked_devices v on v.tenant = $1::text and v.device = d.device
     where d.space = $2::text and d.device > $3::text and d.acknowledged is not null
   ) found where $4::bool or revoked_at_ms is null
   order by device limit $5::int8`,
);
const rename = statement<DeviceRow>(
  'devices.rename',
  `update devices set name = $3::text where tenant = $1::text and device = $2::text returning ${NAMES}`,
);
const shutOut = statement<DeviceRow>(
  'devices.shut_out',
  `update devices
   set revoked_at_ms = coalesce(revoked_at_ms, $3::int8), integrity_key_id = null, integrity_key = null
   where tenant = $1::text and device = $2::text returning ${NAMES}`,
);
const putKey = statement<{ readonly device: DeviceId }>(
  'devices.put_key',
  `update devices set integrity_key_id = $3::text, integrity_key = $4::bytea
   where tenant = $1::text and device = $2::text returning device`,
);
const findKey = statement<{ readonly id: string; readonly bytes: Uint8Array }>(
  'devices.find_key',
  `select integrity_key_id as id, integrity_key as bytes from devices
   where tenant = $1::text and device = $2::text and integrity_key is not null`,
);

interface FollowedRow {
  readonly space: SpaceKey;
  readonly last_number: number;
  readonly acknowledged: number;
  readonly head: number;
  readonly last_seen_ms: number;
  readonly encrypted: boolean;
}

const followedBy = statement<FollowedRow>(
  'devices.followed',
  `select space, last_number, acknowledged, head, last_seen_ms,
     exists (select 1 from collections c where c.space = d.space and c.encrypted) as encrypted
   from space_devices d join spaces s using (space)
   where device = $1::text and space > $2::text and space < $3::text and acknowledged is not null order by space`,
);

export function deviceRegistry(sql: Sql): DeviceRegistry {
  const findAll = async (tenant: string, devices: readonly DeviceId[]): Promise<RegisteredDevice[]> =>
    devices.length === 0 ? [] : (await sql.query(find(tenant, packedTexts(devices)))).map(deviceOf);
  return {
    registerDevice: (registration) => registerIn(sql, registration),
    registered: async ({ tenant, device }) => (await findAll(tenant, [device]))[0] ?? null,
    registeredAmong: async (tenant, devices) =>
      new Map((await findAll(tenant, devices)).map((each) => [each.device, each])),
    async devicesOf(tenant, user, { includeRevoked, after, limit }) {
      return (await sql.query(ofUser(tenant, user, after ?? '', includeRevoked, limit))).map(deviceOf);
    },
    async devicesIn(space, { includeRevoked, after, limit }) {
      const rows = await sql.query(inSpace(tenantOf(space), space, after ?? '', includeRevoked, limit));
      return rows.map(deviceOf);
    },
    renameDevice: async ({ tenant, device }, name) => first(await sql.query(rename(tenant, device, name))),
    shutOut: async ({ tenant, device }, nowMs) => first(await sql.query(shutOut(tenant, device, nowMs))),
    async followed({ tenant, device }) {
      const rows = await sql.query(followedBy(device, ...spacesOfTenant(tenant as TenantId)));
      return rows.map(followedOf);
    },
    async putIntegrityKey({ tenant, device }, { id, bytes }) {
      const [kept] = await sql.query(putKey(tenant, device, id, bytes));
      if (kept === undefined) throw new RangeError(`device ${device} is not registered`);
    },
    async integrityKey({ tenant, device }) {
      const [key] = await sql.query(findKey(tenant, device));
      return key === undefined ? null : { id: key.id, bytes: new Uint8Array(key.bytes) };
    },
  };
}

async function registerIn(sql: Sql, registration: Registration): Promise<Registered> {
  const { device: id, user, name, platform, appVersion, client, nowMs, seen, devicesMax } = registration;
  const described = [name, platform, appVersion, client];
  const seenAt = [seen === null ? null : nowMs, seen?.skewMs ?? null];
  const [row] = await sql.query(
    register(id.tenant, id.device, user, ...described, nowMs, ...seenAt, devicesMax),
  );
  return row === undefined ? findWhyNot(sql, id, user) : { kind: 'registered', device: deviceOf(row) };
}

async function findWhyNot(sql: Sql, { tenant, device }: TenantDevice, user: UserId): Promise<Registered> {
  const [found] = await sql.query(whyNot(tenant, device, user));
  const { revoked, user_id, devices } = found!;
  if (revoked) return { kind: 'revoked' };
  return user_id !== null && user_id !== user ? { kind: 'of-other-user' } : { kind: 'full', devices };
}

const first = ([row]: readonly DeviceRow[]): RegisteredDevice | null =>
  row === undefined ? null : deviceOf(row);

function deviceOf(row: DeviceRow): RegisteredDevice {
  return {
    device: row.device,
    user: row.user_id,
    name: row.name,
    platform: row.platform,
    appVersion: row.app_version,
    client: row.client,
    registeredAtMs: row.registered_at_ms,
    seenAtMs: row.seen_at_ms,
    skewMs: row.skew_ms ?? 0,
    revokedAtMs: row.revoked_at_ms,
  };
}

function followedOf(row: FollowedRow): FollowedSpace {
  const { space, last_number: lastNumber, acknowledged, head, last_seen_ms: lastSeenMs, encrypted } = row;
  return { space: spaceOf(space), lastNumber, acknowledged, head, lastSeenMs, encrypted };
}
