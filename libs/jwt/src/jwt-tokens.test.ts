import { createHmac } from 'node:crypto';
import { BASE_MS, describeTokensContract, identityOf } from '@syncline/port-contracts';
import { claimsOf } from './claims';
import { jwtTokens } from './jwt-tokens';
import { signToken } from './sign-token';

const SECRET = 'a secret of thirty-two bytes or more';
const EXP = BASE_MS / 1_000 + 3_600;
const CLAIMS = { sub: 'u1', tenant: 'acme', exp: EXP };

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Signs whatever it is given, so that only what it says is wrong. */
function signed(claims: unknown, header: object = { alg: 'HS256', typ: 'JWT' }): string {
  const message = `${encode(header)}.${encode(claims)}`;
  return `${message}.${createHmac('sha256', SECRET).update(message).digest('base64url')}`;
}

describeTokensContract('jwt with a secret', async () => ({
  tokens: jwtTokens({ secret: SECRET, clockToleranceMs: 0 }),
  prefix: '',
  issue: (identity) => signToken(SECRET, claimsOf(identity)),
  close: async () => undefined,
}));

describe('tokens with a secret', () => {
  const tokens = jwtTokens({ secret: SECRET, clockToleranceMs: 0 });

  test('tell of operators and of a single device', async () => {
    const identity = identityOf({ operator: true, device: 'phone' as never });
    const token = await signToken(SECRET, claimsOf(identity));
    expect(await tokens.verify(token, BASE_MS)).toEqual({ ok: true, identity });
    const plain = await tokens.verify(signed({ ...CLAIMS, operator: false }), BASE_MS);
    expect(plain).toEqual({ ok: true, identity: identityOf({ expiresAtMs: EXP * 1_000 }) });
  });

  test.each([
    ['sub', { ...CLAIMS, sub: undefined }, 'is missing'],
    ['sub', { ...CLAIMS, sub: 7 }, 'must be text'],
    ['sub', { ...CLAIMS, sub: '' }, 'must not be empty'],
    ['sub', { ...CLAIMS, sub: 'a\u0000b' }, 'must not hold control characters'],
    ['sub', { ...CLAIMS, sub: '\ud800' }, 'must be well-formed Unicode'],
    ['tenant', { ...CLAIMS, tenant: undefined }, 'is missing'],
    ['tenant', { ...CLAIMS, tenant: 'Acme/x' }, 'must be 1 to 63 of a-z, 0-9 and "-"'],
    ['exp', { ...CLAIMS, exp: undefined }, 'is missing'],
    ['exp', { ...CLAIMS, exp: '1' }, 'must be a time in seconds since 1970'],
    ['exp', { ...CLAIMS, exp: -1 }, 'must be a time in seconds since 1970'],
    ['exp', { ...CLAIMS, exp: null }, 'must be a time in seconds since 1970'],
    ['exp', { ...CLAIMS, exp: 1e300 }, 'must be a time in seconds since 1970'],
    ['nbf', { ...CLAIMS, nbf: 'now' }, 'must be a time in seconds since 1970'],
    ['device', { ...CLAIMS, device: '' }, 'must not be empty'],
    ['operator', { ...CLAIMS, operator: 'true' }, 'must be true or false'],
    ['operator', { ...CLAIMS, operator: 1 }, 'must be true or false'],
    ['spaces', { ...CLAIMS, spaces: ['home'] }, 'must be an object'],
    ['spaces', { ...CLAIMS, spaces: null }, 'must be an object'],
    ['spaces', { ...CLAIMS, spaces: { '': 'owner' } }, 'holds a space whose id must not be empty'],
    ['spaces.home', { ...CLAIMS, spaces: { home: 'admin' } }, 'must be one of owner, editor, reader'],
    ['spaces.home', { ...CLAIMS, spaces: { home: 'toString' } }, 'must be one of owner, editor, reader'],
    ['spaces.home', { ...CLAIMS, spaces: { home: true } }, 'must be an object'],
    ['spaces.home.role', { ...CLAIMS, spaces: { home: {} } }, 'must be one of owner, editor, reader'],
    [
      'spaces.home',
      { ...CLAIMS, spaces: { home: { role: 'editor', collection: { notes: 'none' } } } },
      'may hold "role" and "collections" only',
    ],
    [
      'spaces.home.collections',
      { ...CLAIMS, spaces: { home: { role: 'editor', collections: ['notes'] } } },
      'must be an object',
    ],
    [
      'spaces.home.collections',
      { ...CLAIMS, spaces: { home: { role: 'editor', collections: { 'No!': 'none' } } } },
      'holds a name that must be 1 to 64 of a-z, 0-9, ".", "_" and "-", beginning with a letter',
    ],
    [
      'spaces.home.collections.notes',
      { ...CLAIMS, spaces: { home: { role: 'editor', collections: { notes: 'hide' } } } },
      'must be one of none, read, write',
    ],
  ])('name the claim that is wrong: %s, %j', async (claim, claims, problem) => {
    expect(await tokens.verify(signed(claims), BASE_MS)).toMatchObject({
      ok: false,
      refusal: {
        reason: 'UNAUTHENTICATED',
        violations: [{ field: claim, description: problem }],
        facts: { claim },
      },
    });
  });

  test.each([
    ['no algorithm', signed(CLAIMS, { alg: 'none' })],
    ['no algorithm and no signature', `${encode({ alg: 'none' })}.${encode(CLAIMS)}.`],
    ['an algorithm in other letters', signed(CLAIMS, { alg: 'hs256' })],
    ['a longer hash', signed(CLAIMS, { alg: 'HS512' })],
    ['an algorithm of public keys', signed(CLAIMS, { alg: 'RS256' })],
    ['no header', signed(CLAIMS, {})],
    ['an extension that must be understood', signed(CLAIMS, { alg: 'HS256', crit: ['b64'], b64: false })],
    ['another type', signed(CLAIMS, { alg: 'HS256', typ: 'logout+jwt' })],
    ['a key id that is none', signed(CLAIMS, { alg: 'HS256', kid: 7 })],
    ['claims that are a list', signed([CLAIMS])],
    ['claims that are null', signed('null')],
    ['claims that are no JSON', signed('{"sub":')],
    ['another secret', signed(CLAIMS).replace(/\.[^.]+$/, `.${encode('x'.repeat(32))}`)],
    ['four parts', `${signed(CLAIMS)}.x`],
    ['too many bytes', signed({ ...CLAIMS, name: 'x'.repeat(8 * 1024) })],
  ])('are refused with %s, and the refusal does not repeat them', async (_, token) => {
    const verified = await tokens.verify(token, BASE_MS);
    expect(verified).toMatchObject({ ok: false, refusal: { reason: 'UNAUTHENTICATED', retryAfterMs: null } });
    expect(JSON.stringify(verified)).not.toContain(token);
  });

  test('are refused where the text is not UTF-8', async () => {
    const message = `${encode({ alg: 'HS256' })}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}`;
    const token = `${message}.${createHmac('sha256', SECRET).update(message).digest('base64url')}`;
    expect(await tokens.verify(token, BASE_MS)).toMatchObject({ refusal: { reason: 'UNAUTHENTICATED' } });
  });

  test('hold from nbf to exp, by the clock that is given', async () => {
    const token = signed({ ...CLAIMS, nbf: EXP - 60 });
    const at = async (seconds: number) => {
      const verified = await tokens.verify(token, (EXP + seconds) * 1_000);
      return verified.ok ? 'good' : verified.refusal.reason;
    };
    expect([await at(-61), await at(-60), await at(-0.001), await at(0)]).toEqual([
      'UNAUTHENTICATED',
      'good',
      'good',
      'AUTH_EXPIRED',
    ]);
  });

  test('hold a little sooner and longer where the clocks may differ', async () => {
    const lenient = jwtTokens({ secret: SECRET, clockToleranceMs: 2_000 });
    const token = signed({ ...CLAIMS, nbf: EXP - 60 });
    expect(await lenient.verify(token, (EXP - 62) * 1_000)).toMatchObject({ ok: true });
    expect(await lenient.verify(token, (EXP - 63) * 1_000)).toMatchObject({ ok: false });
    expect(await lenient.verify(token, (EXP + 1) * 1_000)).toMatchObject({
      identity: { expiresAtMs: (EXP + 2) * 1_000 },
    });
    expect(await lenient.verify(token, (EXP + 2) * 1_000)).toMatchObject({
      refusal: { reason: 'AUTH_EXPIRED' },
    });
  });

  test('must come from the issuer and be for the audience, where these are named', async () => {
    const strict = jwtTokens({ secret: SECRET, issuer: 'https://id.example', audience: 'syncline' });
    const verdict = async (more: object) => {
      const verified = await strict.verify(signed({ ...CLAIMS, ...more }), BASE_MS);
      return verified.ok ? 'good' : verified.refusal.facts['claim'];
    };
    const iss = 'https://id.example';
    expect(await verdict({ iss, aud: 'syncline' })).toBe('good');
    expect(await verdict({ iss, aud: ['other', 'syncline'] })).toBe('good');
    expect(await verdict({ iss, aud: 'syncline2' })).toBe('aud');
    expect(await verdict({ iss, aud: [] })).toBe('aud');
    expect(await verdict({ iss })).toBe('aud');
    expect(await verdict({ iss: 'https://id.example/', aud: 'syncline' })).toBe('iss');
    expect(await verdict({ aud: 'syncline' })).toBe('iss');
  });

  test('need a secret that is long enough, or keys', async () => {
    expect(() => jwtTokens({})).toThrow(RangeError);
    expect(() => jwtTokens({ secret: 'short' })).toThrow('shorter than 32 bytes');
    await expect(signToken('short', CLAIMS)).rejects.toThrow('shorter than 32 bytes');
  });
});
