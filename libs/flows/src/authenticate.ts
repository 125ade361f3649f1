import {
  type Answer,
  type DeviceId,
  granted,
  limitName,
  type Limits,
  refused,
  type SavedSession,
  type SessionId,
} from '@syncline/core';
import type {
  Clock,
  CountedSession,
  Directory,
  Identity,
  OpenSessionsMax,
  RateLimits,
  SessionRegistry,
  Tenant,
  TenantDevice,
  Tokens,
} from '@syncline/ports';
import { admitHandshake } from './admit-handshake';
import { admitTenant, type AdmitTenantDeps } from './admit-tenant';
import type { RatesOf } from './tenant-rates';

export interface AuthenticateDeps extends AdmitTenantDeps {
  readonly tokens: Tokens;
  readonly directory: Directory;
  readonly sessions: SessionRegistry;
  readonly rates: RateLimits;
  readonly ratesOf: RatesOf;
  readonly clock: Clock;
  readonly limits: Limits;
}

export interface AuthenticateRequest {
  readonly token: string;
  readonly device: DeviceId;
  /** Counted before the token is looked at; null where it says nothing, as behind a proxy or within a session. */
  readonly address: string | null;
  /** The session that begins, and counts against the limits; null when a token is only refreshed. */
  readonly entering: SessionId | null;
  readonly resume: SessionId | null;
  /** Makes the device known, which tells as well whether it was revoked; left out where only that is looked up. */
  readonly see?: (identity: Identity, tenant: Tenant | null) => Promise<Answer<null>>;
}

export interface Authenticated {
  readonly identity: Identity;
  readonly saved: SavedSession | null;
}

const SESSION_LIMIT = {
  device: 'sessionsPerDeviceMax',
  user: 'sessionsPerUserMax',
  tenant: 'sessionsPerTenantMax',
} as const satisfies Record<keyof OpenSessionsMax, keyof Limits>;

/** Finds out who a device is, whether it may come in, and what it had open before. */
export function authenticate(deps: AuthenticateDeps) {
  const { tokens, directory, sessions, clock } = deps;
  const handshakes = admitHandshake(deps);
  const admit = admitTenant(deps);
  return async (request: AuthenticateRequest): Promise<Answer<Authenticated>> => {
    const { device, address, entering } = request;
    const heard = address === null ? granted(null) : await handshakes.fromAddress(address);
    if (!heard.ok) return heard;
    const verified = await tokens.verify(request.token, clock.nowMs());
    if (!verified.ok) return verified;
    const { identity } = verified;
    const { tenant, user } = identity;
    const admitted = entering === null ? granted(null) : await handshakes.of({ tenant, user, device });
    if (!admitted.ok) return admitted;
    const ofTenant = await admit(identity);
    if (!ofTenant.ok) return ofTenant;
    if (identity.device !== undefined && identity.device !== device)
      return refused('UNAUTHENTICATED', { message: 'The token is of another device.' });
    const seen = await (request.see === undefined
      ? notRevoked(directory, { tenant, device })
      : request.see(identity, ofTenant.value));
    if (!seen.ok) return seen;
    const counted =
      entering === null
        ? granted(null)
        : await enter(deps, ofTenant.value, { tenant, user, device, id: entering });
    if (!counted.ok) return counted;
    const saved = request.resume === null ? null : await sessions.load(request.resume);
    return granted({ identity, saved });
  };
}

async function notRevoked(directory: Directory, device: TenantDevice): Promise<Answer<null>> {
  return (await directory.isRevoked(device)) ? refused('DEVICE_REVOKED') : granted(null);
}

async function enter(
  { sessions, limits }: AuthenticateDeps,
  tenant: Tenant | null,
  session: CountedSession,
): Promise<Answer<null>> {
  const openMax = {
    device: limits.sessionsPerDeviceMax,
    user: limits.sessionsPerUserMax,
    tenant: tenant?.quotas.sessionsMax ?? limits.sessionsPerTenantMax,
  };
  const answer = await sessions.enter(session, openMax, limits.sessionLeaseMs);
  if (answer.entered) return granted(null);
  return refused('TOO_MANY_SESSIONS', {
    facts: { limit: limitName(SESSION_LIMIT[answer.full]), allowed: String(openMax[answer.full]) },
  });
}
