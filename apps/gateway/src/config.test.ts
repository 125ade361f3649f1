import { DEFAULT_LIMITS } from '@syncline/core';
import { numbersIn } from '@syncline/service-kit';
import { readConfig } from './config';

const KEY = Buffer.alloc(32, 7).toString('base64');
const LEAST = {
  SYNCLINE_POSTGRES_URL: 'postgres://syncline@db/syncline',
  SYNCLINE_TOKEN_SECRET: 'x'.repeat(32),
  SYNCLINE_CURSOR_KEYS: `2:${KEY},1:${KEY}`,
};
const problemsOf = (given: Record<string, string>): readonly string[] => {
  const read = readConfig({ ...LEAST, ...given });
  return read.ok ? [] : read.problems;
};

test('needs a database, a way to verify tokens, and a key for cursors', () => {
  const read = readConfig(LEAST);
  if (!read.ok) throw new Error(read.problems.join('\n'));
  expect(read.settings).toMatchObject({
    grpcAddress: { host: '127.0.0.1', port: 7400 },
    natsUrls: ['nats://127.0.0.1:4222'],
    cursorKeys: [{ id: 2 }, { id: 1 }],
    auditKey: null,
    origins: [],
    drainMs: 10_000,
  });
  expect(numbersIn(read.settings, DEFAULT_LIMITS)).toEqual(DEFAULT_LIMITS);
  const nothing = readConfig({});
  expect(nothing).toMatchObject({ ok: false });
  expect(nothing.ok ? [] : nothing.problems.map((problem) => problem.split(' ')[0])).toEqual([
    'SYNCLINE_POSTGRES_URL',
    'SYNCLINE_CURSOR_KEYS',
  ]);
});

test('each limit can be set', () => {
  const read = readConfig({ ...LEAST, SYNCLINE_LIMIT_PUSH_CHANGES_MAX: '7' });
  expect(read.ok && numbersIn(read.settings, DEFAULT_LIMITS).pushChangesMax).toBe(7);
});

test.each<[Record<string, string>, string]>([
  [{ SYNCLINE_TOKEN_SECRET: '' }, 'one of SYNCLINE_TOKEN_SECRET and SYNCLINE_TOKEN_JWKS_URL'],
  [{ SYNCLINE_TOKEN_SECRET: 'short' }, 'SYNCLINE_TOKEN_SECRET is shorter than 32 bytes'],
  [{ SYNCLINE_TOKEN_JWKS_URL: 'https://issuer.example/keys' }, 'needs SYNCLINE_TOKEN_ISSUER'],
  [
    { SYNCLINE_TLS_CERT_FILE: 'a.pem' },
    'SYNCLINE_TLS_CERT_FILE and SYNCLINE_TLS_KEY_FILE are needed together',
  ],
  [{ SYNCLINE_INTERNAL_TLS_CA_FILE: 'a.pem' }, 'SYNCLINE_INTERNAL_TLS_CA_FILE are needed together'],
  [{ SYNCLINE_CURSOR_KEYS: KEY }, 'holds a key without an id'],
  [{ SYNCLINE_CURSOR_KEYS: `300:${KEY}` }, 'holds a key without an id up to 255'],
  [{ SYNCLINE_CURSOR_KEYS: '1:AAAA' }, 'shorter than 16 bytes'],
  [{ SYNCLINE_CURSOR_KEYS: `1:${KEY},1:${KEY}` }, 'holds the key 1 twice'],
  [{ SYNCLINE_AUDIT_KEY: KEY }, 'SYNCLINE_AUDIT_KEY holds a key without an id'],
  [{ SYNCLINE_AUDIT_KEY: `1:${KEY},2:${KEY}` }, 'holds several keys'],
  [{ SYNCLINE_AUDIT_KEY: '1:AAAAAAAAAAAAAAAAAAAAAAAA' }, 'that is not 32 bytes long'],
  [{ SYNCLINE_ALLOWED_ORIGINS: 'https://app.example/path' }, 'which is no origin'],
  [{ SYNCLINE_NATS_URLS: 'nats://a' }, 'SYNCLINE_NATS_URLS is not a setting'],
])('%j is a problem', (given, problem) => {
  expect(problemsOf(given).join('\n')).toContain(problem);
});

test('a secret is not told with its problem', () => {
  expect(problemsOf({ SYNCLINE_CURSOR_KEYS: '1:c2VjcmV0' }).join()).not.toContain('c2VjcmV0');
});
