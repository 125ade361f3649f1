import { status } from '@grpc/grpc-js';
import { encodeUtf8, external, type ExternalRule, recordId } from '@syncline/core';
import type { ResolverQuestion } from '@syncline/flows';
import { NOTES } from '@syncline/port-contracts';
import { type Clock } from '@syncline/ports';
import { systemClock } from '@syncline/memory';
import type { ResolveResponse } from '@syncline/proto';
import { createMetrics } from '@syncline/telemetry';
import { HOME, recordedLog } from '../merge.test-fixtures';
import { deciding, type FakeResolver, fakeResolver } from './resolver.test-fixtures';
import { resolverClient } from './resolver-client';
import { resolverMetrics } from './resolver-metrics';

const BREAKER = { breakerFailures: 2, breakerPauseMs: 1_000 };
const open: { close(): void }[] = [];

afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

async function started(port?: number): Promise<FakeResolver> {
  const resolver = await fakeResolver(port);
  open.push(resolver);
  return resolver;
}

/** A clock that goes on by itself and can be pushed ahead. */
function pushedClock(): Clock & { push(ms: number): void } {
  const real = systemClock();
  const ahead = { ms: 0 };
  return { nowMs: () => real.nowMs() + ahead.ms, push: (ms) => void (ahead.ms += ms) };
}

interface Given {
  readonly hosts?: readonly string[];
  readonly withTls?: readonly string[];
  readonly clock?: Clock;
}

function newClient(given: Given = {}) {
  const metrics = createMetrics({ withProcess: false });
  const log = recordedLog();
  const client = resolverClient({
    hosts: { withTls: given.withTls ?? [], withoutTls: given.hosts ?? ['127.0.0.1'] },
    tokens: [
      { name: 'wards', host: '127.0.0.1', token: 's3cret' },
      { name: 'theirs', host: 'elsewhere.example.org', token: 'of somebody else' },
      { name: 'theirs', host: '127.0.0.1:1', token: 'of another port' },
    ],
    authorities: null,
    answerBytesMax: 10_000,
    clock: given.clock ?? systemClock(),
    metrics: resolverMetrics(metrics),
    log,
    settings: BREAKER,
  });
  open.push(client);
  return { client, metrics, log };
}

function ruleOf(given: object): ExternalRule {
  const parsed = external.parseRule({ plaintext: true, ...given });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.rule;
}

function questionFor(given: object): ResolverQuestion {
  const side = {
    collection: NOTES,
    id: recordId('a'),
    version: 2,
    deleted: false,
    payload: encodeUtf8('{"n":2}'),
    device: null,
    number: null,
    user: null,
    time: null,
    schemaVersion: 3,
  };
  return {
    id: 'question 1',
    space: HOME,
    collection: NOTES,
    record: recordId('a'),
    kind: 'UPDATE_DELETE',
    base: null,
    stored: { ...side, deleted: true, payload: null },
    incoming: side,
    rule: ruleOf(given),
  };
}

test('a resolver is asked with everything that the contract says, and its answer is read', async () => {
  const resolver = await started();
  const { client } = newClient();
  const before = systemClock().nowMs();
  const rule = {
    endpoint: resolver.endpoint,
    settings: '{"ward":1.50}',
    deadlineMs: 5_000,
    tokenSecret: 'wards',
  };
  expect(await client.ask(questionFor(rule))).toEqual({
    kind: 'answered',
    answer: { take: 'incoming', why: 'So.' },
  });
  const [asked] = resolver.asked;
  expect(asked).toMatchObject({
    tenant: 'acme',
    space: 'home',
    collection: NOTES,
    id: 'a',
    base: undefined,
    stored: { deleted: true },
    incoming: { version: 2, schemaVersion: 3, payload: encodeUtf8('{"n":2}') },
    settings: encodeUtf8('{"ward":1.50}'),
    questionId: 'question 1',
  });
  expect(asked!.deadlineAtMs - before).toBeGreaterThanOrEqual(5_000);
  expect(resolver.tokens).toEqual(['Bearer s3cret']);
});

test.each<[NonNullable<ResolveResponse['decision']>, object]>([
  [{ $case: 'takeStored', takeStored: {} }, { take: 'stored' }],
  [{ $case: 'takeNeither', takeNeither: {} }, { take: 'neither' }],
  [{ $case: 'takeDelete', takeDelete: {} }, { take: 'delete' }],
  [
    { $case: 'takeMerged', takeMerged: { payload: encodeUtf8('{}'), askedFields: ['n', 'n'] } },
    { take: 'merged', payload: encodeUtf8('{}'), asked: ['n'] },
  ],
])('an answer is read: %j', async (decision, answer) => {
  const resolver = await started();
  resolver.reply = () => deciding(decision, ' Two\nlines. ');
  const asked = await newClient().client.ask(questionFor({ endpoint: resolver.endpoint }));
  expect(asked).toEqual({ kind: 'answered', answer: { ...answer, why: 'Two lines.' } });
});

test('a reason that nobody could read is cut, and one that is missing is put in', async () => {
  const resolver = await started();
  const { client } = newClient();
  const why = async (text: string) => {
    resolver.reply = () => deciding({ $case: 'takeStored', takeStored: {} }, text);
    const asked = await client.ask(questionFor({ endpoint: resolver.endpoint }));
    return asked.kind === 'answered' ? asked.answer.why : asked.kind;
  };
  expect(await why('🙂'.repeat(600))).toBe('🙂'.repeat(500));
  expect(await why('\u0000 ')).toBe("The tenant's resolver decided.");
});

