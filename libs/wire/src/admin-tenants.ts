import type { TenantId } from '@syncline/core';
import type {
  Listed,
  PartRequest,
  Tenant,
  TenantInUse,
  TenantQuotas,
  TenantRates,
  TokenIssuer,
} from '@syncline/flows';
import {
  type CreateTenantRequest,
  type CreateTenantResponse,
  type DeleteTenantRequest,
  type DeleteTenantResponse,
  type GetTenantRequest,
  type GetTenantResponse,
  type ListTenantsRequest,
  type ListTenantsResponse,
  Quotas,
  RateLimits,
  Tenant as ProtoTenant,
  TenantState,
  type TokenIssuer as ProtoIssuer,
  type UpdateTenantRequest,
  type UpdateTenantResponse,
  Usage,
} from '@syncline/proto';
import { tenantFromProto } from './hello';
import {
  confirmedIn,
  listedFrom,
  LONG_TEXT_BYTES_MAX,
  type Pair,
  pair,
  partToProto,
  tenantToProto,
  textIn,
  wholeOrNull,
} from './pair';
import { each, inside, partOf, type Place, tenantIn, whole, wrong } from './place';

const ISSUERS_MAX = 16;

export const createTenantCall: Pair<CreateTenantRequest, Tenant> = ofTenant();
export const tenantCreated: Pair<CreateTenantResponse, Tenant> = ofTenant();
export const updateTenantCall: Pair<UpdateTenantRequest, Tenant> = ofTenant();
export const tenantUpdated: Pair<UpdateTenantResponse, Tenant> = ofTenant();

/** The tenant whose use is asked for; null for the caller's own. */
export const getTenantCall = pair<GetTenantRequest, TenantId | null>(
  (tenant) => ({ tenant: tenantToProto(tenant) }),
  ({ tenant }, at) => tenantFromProto(tenant, at),
);

/** What a tenant uses, with the sessions that the answering gateway knows to be open. */
export interface TenantTold extends TenantInUse {
  readonly sessions: number;
}

export const tenantFound = pair<GetTenantResponse, TenantTold>(
  ({ tenant, usage, sessions }) => ({ tenant: tenantMessage(tenant), usage: { ...usage, sessions } }),
  ({ tenant, usage }, at) => {
    const { spaces, records, storedBytes, artifactBytes, devices, sessions } = partOf(
      at,
      'usage',
      usage,
      Usage,
    );
    const used = { spaces, records, storedBytes, artifactBytes, devices };
    for (const [name, value] of Object.entries({ ...used, sessions }))
      whole(inside(at, 'usage'), name, value);
    return { tenant: tenantPart(tenant, at), usage: used, sessions };
  },
);

export const listTenantsCall = pair<ListTenantsRequest, PartRequest<TenantId>>(
  partToProto,
  ({ resultsMax, after }, at) => ({
    resultsMax: wholeOrNull(at, 'results_max', resultsMax),
    after: after === '' ? null : tenantIn(at, 'after', after),
  }),
);

export const tenantsListed = pair<ListTenantsResponse, Listed<Tenant>>(
  ({ items, next }) => ({ tenants: items.map(tenantMessage), next: next ?? '' }),
  ({ tenants, next }, at) => listedFrom(each(at, 'tenants', tenants, tenantFromMessage), next),
);

export const deleteTenantCall = pair<DeleteTenantRequest, TenantId>(
  (tenant) => ({ tenant, confirm: tenant }),
  ({ tenant, confirm }, at) => {
    confirmedIn(at, tenant, confirm);
    return tenantIn(at, 'tenant', tenant);
  },
);

export const tenantDeleted = pair<DeleteTenantResponse, { readonly spaces: number }>(
  ({ spaces }) => ({ spacesDeleted: spaces }),
  ({ spacesDeleted }, at) => ({ spaces: whole(at, 'spaces_deleted', spacesDeleted) }),
);

/** Four messages hold a tenant and nothing else. */
function ofTenant(): Pair<{ tenant: ProtoTenant | undefined }, Tenant> {
  return pair<{ tenant: ProtoTenant | undefined }, Tenant>(
    (tenant) => ({ tenant: tenantMessage(tenant) }),
    ({ tenant }, at) => tenantPart(tenant, at),
  );
}

function tenantMessage({ id, name, suspended, quotas, rates, issuers, createdAtMs }: Tenant): ProtoTenant {
  return {
    id,
    name,
    state: suspended ? TenantState.SUSPENDED : TenantState.ACTIVE,
    quotas: quotasToProto(quotas),
    rateLimits: ratesToProto(rates),
    issuers: issuers.map((issuer) => ({ ...issuer })),
    createdAtMs,
  };
}

