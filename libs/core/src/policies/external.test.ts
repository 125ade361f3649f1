import { hlcTime } from '../clock';
import type { DeviceId } from '../ids';
import {
  create,
  inWords,
  outcomesOf,
  patch,
  pushOf,
  rulesOf,
  testSpace,
  update,
} from '../space.test-fixtures';
import { CONFLICTS, SERVICE_DEVICE } from '../ids';
import { decodeFacts } from '../merge/ledger-facts';
import { encodeDecision, type LedgerDecision } from '../merge/ledger-decision';
import { rulesProblems } from '../rules';
import { encodeUtf8 } from '../utf8';
import { external, type ExternalRule } from './external';
import type { Side } from './policy';
import { CORE_POLICIES, policyRegistry } from './registry';
import { NO_RESOLVER_HOSTS, type ResolverHosts, resolverObstacle } from './resolver-hosts';

const ENDPOINT = 'resolver.example.org:7500';
const RULE = { endpoint: ENDPOINT };
const ID = 'notes/d/1';

const problemsOf = (declared: unknown) => {
  const parsed = external.parseRule(declared);
  return parsed.ok ? [] : parsed.problems.map(({ field }) => field);
};

describe('a rule', () => {
  test('has defaults for all but the endpoint', () => {
    expect(external.parseRule(RULE)).toEqual({
      ok: true,
      rule: {
        endpoint: ENDPOINT,
        deadlineMs: 2_000,
        settings: '',
        plaintext: false,
        tokenSecret: '',
        fallbackPolicy: '',
      },
    });
  });

  test.each<[string, object, string[]]>([
    ['no endpoint', {}, ['endpoint']],
    ['no port', { endpoint: 'resolver' }, ['endpoint']],
    ['port 0', { endpoint: 'resolver:0' }, ['endpoint']],
    ['a port beyond all', { endpoint: 'resolver:65536' }, ['endpoint']],
    ['a path', { endpoint: 'resolver:80/x' }, ['endpoint']],
    ['another scheme', { endpoint: 'unix:/var/run/s:80' }, ['endpoint']],
    ['a user', { endpoint: 'me@resolver:80' }, ['endpoint']],
    ['an endpoint that is no text', { endpoint: 7 }, ['endpoint']],
    ['no time at all', { ...RULE, deadlineMs: 9 }, ['deadlineMs']],
    ['a long time', { ...RULE, deadlineMs: 30_001 }, ['deadlineMs']],
    ['settings that are no JSON', { ...RULE, settings: '{' }, ['settings']],
    ['settings without an end', { ...RULE, settings: `"${'x'.repeat(16_384)}"` }, ['settings']],
    ['a secret that is no name', { ...RULE, tokenSecret: 'My Secret' }, ['tokenSecret']],
    ['a fall-back that reads contents', { ...RULE, fallbackPolicy: 'field-merge' }, ['fallbackPolicy']],
    ['neither yes nor no', { ...RULE, plaintext: 'yes' }, ['plaintext']],
    [
      'everything at once',
      {
        endpoint: '',
        deadlineMs: 1,
        settings: 'x',
        plaintext: 1,
        tokenSecret: '-',
        fallbackPolicy: 'ask',
        more: 1,
      },
      ['endpoint', 'deadlineMs', 'settings', 'plaintext', 'tokenSecret', 'fallbackPolicy', 'more'],
    ],
  ])('%s is refused', (_what, declared, fields) => {
    expect(problemsOf(declared)).toEqual(fields);
  });
});

describe('the hosts of an installation', () => {
  const hosts: ResolverHosts = {
    withTls: ['a.example.org', 'B.example.org:7500'],
    withoutTls: ['inside', '[::1]:7500'],
  };

  test.each([
    ['a.example.org:1', false, null],
    ['A.Example.ORG:443', false, null],
    ['b.example.org:7500', false, null],
    ['b.example.org:7501', false, 'SYNCLINE_RESOLVER_HOSTS'],
    ['evil.a.example.org:443', false, 'SYNCLINE_RESOLVER_HOSTS'],
    ['a.example.org.evil:443', false, 'SYNCLINE_RESOLVER_HOSTS'],
    ['169.254.169.254:80', false, 'SYNCLINE_RESOLVER_HOSTS'],
    ['a.example.org:80', true, 'SYNCLINE_RESOLVER_PLAINTEXT_HOSTS'],
    ['inside:80', true, null],
    ['inside:80', false, 'SYNCLINE_RESOLVER_HOSTS'],
    ['[::1]:7500', true, null],
  ])('%s, without TLS: %s', (endpoint, plaintext, setting) => {
    const obstacle = resolverObstacle({ endpoint, plaintext }, hosts);
    if (setting === null) expect(obstacle).toBeNull();
    else expect(obstacle).toContain(`: ${setting}`);
  });

  test('are asked for when rules are declared; without any, none can be', () => {
    const fieldsIn = (resolverHosts: ResolverHosts, rule: Partial<ExternalRule>) =>
      rulesProblems(
        rulesOf({ policy: 'external', rule, json: false, encrypted: true }),
        policyRegistry(Object.values(CORE_POLICIES), undefined, resolverHosts),
      ).map(({ field }) => field);
    expect(fieldsIn(hosts, { endpoint: 'a.example.org:1' })).toEqual([]);
    expect(fieldsIn(NO_RESOLVER_HOSTS, { endpoint: 'a.example.org:1' })).toEqual(['rule.endpoint']);
    expect(fieldsIn(hosts, { endpoint: 'nowhere' })).toEqual(['rule.endpoint']);
  });
});

