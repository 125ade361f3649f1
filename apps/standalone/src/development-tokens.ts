import { type Access, deviceId, spaceId, tenantId, userId, spaceKey } from '@syncline/core';
import type { IssueToken } from '@syncline/flows';
import { claimsOf, signToken } from '@syncline/jwt';
import type { Identity } from '@syncline/ports';

/** What there is at the first start: one space, and one user who owns it. */
export const DEMO = {
  tenant: tenantId('demo'),
  user: userId('demo'),
  space: spaceId('home'),
  key: spaceKey(tenantId('demo'), spaceId('home')),
  access: { role: 'owner', collections: new Map() } satisfies Access as Access,
};

const LASTS_MS = 30 * 24 * 60 * 60 * 1000;

/** For the owner of the demo space; it opens no other tenant and runs nothing. */
export function developmentToken(secret: string, nowMs: number): Promise<string> {
  return sign(secret, { ...DEMO, grants: new Map([[DEMO.space, DEMO.access]]), expiresAtMs: endOf(nowMs) });
}

/** For devices that pair with one that has a token. */
export function issueWith(secret: string): IssueToken {
  return async ({ tenant, user, device }, nowMs) => {
    const expiresAtMs = endOf(nowMs);
    const identity = { tenant, user, device: deviceId(device), grants: new Map(), expiresAtMs };
    return { token: await sign(secret, identity), expiresAtMs };
  };
}

const endOf = (nowMs: number): number => Math.floor((nowMs + LASTS_MS) / 1_000) * 1_000;

function sign(secret: string, { tenant, user, expiresAtMs, grants, device }: Identity): Promise<string> {
  const identity = { tenant, user, expiresAtMs, grants, ...(device === undefined ? {} : { device }) };
  return signToken(secret, claimsOf(identity));
}
