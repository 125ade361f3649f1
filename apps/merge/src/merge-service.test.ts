import { ServerCredentials } from '@grpc/grpc-js';
import type { SpacePush } from '@syncline/flows';
import { systemClock } from '@syncline/memory';
import { change, eventually, gate, pushOf } from '@syncline/port-contracts';
import { MergeRequest, MergeResponse, MergeServiceService } from '@syncline/proto/internal';
import { addressText, channelCredentials, grpcChannel, grpcServer, readiness } from '@syncline/service-kit';
import { silentLog } from '@syncline/telemetry';
import {
  decode,
  encode,
  type MergeAnswer,
  mergeAnswerFromProto,
  type MergeCall,
  mergeCallToProto,
} from '@syncline/wire';
import { creating, HOME, mergeWorld, saidOf } from './merge.test-fixtures';
import { mergeService, type MergeServiceDeps } from './merge-service';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function served(merge: MergeServiceDeps['merge'], settings: MergeServiceDeps['settings'] = {}) {
  const service = mergeService({ merge, clock: systemClock(), log: silentLog, settings });
  const ready = readiness({ parts: [] });
  const server = grpcServer({
    address: { host: '127.0.0.1', port: 0 },
    credentials: ServerCredentials.createInsecure(),
    services: [service],
    readiness: ready,
    log: silentLog,
    limits: { drainWithinMs: 3_000 },
    onDrain: () => service.drain(),
  });
  const address = await server.start();
  const channel = grpcChannel({
    target: addressText(address),
    clock: systemClock(),
    credentials: channelCredentials(null),
  });
  closers.push(
    () => ready.close(),
    () => server.close(),
    () => channel.close(),
  );
  const stream = channel.stream(MergeServiceService.merge.path);
  const answers = new Map<number, MergeAnswer>();
  const events: string[] = [];
  stream.on('data', (bytes: Uint8Array) => {
    const response = decode(MergeResponse, bytes);
    const answer = response.ok ? mergeAnswerFromProto(response.value) : response;
    if (answer.ok) answers.set(answer.value.correlation, answer.value);
    else events.push('unreadable');
  });
  stream.on('end', () => events.push('end'));
  stream.on('error', (error) => events.push(error.message));
  const sent = { count: 0 };
  return {
    server,
    stream,
    answers,
    events,
    /** Sends a push and resolves with its answer. */
    push: (push: SpacePush, terms: Partial<MergeCall> = {}): Promise<MergeAnswer> => {
      const correlation = ++sent.count;
      const call = {
        correlation,
        ...push,
        receivedAtMs: 0,
        deadlineAtMs: null,
        critical: false,
        traceparent: '',
        ...terms,
      };
      stream.write(encode(MergeRequest, mergeCallToProto(call)));
      return eventually(() => {
        const answer = answers.get(correlation);
        if (answer === undefined) throw new Error(`no answer to ${correlation}`);
        return answer;
      });
    },
  };
}

test('answers each push with its outcomes, the head, and what waits', async () => {
  const { merge } = await mergeWorld();
  const { push } = await served(merge);
  const [left, right] = await Promise.all([push(creating('d', 1, 'a', 'b')), push(creating('x', 1, 'c'))]);
  expect([left, right].map(({ result }) => saidOf(result))).toEqual(['APPLIED APPLIED', 'APPLIED']);
  expect(right).toMatchObject({ head: 3, waiting: 0 });
  expect(left.commitMs).toBeGreaterThanOrEqual(0);
});

test('answers come as they are ready, in any order', async () => {
  const slow = gate();
  const decided = { result: { kind: 'outcomes' as const, outcomes: [] }, head: 1, commitMs: 1 };
  const decide = async ({ push }: SpacePush) => {
    if (push.device === 'slow') await slow.opened;
    return decided;
  };
  const { push, answers } = await served({ decide, waiting: () => 7 });
  const first = push(creating('slow', 1, 'a'));
  expect(await push(creating('quick', 1, 'a'))).toMatchObject({ correlation: 2, waiting: 7 });
  expect([...answers.keys()]).toEqual([2]);
  slow.open();
  expect(await first).toMatchObject({ correlation: 1 });
});

test('what cannot be read is refused under its correlation, and the stream goes on', async () => {
  const { merge } = await mergeWorld();
  const { push, stream, answers, events } = await served(merge);
  const call = {
    correlation: 77,
    ...creating('d', 1, 'a'),
    receivedAtMs: 0,
    deadlineAtMs: null,
    critical: false,
    traceparent: '',
  };
  const good = mergeCallToProto(call);
  stream.write(encode(MergeRequest, { ...good, identity: undefined }));
  stream.write(encode(MergeRequest, { ...good, correlation: 78, push: new Uint8Array([1, 2, 3]) }));
  stream.write(new Uint8Array([255, 255]));
  await eventually(() => expect([...answers.keys()].sort()).toEqual([0, 77, 78]));
  expect(answers.get(77)?.result).toMatchObject({ kind: 'refused', refusal: { reason: 'INVALID_ARGUMENT' } });
  expect(answers.get(78)?.result).toMatchObject({ refusal: { reason: 'INVALID_ARGUMENT' } });
  expect(saidOf((await push(creating('d', 1, 'a'))).result)).toBe('APPLIED');
  expect(events).toEqual([]);
});

