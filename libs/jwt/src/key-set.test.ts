import { createHmac } from 'node:crypto';
import { BASE_MS, identityOf } from '@syncline/port-contracts';
import { PUBLIC_ALGORITHMS } from './algorithms';
import { issuerOf, type JwksServer, jwksServer } from './jwks-server.test-fixtures';
import { jwtTokens, type JwtTokensOptions } from './jwt-tokens';
import type { KeySetOptions } from './key-set';
import { signToken } from './sign-token';

const EXP = BASE_MS / 1_000 + 3_600;
const CLAIMS = { sub: 'u1', tenant: 'acme', exp: EXP };
const GOOD = { ok: true, identity: identityOf({ expiresAtMs: EXP * 1_000 }) };
const UNKNOWN = { ok: false, refusal: { reason: 'UNAUTHENTICATED' } };
const UNREACHABLE = { ok: false, refusal: { reason: 'UNAVAILABLE', retryAfterMs: 30_000 } };
const MINUTE_MS = 60_000;

const one = issuerOf('RS256', 'one');
const two = issuerOf('RS256', 'two');

describe('tokens with published keys', () => {
  const opened: { server?: JwksServer } = {};
  const problems: string[] = [];
  const server = (): JwksServer => {
    if (opened.server === undefined) throw new Error('there is no server');
    return opened.server;
  };
  const tokensWith = (keys: Partial<KeySetOptions> = {}, more: Partial<JwtTokensOptions> = {}) =>
    jwtTokens({
      keys: { url: server().url, onProblem: (problem) => void problems.push(problem), ...keys },
      clockToleranceMs: 0,
      ...more,
    });

  beforeEach(async () => {
    problems.length = 0;
    opened.server = await jwksServer();
  });
  afterEach(() => server().close());

  test.each(PUBLIC_ALGORITHMS)(
    '%s is verified, and another key of the same kind is not',
    async (algorithm) => {
      const issuer = issuerOf(algorithm, 'k1');
      server().publish(issuer.jwk);
      const tokens = tokensWith();
      expect(await tokens.verify(await issuer.sign(CLAIMS), BASE_MS)).toEqual(GOOD);
      expect(await tokens.verify(await issuerOf(algorithm, 'k1').sign(CLAIMS), BASE_MS)).toMatchObject(
        UNKNOWN,
      );
      expect(server().asked()).toBe(1);
    },
  );

  test('the key decides on the algorithm: a token cannot name another one', async () => {
    const issuers = Object.fromEntries(PUBLIC_ALGORITHMS.map((each) => [each, issuerOf(each, 'same')]));
    for (const [published, issuer] of Object.entries(issuers)) {
      server().publish({ ...issuer.jwk, alg: undefined });
      for (const signer of Object.values(issuers).filter((each) => each !== issuer)) {
        const verified = await tokensWith().verify(await signer.sign(CLAIMS), BASE_MS);
        expect([published, verified]).toMatchObject([published, UNKNOWN]);
      }
    }
  });

  test('a public key is never taken for a secret', async () => {
    server().publish(one.jwk);
    const forge = (material: string | Buffer) => {
      const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const message = `${encode({ alg: 'HS256', kid: 'one' })}.${encode(CLAIMS)}`;
      return `${message}.${createHmac('sha256', material).update(message).digest('base64url')}`;
    };
    const materials = [
      one.publicKey.export({ type: 'spki', format: 'pem' }),
      one.publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify(one.jwk),
    ];
    for (const tokens of [tokensWith(), tokensWith({}, { secret: 'x'.repeat(40) })]) {
      for (const material of materials) {
        expect(await tokens.verify(forge(material), BASE_MS)).toMatchObject(UNKNOWN);
      }
    }
  });

  test('keys that are not for this are passed over', async () => {
    const unusable = [
      { ...one.jwk, use: 'enc' },
      { ...one.jwk, alg: 'RSA-OAEP-256' },
      { ...one.jwk, key_ops: ['sign'] },
      { ...one.jwk, kid: 'broken', n: '!' },
      { kty: 'oct', kid: 'one', k: 'c2VjcmV0' },
      'not a key',
      null,
    ];
    server().publish(...(unusable as object[]));
    expect(await tokensWith().verify(await one.sign(CLAIMS), BASE_MS)).toMatchObject(UNKNOWN);
    server().publish(...(unusable as object[]).slice(3), one.jwk);
    expect(await tokensWith().verify(await one.sign(CLAIMS), BASE_MS)).toEqual(GOOD);
  });

  test('a key that is too short to be safe verifies nothing', async () => {
    const weak = issuerOf('RS256', 'weak', 1_024);
    server().publish(weak.jwk);
    const message = await one.sign(CLAIMS, { kid: 'weak' });
    expect(await tokensWith().verify(message, BASE_MS)).toMatchObject(UNKNOWN);
  });

  test('without a key id, the only key of the kind is meant', async () => {
    server().publish(one.jwk, issuerOf('ES256', 'other').jwk);
    const unnamed = await one.sign(CLAIMS, { kid: undefined });
    expect(await tokensWith().verify(unnamed, BASE_MS)).toEqual(GOOD);
    server().publish(one.jwk, two.jwk);
    expect(await tokensWith().verify(unnamed, BASE_MS)).toMatchObject(UNKNOWN);
  });

  test('a new key is found as soon as it is used, but the issuer is not asked all the time', async () => {
    server().publish(one.jwk);
    const tokens = tokensWith();
    const [old, fresh] = [await one.sign(CLAIMS), await two.sign(CLAIMS)];
    expect(await tokens.verify(old, BASE_MS)).toEqual(GOOD);
    server().publish(one.jwk, two.jwk);
    expect(await tokens.verify(fresh, BASE_MS + 29_999)).toMatchObject(UNKNOWN);
    expect(server().asked()).toBe(1);
    expect(await tokens.verify(fresh, BASE_MS + 30_000)).toEqual(GOOD);
    expect(server().asked()).toBe(2);
    const forged = await issuerOf('RS256', 'three').sign(CLAIMS);
    const verdicts = await Promise.all([1, 2, 3, 4].map(() => tokens.verify(forged, BASE_MS + MINUTE_MS)));
    expect(verdicts).toMatchObject([UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]);
    expect(server().asked()).toBe(3);
  });

  test('a key that was withdrawn holds until the cache has run out', async () => {
    server().publish(one.jwk, two.jwk);
    const tokens = tokensWith({ cacheMs: 5 * MINUTE_MS });
    const token = await two.sign(CLAIMS);
    expect(await tokens.verify(token, BASE_MS)).toEqual(GOOD);
    server().publish(one.jwk);
    expect(await tokens.verify(token, BASE_MS + 5 * MINUTE_MS - 1)).toEqual(GOOD);
    expect(await tokens.verify(token, BASE_MS + 5 * MINUTE_MS)).toMatchObject(UNKNOWN);
  });

  test.each<[string, (server: JwksServer) => Promise<void> | void, string]>([
    ['is down', (each) => each.close(), 'fetch failed'],
    ['fails', (each) => each.answerWith((response) => void response.writeHead(503).end('no')), 'status 503'],
    ['is slow', (each) => each.answerWith(() => undefined), 'aborted due to timeout'],
    ['says nonsense', (each) => each.answerWith((response) => void response.end('<html>')), 'JSON'],
    ['says something else', (each) => each.answerWith((response) => void response.end('{}')), 'is not one'],
    [
      'says too much',
      (each) => each.answerWith((response) => void response.end(' '.repeat(300_000))),
      'larger than 262144 bytes',
    ],
    [
      'sends elsewhere',
      (each) => each.answerWith((response) => void response.writeHead(302, { location: '/other' }).end()),
      'fetch failed',
    ],
  ])('when the issuer %s, known keys go on working and others are unavailable', async (_, fail, problem) => {
    server().publish(one.jwk);
    const tokens = tokensWith({ fetchWithinMs: 100 });
    const [known, unknown] = [await one.sign(CLAIMS), await two.sign(CLAIMS)];
    expect(await tokens.verify(known, BASE_MS)).toEqual(GOOD);
    await fail(server());
    const later = BASE_MS + 20 * MINUTE_MS;
    expect(await tokens.verify(known, later)).toEqual(GOOD);
    expect(await tokens.verify(unknown, later)).toMatchObject(UNREACHABLE);
    expect(await tokensWith({ fetchWithinMs: 100 }).verify(known, later)).toMatchObject(UNREACHABLE);
    expect(problems).toEqual([expect.stringContaining(problem), expect.stringContaining(problem)]);
  });

  test('after an outage the keys are there again', async () => {
    const tokens = tokensWith();
    const token = await one.sign(CLAIMS);
    expect(await tokens.verify(token, BASE_MS)).toMatchObject(UNREACHABLE);
    server().publish(one.jwk);
    expect(await tokens.verify(token, BASE_MS + 1_000)).toMatchObject(UNREACHABLE);
    expect(await tokens.verify(token, BASE_MS + 30_000)).toEqual(GOOD);
  });

  test('a clock that was set back does not keep new keys away', async () => {
    server().publish(one.jwk);
    const tokens = tokensWith();
    expect(await tokens.verify(await one.sign(CLAIMS), BASE_MS)).toEqual(GOOD);
    server().publish(two.jwk);
    expect(await tokens.verify(await two.sign(CLAIMS), BASE_MS - 60 * MINUTE_MS)).toEqual(GOOD);
  });

  test('a secret can be accepted beside them', async () => {
    const issuer = issuerOf('EdDSA', 'k');
    server().publish({ ...issuer.jwk, alg: 'Ed25519' });
    const secret = 'x'.repeat(40);
    const tokens = tokensWith({}, { secret });
    expect(await tokens.verify(await issuer.sign(CLAIMS), BASE_MS)).toEqual(GOOD);
    expect(await tokens.verify(await signToken(secret, CLAIMS), BASE_MS)).toEqual(GOOD);
  });
});
