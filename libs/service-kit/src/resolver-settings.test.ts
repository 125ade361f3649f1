import { resolverAskingSettings, resolverHostSettings, resolverHostsIn } from './resolver-settings';
import { readSettings } from './settings';

const TABLE = { ...resolverHostSettings, ...resolverAskingSettings };
const read = (environment: Record<string, string>) => readSettings(TABLE, environment);
const problemsOf = (environment: Record<string, string>) => {
  const found = read(environment);
  return found.ok ? [] : found.problems;
};

test('unset, no host is allowed, and no token is known', () => {
  expect(read({})).toEqual({
    ok: true,
    settings: { resolverHosts: [], resolverPlaintextHosts: [], resolverTokens: [], resolverCaFile: null },
  });
});

test('hosts and tokens are read, each token with the host that it is for', () => {
  const found = read({
    SYNCLINE_RESOLVER_HOSTS: 'a.example.org, b.example.org:7500',
    SYNCLINE_RESOLVER_PLAINTEXT_HOSTS: '[::1]:7500,resolver',
    SYNCLINE_RESOLVER_TOKENS: 'wards@A.example.org=s3cret=, wards@resolver:80=x/y+z',
  });
  if (!found.ok) throw new Error(found.problems.join());
  expect(resolverHostsIn(found.settings)).toEqual({
    withTls: ['a.example.org', 'b.example.org:7500'],
    withoutTls: ['[::1]:7500', 'resolver'],
  });
  expect(found.settings.resolverTokens).toEqual([
    { name: 'wards', host: 'a.example.org', token: 's3cret=' },
    { name: 'wards', host: 'resolver:80', token: 'x/y+z' },
  ]);
});

test.each(['*', 'https://a.example.org', 'a b', 'a/b', 'a:0', 'a,,b', 'me@a'])('%s is no host', (text) => {
  expect(problemsOf({ SYNCLINE_RESOLVER_HOSTS: text })).toMatchObject([
    expect.stringContaining('is no host'),
  ]);
});

test.each(['wards=x', 'wards@a', 'wards@a=', 'Wards@a=x', 'wards@a b=x', 'wards@a=x,wards@A=y'])(
  '%s is refused as tokens, and never shown',
  (text) => {
    const [problem = ''] = problemsOf({ SYNCLINE_RESOLVER_TOKENS: text });
    expect(problem).toContain('SYNCLINE_RESOLVER_TOKENS holds');
    expect(problem).not.toContain('=x');
  },
);