test('the patience of the gateway counts from the arrival, whatever its clock says', async () => {
  const asked: unknown[] = [];
  const nowMs = systemClock().nowMs();
  const merge = await mergeWorld();
  const decide = jest.spyOn(merge.merge, 'decide');
  const { push } = await served(merge.merge);
  await push(creating('d', 1, 'a'), { receivedAtMs: 1_000, deadlineAtMs: 61_000, critical: true });
  await push(creating('d', 2, 'b'));
  asked.push(...decide.mock.calls.map(([, terms]) => terms));
  expect(asked).toEqual([
    { deadlineAtMs: expect.any(Number) as number, critical: true, traceparent: '' },
    { deadlineAtMs: null, critical: false, traceparent: '' },
  ]);
  const { deadlineAtMs } = asked[0] as { deadlineAtMs: number };
  expect(deadlineAtMs).toBeGreaterThanOrEqual(nowMs + 60_000);
});

test('nothing more is read while too much is unanswered', async () => {
  const shut = gate();
  const seen: string[] = [];
  const { merge } = await mergeWorld();
  const decide: typeof merge.decide = async (push) => {
    seen.push(push.push.device);
    await shut.opened;
    return merge.decide(push);
  };
  const { push } = await served({ decide, waiting: () => 0 }, { unansweredBytesMax: 30_000 });
  const large = (device: string) => ({
    space: HOME,
    push: pushOf(device, [change.create(device, new Uint8Array(20_000))]),
  });
  const pushes = ['a', 'b', 'c', 'd', 'e'].map((device) => push(large(device)));
  await eventually(() => expect(seen.length).toBeGreaterThanOrEqual(2));
  // One that was on its way already may still come.
  expect(seen.length).toBeLessThanOrEqual(3);
  shut.open();
  expect((await Promise.all(pushes)).map(({ result }) => saidOf(result))).toEqual(Array(5).fill('APPLIED'));
});

test('an answer that the gateway could not receive tells the device to send less at once', async () => {
  const { merge } = await mergeWorld();
  const { push } = await served(merge, { answerBytesMax: 3_000 });
  const large = (value: number) =>
    ['a', 'b'].map((id) => change.create(id, { value, pad: 'x'.repeat(2_000) }, { atMs: -value }));
  await push({ space: HOME, push: pushOf('x', large(0)) });
  expect((await push({ space: HOME, push: pushOf('d', large(1)) })).result).toMatchObject({
    refusal: { reason: 'PUSH_TOO_LARGE' },
  });
  const [first] = large(1);
  const again = await push({ space: HOME, push: pushOf('d', [first!]) });
  expect(again.result).toMatchObject({
    outcomes: [{ number: 1, status: 'LOST', repeated: true, record: { id: 'a' } }],
  });
});

test('a draining instance answers what it took, takes no more, and ends its streams', async () => {
  const { merge, store } = await mergeWorld();
  store.hold();
  const { push, server, stream, events, answers } = await served(merge);
  const taken = push(creating('d', 1, 'a'));
  await eventually(() => expect(store.begun).toHaveLength(1));
  const closed = server.close();
  stream.write(
    encode(
      MergeRequest,
      mergeCallToProto({
        correlation: 9,
        ...creating('x', 1, 'b'),
        receivedAtMs: 0,
        deadlineAtMs: null,
        critical: false,
        traceparent: '',
      }),
    ),
  );
  store.letThrough();
  expect(saidOf((await taken).result)).toBe('APPLIED');
  await closed;
  await eventually(() => expect(events).toEqual(['end']));
  expect([...answers.keys()]).toEqual([1]);
});

test('a gateway that has gone leaves its pushes to be committed all the same', async () => {
  const { merge, store } = await mergeWorld();
  store.hold();
  const { stream, events } = await served(merge);
  const call = {
    correlation: 1,
    ...creating('d', 1, 'a'),
    receivedAtMs: 0,
    deadlineAtMs: null,
    critical: false,
    traceparent: '',
  };
  stream.write(encode(MergeRequest, mergeCallToProto(call)));
  await eventually(() => expect(store.begun).toHaveLength(1));
  stream.cancel();
  await eventually(() => expect(events.length).toBeGreaterThan(0));
  store.letThrough();
  await eventually(async () => expect(await store.state(HOME)).toMatchObject({ head: 1 }));
});