describe('a conflict', () => {
  const side = (text: string | null): Side => ({
    time: hlcTime(1),
    device: 'd' as DeviceId,
    number: 1,
    deleted: text === null,
    payload: text === null ? null : encodeUtf8(text),
    meta: null,
  });
  const rule = (external.parseRule(RULE) as { readonly rule: ExternalRule }).rule;
  const resolve = (stored: Side, incoming: Side) =>
    external.resolve({ kind: 'UPDATE_UPDATE', base: null, stored, incoming, rule });

  test('of the same content needs nobody to decide it', () => {
    expect(resolve(side('x'), side('x')).take).toBe('stored');
    expect(resolve(side(null), side(null)).take).toBe('stored');
  });

  test('of two contents waits for the resolver', () => {
    for (const pair of [[side('x'), side('y')] as const, [side(null), side('y')] as const])
      expect(resolve(...pair)).toMatchObject({ take: 'neither', waitsFor: 'resolver' });
  });
});

describe('the ledger', () => {
  const withConflict = (given: Parameters<typeof rulesOf>[0] = {}) => {
    const space = testSpace({ rules: [rulesOf({ policy: 'external', rule: RULE, ...given })] });
    space.write('x', create('a', { n: 1 }), update('a', 0, { n: 2 }));
    const outcomes = space.push('d', update('a', 1, { n: 3 }));
    return { space, outcomes };
  };
  const factsOf = (space: ReturnType<typeof testSpace>) => decodeFacts(space.record(ID, CONFLICTS)!.meta!);
  const decide = (space: ReturnType<typeof testSpace>, decision: LedgerDecision, base: number) => {
    const change = patch(ID, base, encodeDecision(decision), [], { collection: CONFLICTS });
    return outcomesOf(space.merge({ ...pushOf(SERVICE_DEVICE, 1, [change]), byService: true })).map(inWords);
  };

  test('says that a held change waits for the resolver', () => {
    const { space, outcomes } = withConflict();
    expect(outcomes.map(inWords)).toEqual(['HELD UPDATE_UPDATE open {"n":2}']);
    expect(space.ledger(ID)).toMatchObject({ waitsFor: 'resolver', resolution: 'none', state: 'open' });
    expect(factsOf(space)).toMatchObject({ waitsFor: 'resolver', policy: 'external' });
  });

  test('does not say so where the collection asks a person between delete and update', () => {
    const space = testSpace({ rules: [rulesOf({ policy: 'external', rule: RULE, deletes: 'ask' })] });
    space.write('x', create('a', { n: 1 }), update('a', 0, { n: 2 }));
    space.push('d', { ...update('a', 1, {}), kind: 'delete' });
    expect(space.ledger(ID)).toMatchObject({ state: 'open', resolution: 'none' });
    expect(factsOf(space)).not.toHaveProperty('waitsFor');
  });

  test('tells a decision of the policy from that of a person', () => {
    const { space } = withConflict();
    expect(
      decide(space, { state: 'resolved', resolution: 'stored', standing: 2, why: 'So.', byPolicy: true }, 3),
    ).toEqual(['APPLIED']);
    const entry = space.ledger(ID)!;
    expect(entry).toMatchObject({ state: 'resolved', why: 'So.', standing: 2, resolvedAtMs: space.nowMs });
    expect(entry.resolvedBy).toBeUndefined();
    expect(factsOf(space)).not.toHaveProperty('waitsFor');
  });

  test('leaves to a person what the resolver does, and fields that it does', () => {
    const { space } = withConflict();
    decide(space, { state: 'open', standing: 2, why: 'Ask someone.', byPolicy: true }, 3);
    expect(space.ledger(ID)).toMatchObject({ state: 'open', resolution: 'none', waitsFor: 'person' });
    expect(factsOf(space)).not.toHaveProperty('waitsFor');
    const merged = {
      state: 'open',
      resolution: 'merged',
      asked: ['n'],
      standing: 2,
      byPolicy: true,
    } as const;
    decide(space, merged, 4);
    expect(space.ledger(ID)).toMatchObject({ state: 'open', resolution: 'merged', asked: ['n'] });
  });

  test('does not make a conflict wait for the resolver again that a person opens again', () => {
    const { space } = withConflict();
    decide(space, { state: 'resolved', resolution: 'stored', standing: 2, byPolicy: true }, 3);
    decide(space, { state: 'reopened', standing: 2 }, 4);
    expect(factsOf(space)).toMatchObject({ state: 'reopened' });
    expect(factsOf(space)).not.toHaveProperty('waitsFor');
  });
});
