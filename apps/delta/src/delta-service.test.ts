import { type ClientDuplexStream, Metadata, ServerCredentials, type ServiceError } from '@grpc/grpc-js';
import { EMPTY_DIGEST, spaceId, WHOLE_SPACE } from '@syncline/core';
import { systemClock } from '@syncline/memory';
import { change, deviceOn, eventually, NOTES } from '@syncline/port-contracts';
import {
  CompareRangesRequest,
  CompareRangesResponse,
  DeltaServiceService,
  PlanRequest,
  PlanResponse,
  ReadRequest,
  ReadResponse,
} from '@syncline/proto/internal';
import { addressText, channelCredentials, grpcChannel, grpcServer, readiness } from '@syncline/service-kit';
import { silentLog } from '@syncline/telemetry';
import {
  comparedFromProto,
  compareCallToProto,
  decode,
  encode,
  planCallToProto,
  plannedFromProto,
  readCallToProto,
  statusFromBytes,
  statusToRefusal,
} from '@syncline/wire';
import { deltaService, type DeltaServiceDeps } from './delta-service';
import { BEHALF, cursorAt, cursorFrom, deltaWorld, HOME, KEYS, READER } from './delta.test-fixtures';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Stream = ClientDuplexStream<Uint8Array, Uint8Array>;

