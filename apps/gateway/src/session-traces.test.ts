import { type Announcement, nameHash, type PageMessage, refused, WHOLE_SPACE } from '@syncline/core';
import { eventually } from '@syncline/port-contracts';
import { DeviceMessage as ProtoMessage } from '@syncline/proto';
import { recordedTraces, type RecordedTraces } from '@syncline/telemetry';
import { deviceMessageToProto, encode } from '@syncline/wire';
import type { Backends } from './backends';
import {
  create,
  HOME,
  HOME_KEY,
  HELLO,
  pushOf,
  subscribeTo,
  type TestDevice,
  type TestGateway,
  type TestWorld,
  testWorld,
} from './gateway.test-fixtures';

const asked = (n: number) => `00-${String(n).repeat(32)}-${String(n).repeat(16)}-01`;
const idOf = (n: number) => String(n).repeat(32);

let world: TestWorld;
afterEach(() => world.close());

interface Traced {
  readonly traces: RecordedTraces;
  readonly device: (name: string) => TestDevice;
  readonly metric: TestGateway['metric'];
  /** What merge and delta were asked to go on from. */
  readonly asked: string[];
}

/** Its announcements carry the trace that its push was asked to go on from. */
async function tracedGateway(backends: Partial<Backends> = {}): Promise<Traced> {
  world = await testWorld();
  const traces = recordedTraces();
  const goneOn: string[] = [];
  const gateway = await world.gateway({
    traces,
    announcements: {
      publish: (space, announcement) => world.announcements.publish(space, announcement),
      listen: (space, listener) =>
        world.announcements.listen(space, (announcement: Announcement) =>
          listener({ ...announcement, traces: goneOn.filter((each) => each !== '').slice(0, 1) }),
        ),
    },
    backends: {
      ...world.backends,
      push(push) {
        goneOn.push(push.traceparent ?? '');
        return world.backends.push(push);
      },
      read(...given) {
        goneOn.push(given[5] ?? '');
        return world.backends.read(...given);
      },
      ...backends,
    },
  });
  return {
    traces,
    device: (name) => gateway.device(name),
    metric: (line) => gateway.metric(line),
    asked: goneOn,
  };
}

function tracedPush(device: TestDevice, traceparent: string, ...numbers: number[]): void {
  const { message } = deviceMessageToProto(pushOf(numbers.map((number) => create(number))));
  if (message?.$case !== 'push') throw new TypeError('a push is a push');
  const traced = { $case: 'push', push: { ...message.push, traceparent } } as const;
  device.sendBytes(encode(ProtoMessage, { message: traced }));
}

/** What such a scope shows is read, never sent as it was announced. */
const MOVABLE = { scope: { ...WHOLE_SPACE, changedFromMs: 1 } };

const pagesOf = ({ heard }: TestDevice): PageMessage[] =>
  heard.filter((message): message is PageMessage => message.kind === 'page');

const ended = (traces: RecordedTraces, name: string, count: number) =>
  eventually(() => {
    const spans = traces.named(name);
    expect(spans.map((span) => span.ended)).toEqual(Array(count).fill(true));
    return spans;
  });

test('a push goes on from the trace that it names, and its announcement to each session', async () => {
  const { traces, device, asked: goneOn } = await tracedGateway();
  const [writer, watcher, uploader] = [device('writer'), device('watcher'), device('uploader')];
  await writer.follow();
  await watcher.follow();
  uploader.hello();
  uploader.send(subscribeTo(HOME, { mode: 'upload-only' }));
  await uploader.next('subscribed');
  goneOn.length = 0;
  tracedPush(writer, asked(1), 1, 2);
  await writer.next('outcomes');
  const [push] = await ended(traces, 'gateway.push', 1);
  expect(push).toMatchObject({ parent: asked(1), failure: null, begun: { kind: 'server' } });
  expect(push!.facts).toMatchObject({ space: nameHash(HOME_KEY), changes: 2 });
  expect(goneOn).toEqual([push!.traceparent]);
  const [announced] = await ended(traces, 'gateway.announced', 1);
  expect(announced).toMatchObject({ parent: push!.traceparent, facts: { version: 2, sessions: 3 } });
  const deliveries = await ended(traces, 'gateway.deliver', 2);
  expect(deliveries.map(({ parent, facts }) => [parent, facts['how']])).toEqual(
    Array(2).fill([announced!.traceparent, 'live']),
  );
  expect(new Set(deliveries.map(({ facts }) => facts['session'])).size).toBe(2);
});

