import { creates } from '@syncline/client-node';
import { type Scope, WHOLE_SPACE } from '@syncline/core';
import { systemClock, systemTimer } from '@syncline/memory';
import { type Office, openOffice } from './office';
import { type Member, newMember } from './pool';
import { rest } from './rest';
import { type Stack, startStack } from './stack';
import { sign } from './tokens';
import { openTraceReceiver, type SentSpan, type TraceReceiver } from './trace-receiver';

const START_MS_MAX = 180_000;
const SPANS_MS_MAX = 20_000;
const LOOK_MS = 50;
/** From one commit to the other traces in it. */
const LINKS_MAX = 8;

let receiver: TraceReceiver;
let stack: Stack;
let office: Office;
const members: Member[] = [];

beforeAll(async () => {
  receiver = await openTraceReceiver();
  stack = await startStack({
    counts: { gateway: 2, merge: 1, delta: 1 },
    env: { all: { SYNCLINE_OTLP_URL: receiver.url, SYNCLINE_TRACE_SAMPLED_PERCENT: '100' } },
  });
  office = openOffice(stack);
}, START_MS_MAX);

afterEach(() => {
  for (const member of members.splice(0)) member.end();
});

afterAll(async () => {
  await stack.close();
  await receiver.close();
}, START_MS_MAX);

jest.setTimeout(60_000);

async function join(
  space: string,
  name: string,
  gateway: string,
  scope: Scope = WHOLE_SPACE,
): Promise<Member> {
  const member = newMember(stack, `${name}-${space}`, {
    claims: { spaces: { [space]: 'owner' } },
    gateways: [gateway],
  });
  members.push(member);
  member.device().follow(space, { scope });
  member.device().goOnline();
  await rest([member], space);
  return member;
}

const holds = (member: Member, space: string, id: string): Promise<true> =>
  member.device().waitFor(id, () => member.device().get(space, 'notes', id) !== null);

const traceIdOf = (n: number): string => n.toString(16).padStart(32, 'a');
const traceOf = (n: number): string => `00-${traceIdOf(n)}-${'b'.repeat(16)}-01`;
const ofTrace = (n: number): SentSpan[] => receiver.spans.filter(({ trace }) => trace === traceIdOf(n));

interface ToldStatus {
  readonly announcedAtMs: number;
  readonly deliveries: readonly { readonly device: string; readonly deliveredAtMs: number }[];
}

/** Of the first change of a device, as anyone in the space is told. */
async function statusOf(space: string, device: string): Promise<ToldStatus> {
  const token = sign(stack.tokenSecret, systemClock(), { sub: 'ada', spaces: { [space]: 'owner' } });
  const question = { space, device, numbers: [1], caller: { device: 'desk' } };
  const { body } = await office.call('SyncService/Status', question, token);
  return (body as { readonly changes: readonly [ToldStatus] }).changes[0];
}

/** Spans are sent every few seconds. */
async function whenSent<Found>(find: () => Found | false | undefined): Promise<Found> {
  for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
    const found = find();
    if (found !== undefined && found !== false) return found;
    if (waitedMs > SPANS_MS_MAX) throw new Error(`not sent: ${receiver.spans.map(inWords).join('; ')}`);
    await new Promise<void>((resolve) => void systemTimer().after(LOOK_MS, resolve));
  }
}

const inWords = ({ service, name, facts }: SentSpan): string => `${service} ${name} ${JSON.stringify(facts)}`;

/** From the first span to the last ones, each under what it belongs to. */
function treeOf(spans: readonly SentSpan[], parent: string, depth = 0): string[] {
  return spans
    .filter((span) => span.parent === parent)
    .sort((left, right) => left.fromMs - right.fromMs || left.toMs - right.toMs)
    .flatMap((span) => [`${'  '.repeat(depth)}${span.name}`, ...treeOf(spans, span.id, depth + 1)]);
}

test('one trace leads from a change to every device that gets it', async () => {
  await office.createSpace('traced');
  const phone = await join('traced', 'phone', 'gateway-1');
  const laptop = await join('traced', 'laptop', 'gateway-2');
  phone.device().change('traced', creates('notes', 'secret-note', { title: 'milk' }, { trace: traceOf(1) }));
  await holds(laptop, 'traced', 'secret-note');
  const spans = await whenSent(() => {
    const sent = ofTrace(1);
    return sent.length >= 11 && sent;
  });
  expect(treeOf(spans, 'b'.repeat(16)).sort()).toEqual(
    [
      'gateway.push',
      '  merge.push',
      ...['wait', 'load', 'decide', 'commit', 'announce'].map((stage) => `    merge.${stage}`),
      ...['      gateway.announced', '        gateway.deliver'],
      ...['      gateway.announced', '        gateway.deliver'],
    ].sort(),
  );
  expect(spans.every(({ failure }) => failure === null)).toBe(true);

  const one = (name: string): SentSpan => spans.find((span) => span.name === name)!;
  const all = (name: string): SentSpan[] => spans.filter((span) => span.name === name);
  const order = [
    one('gateway.push').fromMs,
    one('merge.push').fromMs,
    ...['wait', 'load', 'decide', 'commit'].map((stage) => one(`merge.${stage}`).toMs),
    one('merge.announce').fromMs,
    Math.min(...all('gateway.announced').map(({ fromMs }) => fromMs)),
    Math.min(...all('gateway.deliver').map(({ toMs }) => toMs)),
  ];
  expect(order).toEqual([...order].sort((left, right) => left - right));
  for (const delivery of all('gateway.deliver')) {
    expect(delivery.facts).toMatchObject({
      how: 'live',
      session: expect.stringMatching(/^[0-9a-f]{8}$/) as string,
    });
    expect(delivery.toMs).toBeGreaterThanOrEqual(delivery.fromMs);
  }
  expect(one('gateway.push').facts).toMatchObject({ changes: 1 });
  expect(one('merge.push').facts).toMatchObject({ changes: 1, version: 1 });
  expect(new Set(spans.map(({ service }) => service))).toEqual(
    new Set(['syncline-gateway', 'syncline-merge']),
  );
  const status = await statusOf('traced', 'phone-traced');
  expect(status).toMatchObject({ traceId: traceIdOf(1), outcome: { version: 1 } });
  const { announcedAtMs, deliveries } = status;
  const [toLaptop] = deliveries.filter(({ device }) => device === 'laptop-traced');
  expect(announcedAtMs).toBeGreaterThanOrEqual(Math.floor(one('merge.commit').toMs));
  expect(toLaptop!.deliveredAtMs).toBeGreaterThanOrEqual(announcedAtMs);

  for (const named of ['traced', 'phone', 'laptop', 'secret-note', 'milk', 'ada'])
    expect(JSON.stringify(spans.map(({ facts }) => facts))).not.toContain(named);
});

