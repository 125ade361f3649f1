import type { SpaceKey, TenantId, UserId } from '@syncline/core';
import type { AccessChange } from '@syncline/ports';
import { accessNewsFromBytes, accessNewsToBytes } from './access-news-json';

const SPACE = 'acme/a/b' as SpaceKey;
const TENANT = 'acme' as TenantId;
const ANN = 'ann' as UserId;

test.each<AccessChange>([
  { kind: 'access', space: SPACE, user: ANN, access: null },
  {
    kind: 'access',
    space: SPACE,
    user: ANN,
    access: { role: 'reader', collections: new Map([['notes' as never, 'none' as const]]) },
  },
  { kind: 'revoked', device: { tenant: TENANT, device: 'd' as never } },
  { kind: 'tenant', tenant: TENANT, standing: 'suspended' },
  { kind: 'removed', space: SPACE },
])('%j arrives as it was sent', (change) => {
  expect(accessNewsFromBytes(accessNewsToBytes(change))).toEqual(change);
});

test.each([
  'not json',
  '[]',
  '{"kind":"later"}',
  '{"kind":"removed","space":"home"}',
  '{"kind":"removed","space":"/home"}',
  '{"kind":"access","space":"acme/home","user":"","access":null}',
  '{"kind":"access","space":"acme/home","user":"ann"}',
  '{"kind":"access","space":"acme/home","user":"ann","access":{"role":"king","collections":{}}}',
  '{"kind":"access","space":"acme/home","user":"ann","access":{"role":"owner","collections":{"notes":"all"}}}',
  '{"kind":"revoked","device":{"tenant":"Acme","device":"d"}}',
  '{"kind":"tenant","tenant":"acme","standing":"gone"}',
])('%s tells nothing', (text) => {
  expect(accessNewsFromBytes(Buffer.from(text))).toBeNull();
});