test.each([
  ['it does not answer in time', () => null, 'did not answer within 60 ms', 'deadline'],
  [
    'it answers with an error',
    () => ({ code: status.INVALID_ARGUMENT }),
    'answered with the error INVALID_ARGUMENT',
    'failed',
  ],
  [
    'it decides nothing',
    () => ({ decision: undefined, why: '' }),
    'gave an answer that cannot be read',
    'unreadable',
  ],
  [
    'it answers in bytes of its own',
    () => new Uint8Array([1, 2, 3]),
    'gave an answer that cannot be read',
    'unreadable',
  ],
  [
    'it answers with more than is taken',
    () => deciding({ $case: 'takeMerged', takeMerged: { payload: new Uint8Array(20_000), askedFields: [] } }),
    'answered with the error RESOURCE_EXHAUSTED',
    'failed',
  ],
])('a failure is told and counted: %s', async (_what, reply, problem, result) => {
  const resolver = await started();
  resolver.reply = reply;
  const { client, metrics } = newClient();
  const asked = await client.ask(questionFor({ endpoint: resolver.endpoint, deadlineMs: 60 }));
  expect(asked).toEqual({ kind: 'failed', problem });
  expect(await metrics.text()).toContain(`syncline_merge_resolver_calls_total{result="${result}"} 1`);
});

test('one that cannot be reached is told at once, not only at the deadline', async () => {
  const resolver = await fakeResolver();
  resolver.close();
  const asked = await newClient().client.ask(
    questionFor({ endpoint: resolver.endpoint, deadlineMs: 30_000 }),
  );
  expect(asked).toEqual({ kind: 'failed', problem: 'cannot be reached' });
});

test('where TLS is asked for, a host is told nothing that does not speak it', async () => {
  const resolver = await started();
  const endpoint = resolver.endpoint.replace('127.0.0.1', 'localhost');
  const at = { endpoint, plaintext: false };
  const { client } = newClient({ withTls: ['localhost'] });
  expect(await client.ask(questionFor(at))).toEqual({ kind: 'failed', problem: 'cannot be reached' });
  expect(await newClient().client.ask(questionFor(at))).toMatchObject({
    problem: expect.stringContaining('SYNCLINE_RESOLVER_HOSTS') as string,
  });
  expect([resolver.asked, resolver.tokens]).toEqual([[], []]);
});

test('a host that is not allowed any more, and a token that there is not for it, are not tried', async () => {
  const resolver = await started();
  const { client, metrics } = newClient({ hosts: ['elsewhere'] });
  const asked = await client.ask(questionFor({ endpoint: resolver.endpoint }));
  expect(asked).toMatchObject({
    problem: expect.stringContaining('SYNCLINE_RESOLVER_PLAINTEXT_HOSTS') as string,
  });
  const other = newClient();
  for (const tokenSecret of ['unknown', 'theirs'])
    expect(await other.client.ask(questionFor({ endpoint: resolver.endpoint, tokenSecret }))).toEqual({
      kind: 'failed',
      problem: `has no token named ${tokenSecret} in this installation`,
    });
  expect(resolver.asked).toEqual([]);
  expect(await metrics.text()).toContain('syncline_merge_resolver_calls_total{result="not_allowed"} 1');
});

test('after failures in a row it is left alone for a while, and asked again when it has come back', async () => {
  const first = await fakeResolver();
  const port = Number(first.endpoint.split(':')[1]);
  const clock = pushedClock();
  const { client, log, metrics } = newClient({ clock });
  const ask = () => client.ask(questionFor({ endpoint: first.endpoint, deadlineMs: 5_000 }));
  first.close();
  expect([await ask(), await ask()]).toMatchObject([
    { problem: 'cannot be reached' },
    { problem: 'cannot be reached' },
  ]);
  expect(client.breakersOpen()).toBe(1);
  expect(await ask()).toMatchObject({
    problem: 'failed several times in a row, and is not asked for a while',
  });
  const again = await started(port);
  expect(await ask()).toMatchObject({ kind: 'failed' });
  expect(again.asked).toEqual([]);
  // The channel itself waits a moment before it connects anew.
  for (let tries = 0; again.asked.length === 0 && tries < 50; tries++) {
    clock.push(BREAKER.breakerPauseMs);
    await ask();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect([client.breakersOpen(), await ask()]).toMatchObject([0, { kind: 'answered' }]);
  expect(log.events.map(({ message }) => message)).toEqual(
    expect.arrayContaining(['a resolver fails, and is not asked for a while', 'a resolver answers again']),
  );
  expect(await metrics.text()).toContain('syncline_merge_resolver_calls_total{result="breaker_open"} 2');
});

test('one endpoint that fails does not keep others from being asked', async () => {
  const [bad, good] = [await started(), await started()];
  bad.reply = () => ({ code: status.INTERNAL });
  const { client } = newClient();
  for (let asked = 0; asked < 3; asked++) await client.ask(questionFor({ endpoint: bad.endpoint }));
  expect(bad.asked).toHaveLength(BREAKER.breakerFailures);
  expect(await client.ask(questionFor({ endpoint: good.endpoint }))).toMatchObject({ kind: 'answered' });
});

test('what is being asked when the service ends is left off, and that is nobody’s failure', async () => {
  const resolver = await started();
  const { client } = newClient();
  const asked = new Promise<void>((resolve) => {
    resolver.reply = () => {
      resolve();
      return null;
    };
  });
  const answer = client.ask(questionFor({ endpoint: resolver.endpoint, deadlineMs: 30_000 }));
  await asked;
  client.close();
  expect(await answer).toEqual({ kind: 'not-asked' });
  expect(await client.ask(questionFor({ endpoint: resolver.endpoint }))).toEqual({ kind: 'not-asked' });
});