test('the trace of a session is that of its pushes, and its call may name one as well', async () => {
  const { traces, device } = await tracedGateway();
  const writer = device('writer');
  const { message } = deviceMessageToProto({ ...HELLO });
  if (message?.$case !== 'hello') throw new TypeError('a hello is a hello');
  const hello = { ...message.hello, traceparent: asked(2) };
  writer.sendBytes(encode(ProtoMessage, { message: { $case: 'hello', hello } }));
  await writer.next('welcome');
  writer.send(subscribeTo());
  await writer.next('checkpoint');
  writer.send(pushOf([create(1)]));
  await writer.next('outcomes');
  writer.send(pushOf([create(2, 'x', { trace: asked(3) })]));
  await writer.next('outcomes');
  expect(traces.named('gateway.push').map(({ parent }) => parent)).toEqual([asked(2), asked(3)]);
});

test('a refused push fails with its reason, and the refusal names its trace', async () => {
  const { traces, device } = await tracedGateway();
  const writer = device('writer');
  await writer.follow();
  tracedPush(writer, asked(4), 7);
  const { refusal } = await writer.next('refusal');
  expect(refusal).toMatchObject({ reason: 'CHANGE_NUMBER_GAP', trace: idOf(4) });
  expect(traces.named('gateway.push')).toMatchObject([{ failure: 'CHANGE_NUMBER_GAP', ended: true }]);
});

test('a fault behind a push ends its span, and the device is told under which trace', async () => {
  const broken = () => Promise.reject(new Error('broken'));
  const { traces, device, metric } = await tracedGateway({ push: broken });
  const writer = device('writer');
  await writer.follow();
  tracedPush(writer, asked(5), 1);
  expect((await writer.next('refusal')).refusal).toMatchObject({ reason: 'INTERNAL', trace: idOf(5) });
  expect(traces.named('gateway.push')).toMatchObject([{ failure: 'INTERNAL', ended: true }]);
  expect(await metric('pushes_total{result="failed"}')).toBe(1);
});

test('who cannot be sent it as it is reads it in the same trace', async () => {
  const { traces, device, asked: goneOn } = await tracedGateway();
  const writer = device('writer');
  await writer.follow();
  const narrow = device('narrow');
  await narrow.follow(HOME, MOVABLE);
  goneOn.length = 0;
  tracedPush(writer, asked(6), 1);
  await eventually(() => expect(pagesOf(narrow)).toHaveLength(1));
  const deliveries = await ended(traces, 'gateway.deliver', 2);
  const read = deliveries.find(({ facts }) => facts['how'] === 'read')!;
  expect(read.parent).toBe(traces.named('gateway.announced')[0]!.traceparent);
  expect(goneOn).toEqual([traces.named('gateway.push')[0]!.traceparent, read.traceparent]);
});

test.each<[string, Backends['read'], string]>([
  ['is refused', () => Promise.resolve(refused('UNAVAILABLE', { retryAfterMs: 5_000 })), 'UNAVAILABLE'],
  ['fails', () => Promise.reject(new Error('broken')), 'INTERNAL'],
])('where a read %s, its delivery says so', async (_, read, failure) => {
  let mayRead = true;
  const { traces, device } = await tracedGateway({
    read: (...given) => (mayRead ? world.backends.read(...given) : read(...given)),
  });
  const writer = device('writer');
  await writer.follow();
  const narrow = device('narrow');
  await narrow.follow(HOME, MOVABLE);
  mayRead = false;
  tracedPush(writer, asked(7), 1);
  await eventually(() => expect(traces.named('gateway.deliver')).toHaveLength(2));
  await eventually(() =>
    expect(traces.named('gateway.deliver')).toContainEqual(expect.objectContaining({ failure, ended: true })),
  );
});

test('an announcement to a crowd is told of in some of its deliveries only', async () => {
  const { traces, device } = await tracedGateway();
  const watchers = Array.from({ length: 70 }, (_, n) => device(`w${n}`));
  await Promise.all(watchers.map((watcher) => watcher.follow()));
  tracedPush(watchers[0]!, asked(8), 1);
  await Promise.all(watchers.map((watcher) => eventually(() => expect(pagesOf(watcher)).toHaveLength(1))));
  expect((await ended(traces, 'gateway.announced', 1))[0]!.facts).toMatchObject({ sessions: 70 });
  await ended(traces, 'gateway.deliver', 64);
});
