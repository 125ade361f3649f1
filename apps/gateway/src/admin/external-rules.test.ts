import { CORE_POLICIES, policyRegistry, type ResolverHosts } from '@syncline/core';
import * as proto from '@syncline/proto';
import { type AdminWorld, adminWorld, valueOf } from './admin-world.test-fixtures';

const made: { world?: AdminWorld } = {};
afterEach(() => made.world?.close());

const HOSTS: ResolverHosts = { withTls: ['resolver.example.org'], withoutTls: ['resolver.inside'] };
const RULE: proto.ExternalRule = {
  endpoint: 'resolver.example.org:7500',
  deadlineMs: 800,
  settings: Buffer.from('{"ward":1.50}'),
  plaintext: false,
  tokenSecret: 'wards',
  fallbackPolicy: 'last-write-wins',
};

async function put(hosts: ResolverHosts | undefined, given: Partial<proto.ExternalRule>, encrypted = false) {
  const policies = policyRegistry(Object.values(CORE_POLICIES), undefined, hosts);
  const world = (made.world = await adminWorld({ policies }));
  const policy = { $case: 'external', external: { ...RULE, ...given } } as const;
  const rules = { ...proto.CollectionRules.fromJSON({}), collection: 'doses', encrypted, policy };
  const [Asked, Told] = [proto.PutCollectionRequest, proto.PutCollectionResponse];
  return world.http('owner', 'PutCollection', Asked, Told, { space: 'home', rules });
}

test('a rule is taken whole, and told as it was declared', async () => {
  valueOf(await put(HOSTS, {}));
  const [Asked, Told] = [proto.GetCollectionRequest, proto.GetCollectionResponse];
  const message = { space: 'home', collection: 'doses' };
  const { rules } = valueOf(await made.world!.http('owner', 'GetCollection', Asked, Told, message));
  expect(rules?.policy).toEqual({
    $case: 'external',
    external: { ...RULE, settings: expect.anything() as unknown },
  });
  const external = rules?.policy?.$case === 'external' ? rules.policy.external : null;
  expect(Buffer.from(external!.settings).toString()).toBe('{"ward":1.50}');
});

test('what is left out has its default', async () => {
  const { rules } = valueOf(
    await put(HOSTS, { deadlineMs: 0, settings: new Uint8Array(0), tokenSecret: '', fallbackPolicy: '' }),
  );
  expect(rules?.policy).toMatchObject({
    external: { deadlineMs: 2_000, tokenSecret: '', fallbackPolicy: '' },
  });
});

test('an encrypted collection can have a resolver: bytes are passed on as they are', async () => {
  expect(valueOf(await put(HOSTS, {}, true)).rules?.encrypted).toBe(true);
});

test.each([
  ['without any host allowed', undefined, {}, 'SYNCLINE_RESOLVER_HOSTS'],
  ['at another host', HOSTS, { endpoint: 'resolver.example.com:7500' }, 'SYNCLINE_RESOLVER_HOSTS'],
  ['without TLS where TLS is spoken', HOSTS, { plaintext: true }, 'SYNCLINE_RESOLVER_PLAINTEXT_HOSTS'],
  ['with TLS where none is spoken', HOSTS, { endpoint: 'resolver.inside:80' }, 'SYNCLINE_RESOLVER_HOSTS'],
])('a rule is refused, and told by which setting: %s', async (_what, hosts, given, setting) => {
  expect(await put(hosts, given)).toMatchObject({
    refusal: {
      reason: 'POLICY_INVALID',
      violations: [{ field: 'rule.endpoint', description: expect.stringContaining(setting) as string }],
    },
  });
});

test('everything that is wrong with a rule is told at once', async () => {
  const wrong = {
    endpoint: 'here',
    deadlineMs: 1,
    settings: Buffer.from('{'),
    tokenSecret: '!',
    fallbackPolicy: 'best',
  };
  const answer = await put(HOSTS, wrong);
  expect(answer.ok ? [] : answer.refusal.violations.map(({ field }) => field)).toEqual([
    'rule.endpoint',
    'rule.deadlineMs',
    'rule.settings',
    'rule.tokenSecret',
    'rule.fallbackPolicy',
  ]);
});

test('settings that are no text are told by their place', async () => {
  expect(await put(HOSTS, { settings: new Uint8Array([0xff]) })).toMatchObject({
    refusal: { violations: [{ field: 'rules.external.settings', description: 'must be UTF-8' }] },
  });
});