test('the traces of pushes that share a commit are linked', async () => {
  await office.createSpace('shared');
  const crowd = await Promise.all(
    Array.from({ length: 12 }, (_, n) => join('shared', `d${n}`, `gateway-${1 + (n % 2)}`)),
  );
  crowd.forEach((member, n) =>
    member.device().change('shared', creates('notes', `n${n}`, { n }, { trace: traceOf(100 + n) })),
  );
  await Promise.all(crowd.map((member, n) => holds(member, 'shared', `n${(n + 1) % crowd.length}`)));
  const ids = new Set(crowd.map((_, n) => traceIdOf(100 + n)));
  const commit = await whenSent(() =>
    receiver.spans.find(
      ({ name, trace, links }) => name === 'merge.commit' && ids.has(trace) && links.length > 0,
    ),
  );
  const others = receiver.spans.filter(({ id }) => commit.links.includes(id));
  expect(others).toHaveLength(commit.links.length);
  expect(new Set(others.map(({ name }) => name))).toEqual(new Set(['merge.push']));
  expect(others.every(({ trace }) => ids.has(trace) && trace !== commit.trace)).toBe(true);
  expect(commit.links).toHaveLength(Math.min(LINKS_MAX, Number(commit.facts['pushes']) - 1));
});

test('a device that reads what it cannot be sent as it is gets it in the same trace', async () => {
  await office.createSpace('narrow');
  const phone = await join('narrow', 'phone', 'gateway-1');
  const reader = await join('narrow', 'reader', 'gateway-2', { ...WHOLE_SPACE, changedFromMs: 1 });
  phone.device().change('narrow', creates('notes', 'n', { list: 'shopping' }, { trace: traceOf(300) }));
  await holds(reader, 'narrow', 'n');
  const read = await whenSent(() => ofTrace(300).find(({ name }) => name === 'delta.read'));
  expect(read).toMatchObject({ service: 'syncline-delta', facts: { entries: 1, version: 1, more: false } });
  const delivery = await whenSent(() => ofTrace(300).find(({ id }) => id === read.parent));
  expect(delivery).toMatchObject({ name: 'gateway.deliver', facts: { how: 'read' } });
  expect(delivery.fromMs).toBeLessThanOrEqual(read.fromMs);
  expect(delivery.toMs).toBeGreaterThanOrEqual(Math.floor(read.toMs));
});

test('a device that asks for nothing is traced by chance', async () => {
  await office.createSpace('unasked');
  const phone = await join('unasked', 'phone', 'gateway-1');
  const known = new Set(receiver.spans.map(({ trace }) => trace));
  phone.device().change('unasked', creates('notes', 'n', { n: 1 }));
  await rest([phone], 'unasked');
  const begun = await whenSent(() =>
    receiver.spans.find(
      ({ name, parent, trace }) => name === 'gateway.push' && parent === '' && !known.has(trace),
    ),
  );
  const delivery = await whenSent(() =>
    receiver.spans.find(({ name, trace }) => name === 'gateway.deliver' && trace === begun.trace),
  );
  expect(delivery.failure).toBeNull();
  expect(await statusOf('unasked', 'phone-unasked')).toMatchObject({ traceId: begun.trace });
});

test('without a collector everything goes on', async () => {
  await receiver.close();
  await office.createSpace('unseen');
  const phone = await join('unseen', 'phone', 'gateway-1');
  const laptop = await join('unseen', 'laptop', 'gateway-2');
  const count = 200;
  for (let n = 0; n < count; n++) {
    phone.device().change('unseen', creates('notes', `n${n}`, { n }, { trace: traceOf(1_000 + n) }));
    if (n % 20 === 0) await rest([phone], 'unseen');
  }
  await holds(laptop, 'unseen', `n${count - 1}`);
  const told = await whenSent(() => stack.log().find((line) => line.includes('traces could not be sent')));
  expect(told).toContain('"level":"warn"');
});