async function channelTo(delta: DeltaServiceDeps['delta']) {
  const ready = readiness({ parts: [] });
  const server = grpcServer({
    address: { host: '127.0.0.1', port: 0 },
    credentials: ServerCredentials.createInsecure(),
    services: [deltaService({ delta, keys: KEYS, log: silentLog })],
    readiness: ready,
    log: silentLog,
    limits: { drainWithinMs: 200 },
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
  const open = (request: Uint8Array): Stream => {
    const stream = channel.stream(DeltaServiceService.read.path);
    stream.end(request);
    return stream;
  };
  return { channel, open };
}

const readRequest = (cursor = cursorFrom(0), bytesMax: number | null = null) =>
  encode(
    ReadRequest,
    readCallToProto(
      { space: HOME, reader: READER, cursor, bytesMax, knownHead: null, traceparent: '' },
      KEYS,
    ),
  );

/** The parts by their kind, and how it ended. */
async function partsOf(stream: Stream) {
  const parts: string[] = [];
  const end = new Promise<string>((resolve) => {
    stream.on('data', (bytes: Uint8Array) => {
      const part = decode(ReadResponse, bytes);
      parts.push(part.ok ? part.value.part!.$case : 'unreadable');
    });
    stream.on('end', () => resolve('end'));
    stream.on('error', (error: ServiceError) => resolve(reasonOf(error)));
  });
  return { ended: await end, parts };
}

function reasonOf(error: unknown): string {
  const { code, details, metadata } = error as ServiceError;
  const [bytes] = (metadata ?? new Metadata()).get('grpc-status-details-bin');
  return statusToRefusal(statusFromBytes(bytes as Buffer, code, details)).reason;
}

async function spaceOf(count: number, bytes: number) {
  const world = await deltaWorld({ limits: { pageRecordsMax: 10 } });
  const { push } = deviceOn(world.store, HOME, 'd');
  await push(...Array.from({ length: count }, (_, n) => change.create(`r${n}`, new Uint8Array(bytes))));
  return { ...world, ...(await channelTo(world.delta)) };
}

test('pages come one after the other, and a checkpoint ends them', async () => {
  const { open } = await spaceOf(25, 10);
  expect(await partsOf(open(readRequest()))).toEqual({
    ended: 'end',
    parts: ['page', 'page', 'page', 'checkpoint'],
  });
});

test('whoever asks for so many bytes gets no further page, and no checkpoint where there is more', async () => {
  const { open } = await spaceOf(25, 10);
  expect(await partsOf(open(readRequest(cursorFrom(0), 1)))).toEqual({ ended: 'end', parts: ['page'] });
  expect(await partsOf(open(readRequest({ ...cursorFrom(0), position: 20 }, 1)))).toEqual({
    ended: 'end',
    parts: ['page', 'checkpoint'],
  });
});

test('what cannot be read is refused with its reason, and so is what cannot be continued', async () => {
  const { open, store } = await spaceOf(1, 1);
  const request = readCallToProto(
    { space: HOME, reader: READER, cursor: cursorFrom(0), bytesMax: null, knownHead: null, traceparent: '' },
    KEYS,
  );
  const forged = encode(ReadRequest, { ...request, cursor: request.cursor.with(3, request.cursor[3]! ^ 1) });
  expect((await partsOf(open(new Uint8Array([255])))).ended).toBe('INVALID_ARGUMENT');
  expect((await partsOf(open(forged))).ended).toBe('INVALID_CURSOR');
  await store.newEpoch(HOME);
  expect((await partsOf(open(readRequest(cursorAt(1))))).ended).toBe('EPOCH_CHANGED');
});

test('nothing is read ahead of a gateway that does not take it, and nothing more for one that has gone', async () => {
  const { delta } = await deltaWorld();
  const reads = { count: 0, gone: null as AbortSignal | null };
  const endless: typeof delta.read = async (space, reader, cursor, gone) => {
    reads.count++;
    reads.gone = gone ?? null;
    const record = { collection: NOTES, id: 'r', version: reads.count, payload: new Uint8Array(200_000) };
    const from = { user: 'u', device: 'd', number: 1, time: 0, schemaVersion: 0, resurrected: false };
    const entries = [{ kind: 'put', record: { ...record, ...from } }] as never;
    return {
      ok: true,
      value: { page: { entries, cursor: { ...cursor, position: reads.count } }, checkpoint: null },
    };
  };
  const { open } = await channelTo({ ...delta, read: endless });
  const stream = open(readRequest());
  const closed = new Promise((resolve) => stream.on('error', resolve));
  stream.once('readable', () => undefined);
  await eventually(() => expect(reads.count).toBeGreaterThan(0));
  const settled = { count: -1 };
  await eventually(async () => {
    const before = reads.count;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(reads.count).toBe(before);
    settled.count = before;
  });
  expect(settled.count).toBeLessThan(100);
  stream.cancel();
  await closed;
  await eventually(() => expect(reads.gone?.aborted).toBe(true));
  expect(reads.count).toBeLessThanOrEqual(settled.count + 1);
});

test('plans and comparisons are answered, and refused with their reason', async () => {
  const { channel } = await spaceOf(3, 10);
  const subscribe = {
    kind: 'subscribe',
    space: spaceId('home'),
    scope: WHOLE_SPACE,
    cursor: null,
    mode: 'check-only',
    digests: new Map(),
    pending: [],
    tag: 0,
  } as const;
  const { plan, compareRanges } = DeltaServiceService;
  const ask = encode(PlanRequest, planCallToProto({ onBehalf: BEHALF, subscribe }));
  const planned = decode(PlanResponse, await channel.unary(plan.path, ask));
  expect(planned.ok && plannedFromProto(planned.value)).toMatchObject({ value: { downloadRecords: 3 } });
  const ranges = [{ collection: NOTES, fromId: '', toId: null, digest: EMPTY_DIGEST }];
  const compare = encode(CompareRangesRequest, compareCallToProto({ onBehalf: BEHALF, ranges }));
  const compared = decode(CompareRangesResponse, await channel.unary(compareRanges.path, compare));
  expect(compared.ok && comparedFromProto(compared.value)).toMatchObject({ value: { head: 3 } });

  const forged = encode(
    PlanRequest,
    planCallToProto({ onBehalf: BEHALF, subscribe: { ...subscribe, cursor: new Uint8Array(9) } }),
  );
  expect(await channel.unary(plan.path, forged).catch(reasonOf)).toBe('INVALID_CURSOR');
  expect(await channel.unary(plan.path, new Uint8Array([9])).catch(reasonOf)).toBe('INVALID_ARGUMENT');
  const tooMany = Array<(typeof ranges)[0]>(65).fill(ranges[0]!);
  const most = encode(CompareRangesRequest, compareCallToProto({ onBehalf: BEHALF, ranges: tooMany }));
  expect(await channel.unary(compareRanges.path, most).catch(reasonOf)).toBe('INVALID_ARGUMENT');
});
