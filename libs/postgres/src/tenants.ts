import type { TenantId } from '@syncline/core';
import type { AccessNews, Tenant, Tenants, TenantStanding, TenantUsage } from '@syncline/ports';
import { packedTexts } from './packed-arrays';
import { type Param, type Sql, statement } from './sql';
import { tellNews } from './tell-news';
import { spacesOfTenant } from './tenant-range';

interface TenantRow {
  readonly tenant: TenantId;
  readonly name: string;
  readonly suspended: boolean;
  readonly quotas: Tenant['quotas'];
  readonly rates: Tenant['rates'];
  readonly issuers: Tenant['issuers'];
  readonly created_at_ms: number;
}

interface UsageRow {
  readonly spaces: number;
  readonly records: number;
  readonly stored_bytes: number;
  readonly artifact_bytes: number;
  readonly devices: number;
}

const NAMES = 'tenant, name, suspended, quotas, rates, issuers, created_at_ms';

const create = statement<TenantRow>(
  'tenant.create',
  `insert into tenants (${NAMES}) values ($1::text, $2::text, $3::bool, $4::jsonb, $5::jsonb, $6::jsonb, $7::int8)
   on conflict (tenant) do nothing returning ${NAMES}`,
);
/** The row is locked before it is compared, so that of two changes at once each is told. */
const change = statement<TenantRow & { readonly was_suspended: boolean }>(
  'tenant.change',
  `with before as (select tenant, suspended from tenants where tenant = $1::text for update)
   update tenants t
   set name = $2::text, suspended = $3::bool, quotas = $4::jsonb, rates = $5::jsonb, issuers = $6::jsonb
   from before b where t.tenant = b.tenant
   returning t.tenant, name, t.suspended, quotas, rates, issuers, created_at_ms, b.suspended as was_suspended`,
);
const find = statement<TenantRow>('tenant.find', `select ${NAMES} from tenants where tenant = $1::text`);
const list = statement<TenantRow>(
  'tenant.list',
  `select ${NAMES} from tenants where tenant > $1::text order by tenant limit $2::int8`,
);
const standingsOf = statement<{ readonly tenant: TenantId; readonly suspended: boolean }>(
  'tenant.standings',
  'select tenant, suspended from tenants where tenant = any($1::text[])',
);
const anySpace = statement<object>(
  'tenant.any_space',
  'select 1 as found from spaces where space > $1::text and space < $2::text limit 1',
);
const forget = ['revoked_devices', 'devices', 'pairings'].map((table) =>
  statement<never>(`tenant.forget_${table}`, `delete from ${table} where tenant = $1::text`),
);
const remove = statement<{ readonly tenant: TenantId }>(
  'tenant.remove',
  'delete from tenants where tenant = $1::text returning tenant',
);
const usageOf = statement<UsageRow>(
  'tenant.usage',
  `select count(*) as spaces, coalesce(sum(records), 0)::int8 as records, coalesce(sum(bytes), 0)::int8 as stored_bytes,
     (select coalesce(sum(u.bytes), 0)::int8 from artifact_use u
      where u.space > $2::text and u.space < $3::text) as artifact_bytes,
     (select count(*) from devices where tenant = $1::text and seen_at_ms >= $4::int8) as devices
   from spaces where space > $2::text and space < $3::text`,
);

export function tenants(sql: Sql, news: AccessNews): Tenants {
  const tell = tellNews(news);
  const tellStanding = (tenant: TenantId, standing: TenantStanding) =>
    tell({ kind: 'tenant', tenant, standing });
  return {
    async createTenant(tenant) {
      const [created] = await sql.query(create(...tenantParams(tenant), tenant.createdAtMs));
      if (created?.suspended === true) await tellStanding(tenant.id, 'suspended');
      return created !== undefined;
    },
    async changeTenant(tenant) {
      const [changed] = await sql.query(change(...tenantParams(tenant)));
      if (changed === undefined) return null;
      if (changed.was_suspended !== changed.suspended) await tellStanding(tenant.id, standingOf(changed));
      return tenantOf(changed);
    },
    async tenant(id) {
      const [row] = await sql.query(find(id));
      return row === undefined ? null : tenantOf(row);
    },
    tenants: async (after, limit) => (await sql.query(list(after ?? '', limit))).map(tenantOf),
    async standings(ids) {
      const rows = ids.length === 0 ? [] : await sql.query(standingsOf(packedTexts(ids)));
      return new Map(rows.map((row) => [row.tenant, standingOf(row)]));
    },
    async removeTenant(id) {
      const removed = await sql.transaction(async (connection) => {
        if ((await connection.query(anySpace(...spacesOfTenant(id)))).length > 0)
          throw new RangeError(`tenant ${id} has spaces`);
        for (const each of forget) await connection.query(each(id));
        return connection.query(remove(id));
      });
      if (removed.length > 0) await tellStanding(id, 'removed');
      return removed.length > 0;
    },
    async usage(id, devicesSinceMs) {
      const [row] = await sql.query(usageOf(id, ...spacesOfTenant(id), devicesSinceMs));
      return usageFrom(row!);
    },
  };
}

function tenantParams({ id, name, suspended, quotas, rates, issuers }: Tenant): Param[] {
  return [id, name, suspended, JSON.stringify(quotas), JSON.stringify(rates), JSON.stringify(issuers)];
}

function tenantOf(row: TenantRow): Tenant {
  const { tenant: id, name, suspended, quotas, rates, issuers, created_at_ms: createdAtMs } = row;
  return { id, name, suspended, quotas, rates, issuers, createdAtMs };
}

function standingOf({ suspended }: Pick<TenantRow, 'suspended'>): TenantStanding {
  return suspended ? 'suspended' : 'active';
}

function usageFrom({ spaces, records, stored_bytes, artifact_bytes, devices }: UsageRow): TenantUsage {
  return { spaces, records, storedBytes: stored_bytes, artifactBytes: artifact_bytes, devices };
}