function tenantPart(part: ProtoTenant | undefined, above: Place): Tenant {
  return tenantFromMessage(partOf(above, 'tenant', part, ProtoTenant), inside(above, 'tenant'));
}

function tenantFromMessage(proto: ProtoTenant, at: Place): Tenant {
  if (proto.issuers.length > ISSUERS_MAX) wrong(at, 'issuers', `must be at most ${ISSUERS_MAX}`);
  return {
    id: tenantIn(at, 'id', proto.id),
    name: textIn(at, 'name', proto.name),
    suspended: suspendedIn(at, proto.state),
    quotas: quotasFrom(proto.quotas ?? Quotas.create(), inside(at, 'quotas')),
    rates: ratesFrom(proto.rateLimits ?? RateLimits.create(), inside(at, 'rate_limits')),
    issuers: each(at, 'issuers', proto.issuers, issuerFrom),
    createdAtMs: whole(at, 'created_at_ms', proto.createdAtMs),
  };
}

function suspendedIn(at: Place, state: number): boolean {
  if (!Object.values<number>(TenantState).includes(state)) wrong(at, 'state', 'must be a known value');
  return state === TenantState.SUSPENDED;
}

function quotasToProto(quotas: TenantQuotas): Quotas {
  return {
    spacesMax: quotas.spacesMax ?? 0,
    recordsMax: quotas.recordsMax ?? 0,
    storedBytesMax: quotas.storedBytesMax ?? 0,
    artifactBytesMax: quotas.artifactBytesMax ?? 0,
    devicesPerUserMax: quotas.devicesPerUserMax ?? 0,
    sessionsMax: quotas.sessionsMax ?? 0,
    recordsPerSpaceMax: quotas.recordsPerSpaceMax ?? 0,
  };
}

function ratesToProto(rates: TenantRates): RateLimits {
  return {
    changesPerSecondMax: rates.changesPerSecondMax ?? 0,
    changesBurstMax: rates.changesBurstMax ?? 0,
    artifactBytesPerSecondMax: rates.artifactBytesPerSecondMax ?? 0,
    tenantChangesPerSecondMax: rates.tenantChangesPerSecondMax ?? 0,
    tenantSessionsPerSecondMax: rates.tenantSessionsPerSecondMax ?? 0,
  };
}

function quotasFrom(proto: Quotas, at: Place): TenantQuotas {
  return {
    spacesMax: wholeOrNull(at, 'spaces_max', proto.spacesMax),
    recordsMax: wholeOrNull(at, 'records_max', proto.recordsMax),
    storedBytesMax: wholeOrNull(at, 'stored_bytes_max', proto.storedBytesMax),
    artifactBytesMax: wholeOrNull(at, 'artifact_bytes_max', proto.artifactBytesMax),
    devicesPerUserMax: wholeOrNull(at, 'devices_per_user_max', proto.devicesPerUserMax),
    sessionsMax: wholeOrNull(at, 'sessions_max', proto.sessionsMax),
    recordsPerSpaceMax: wholeOrNull(at, 'records_per_space_max', proto.recordsPerSpaceMax),
  };
}

function ratesFrom(proto: RateLimits, at: Place): TenantRates {
  return {
    changesPerSecondMax: wholeOrNull(at, 'changes_per_second_max', proto.changesPerSecondMax),
    changesBurstMax: wholeOrNull(at, 'changes_burst_max', proto.changesBurstMax),
    artifactBytesPerSecondMax: wholeOrNull(
      at,
      'artifact_bytes_per_second_max',
      proto.artifactBytesPerSecondMax,
    ),
    tenantChangesPerSecondMax: wholeOrNull(
      at,
      'tenant_changes_per_second_max',
      proto.tenantChangesPerSecondMax,
    ),
    tenantSessionsPerSecondMax: wholeOrNull(
      at,
      'tenant_sessions_per_second_max',
      proto.tenantSessionsPerSecondMax,
    ),
  };
}

function issuerFrom({ issuer, audience, jwksUrl, userClaim }: ProtoIssuer, at: Place): TokenIssuer {
  if (issuer === '') wrong(at, 'issuer', 'must not be empty');
  if (!/^https?:\/\/./.test(jwksUrl)) wrong(at, 'jwks_url', 'must be an address that begins with https://');
  return {
    issuer: textIn(at, 'issuer', issuer, LONG_TEXT_BYTES_MAX),
    audience: textIn(at, 'audience', audience, LONG_TEXT_BYTES_MAX),
    jwksUrl: textIn(at, 'jwks_url', jwksUrl, LONG_TEXT_BYTES_MAX),
    userClaim: textIn(at, 'user_claim', userClaim),
  };
}
