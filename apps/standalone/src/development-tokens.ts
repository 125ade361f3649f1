import { type Access, spaceId, spaceKey, tenantId, userId } from '@syncline/core';
import { issueToken } from '@syncline/jwt';

/** What there is at the first start: one space, and one user who owns it. */
export const DEMO = {
  tenant: tenantId('demo'),
  user: userId('demo'),
  space: spaceId('home'),
  key: spaceKey(tenantId('demo'), spaceId('home')),
  access: { role: 'owner', collections: new Map() } satisfies Access as Access,
};

/** For the owner of the demo space; it opens no other tenant and runs nothing. */
export async function developmentToken(secret: string, nowMs: number): Promise<string> {
  const { tenant, user, space, access } = DEMO;
  const issued = await issueToken(secret, { tenant, user, grants: new Map([[space, access]]) }, nowMs);
  return issued.token;
}
