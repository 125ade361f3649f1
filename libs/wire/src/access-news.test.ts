import { collectionName, deviceId, spaceId, spaceKey, tenantId, userId } from '@syncline/core';
import type { Role } from '@syncline/proto';
import { AccessChanged } from '@syncline/proto/internal';
import { accessNewsFromBytes, accessNewsToBytes, type RightsNews } from './access-news';

const tenant = tenantId('acme');
const space = spaceKey(tenant, spaceId('höme'));
const user = userId('u1');
const collections = new Map([[collectionName('notes'), 'none' as const]]);

const EVERY_KIND: readonly RightsNews[] = [
  { kind: 'access', space, user, access: { role: 'editor', collections } },
  { kind: 'access', space, user, access: { role: 'reader', collections: new Map() } },
  { kind: 'access', space, user, access: null },
  { kind: 'revoked', device: { tenant, device: deviceId('d1') } },
  { kind: 'tenant', tenant, standing: 'active' },
  { kind: 'tenant', tenant, standing: 'suspended' },
  { kind: 'tenant', tenant, standing: 'removed' },
  { kind: 'removed', space },
];

test.each(EVERY_KIND)('news of rights comes back as it was told: %j', (news) => {
  expect(accessNewsFromBytes(accessNewsToBytes(news))).toEqual({ ok: true, value: news });
});

test.each([
  ['nothing', {}],
  ['a tenant without a state', { tenant: 'acme' }],
  ['a space without a user', { tenant: 'acme', space: 'home' }],
  ['an id with a line break', { tenant: 'acme', space: 'home', user: 'a\nb' }],
  ['a role of no meaning', { tenant: 'acme', space: 'home', user: 'u1', role: 99 as Role }],
])('%s is refused', (_, given) => {
  const bytes = AccessChanged.encode({ ...AccessChanged.create(), ...given }).finish();
  expect(accessNewsFromBytes(bytes)).toMatchObject({ ok: false });
});
