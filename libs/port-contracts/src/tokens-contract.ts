import { spaceId, tenantId, userId } from '@syncline/core';
import type { Identity, Tokens } from '@syncline/ports';
import { BASE_MS, NOTES, OWNER } from './change-fixtures';
import { madeForSuite, type UnderTest } from './store-under-test';

export interface TokensUnderTest extends UnderTest {
  readonly tokens: Tokens;
  /** A token that stands for this identity. */
  issue(identity: Identity): Promise<string>;
}

export function identityOf(given: Partial<Identity> = {}): Identity {
  return {
    tenant: tenantId('acme'),
    user: userId('u1'),
    expiresAtMs: BASE_MS + 60_000,
    grants: new Map(),
    ...given,
  };
}

export function describeTokensContract(name: string, make: () => Promise<TokensUnderTest>): void {
  describe(`${name} keeps the contract of tokens`, () => {
    const made = madeForSuite(make);

    test('a token tells who stands behind it', async () => {
      const identity = identityOf({
        user: userId('üser'),
        grants: new Map([
          [spaceId('home'), OWNER],
          [spaceId('clínic/1'), { role: 'editor', collections: new Map([[NOTES, 'none']]) }],
        ]),
      });
      const token = await made().issue(identity);
      expect(await made().tokens.verify(token, BASE_MS)).toEqual({ ok: true, identity });
    });

    test('a token that has expired is told apart from a bad one', async () => {
      const token = await made().issue(identityOf({ expiresAtMs: BASE_MS + 60_000 }));
      expect(await made().tokens.verify(token, BASE_MS + 59_000)).toMatchObject({ ok: true });
      expect(await made().tokens.verify(token, BASE_MS + 60_000)).toMatchObject({
        refusal: { reason: 'AUTH_EXPIRED' },
      });
    });

    test.each(['', ' ', 'nonsense', 'a.b.c', `${'x'.repeat(10_000)}`, 'é\u{1f600}\u0000'])(
      'a bad token is refused and never throws (%j)',
      async (token) => {
        expect(await made().tokens.verify(token, BASE_MS)).toMatchObject({
          ok: false,
          refusal: { reason: 'UNAUTHENTICATED' },
        });
      },
    );

    test('a token that was tampered with is a bad one', async () => {
      const token = await made().issue(identityOf());
      const middle = Math.floor(token.length / 2);
      const changed = token.slice(0, middle) + (token[middle] === 'A' ? 'B' : 'A') + token.slice(middle + 1);
      for (const bad of [changed, token.slice(0, -2), `${token}A`]) {
        expect(await made().tokens.verify(bad, BASE_MS)).toMatchObject({
          refusal: { reason: 'UNAUTHENTICATED' },
        });
      }
    });
  });
}
