import { createServer } from 'node:net';
import { Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import {
  CORE_POLICIES,
  DEFAULT_LIMITS,
  policyRegistry,
  type PushResult,
  refusal,
  spaceId,
  type SpaceKey,
  WHOLE_SPACE,
  startCursor,
  scopeHash,
  deviceId,
  EMPTY_DIGEST,
} from '@syncline/core';
import { createDelta, type Delta, deltaMetrics, deltaService } from '@syncline/delta';
import type { SpacePush } from '@syncline/flows';
import {
  hmacCursorKeys,
  memoryAnnouncements,
  memoryStore,
  systemChance,
  systemClock,
  systemTimer,
} from '@syncline/memory';
import { createMerge, type Merge, mergeMetrics, mergeService } from '@syncline/merge';
import {
  change,
  deviceOn,
  eventually,
  gate,
  NOTES,
  OWNER,
  pushOf,
  wholeSpace,
} from '@syncline/port-contracts';
import {
  addressText,
  channelCredentials,
  type GrpcLimits,
  grpcServer,
  type GrpcService,
  readiness,
} from '@syncline/service-kit';
import { createMetrics, noTraces, silentLog } from '@syncline/telemetry';
import { withEntries } from '../page-entries';
import type { Lookup } from './addresses';
import { remoteBackends } from './remote-backends';
import type { RemoteSettings } from './remote-settings';

const KEYS = hmacCursorKeys([{ id: 1, secret: new Uint8Array(16) }]);
const WORLD = { clock: systemClock(), timer: systemTimer(), chance: systemChance() };
const RETRY_MS = 400;
const HOME = 'acme/home' as SpaceKey;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** The loopback range has many addresses; all instances of a service have one port. */
async function freePort(): Promise<number> {
  const probe = createServer();
  const port = await new Promise<number>((resolve) => {
    probe.listen(0, '127.0.0.1', () => resolve((probe.address() as { port: number }).port));
  });
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function serve(
  host: string,
  port: number,
  service: GrpcService,
  drain = () => undefined as void,
  limits: Partial<GrpcLimits> = {},
) {
  const ready = readiness({ parts: [] });
  const server = grpcServer({
    address: { host, port },
    credentials: ServerCredentials.createInsecure(),
    services: [service],
    readiness: ready,
    log: silentLog,
    limits: { drainWithinMs: 5_000, ...limits },
    onDrain: drain,
  });
  await server.start();
  const ended = { done: false };
  const instance = {
    host,
    address: addressText({ host, port }),
    /** In order, as for SIGTERM. */
    close: async () => {
      if (ended.done) return;
      ended.done = true;
      ready.close();
      await server.close();
    },
  };
  closers.push(instance.close);
  return instance;
}

function mergeOn(store: ReturnType<typeof memoryStore>): Merge {
  return createMerge({
    ...WORLD,
    store,
    announcements: memoryAnnouncements(),
    policies: policyRegistry(Object.values(CORE_POLICIES)),
    limits: DEFAULT_LIMITS,
    metrics: mergeMetrics(createMetrics({ withProcess: false })),
    traces: noTraces,
    log: silentLog,
  });
}

async function serveMerge(host: string, port: number, merge: Pick<Merge, 'decide' | 'waiting'>) {
  const service = mergeService({ merge, clock: WORLD.clock, log: silentLog });
  return serve(host, port, service, () => service.drain());
}

/** One that dies without a word, as by kill -9. */
async function killable(
  host: string,
  port: number,
  merge: Pick<Merge, 'decide' | 'waiting'>,
): Promise<Server> {
  const server = new Server();
  const { methods, handlers } = mergeService({ merge, clock: WORLD.clock, log: silentLog });
  server.addService(methods, handlers);
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(addressText({ host, port }), ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  closers.push(() => server.forceShutdown());
  return server;
}

/** A name that stands for what a test says. */
function name(hosts: string[] = []) {
  const lookup: Lookup = async () => {
    if (hosts.length === 0) throw new Error('no such name');
    return hosts.map((address) => ({ address, family: 4 }));
  };
  return { hosts, lookup };
}

function backendsAt(
  port: number,
  lookup: Lookup,
  settings: Partial<RemoteSettings> = {},
  deltaTarget = 'ipv4:127.0.0.1:1',
) {
  const backends = remoteBackends({
    ...WORLD,
    mergeTarget: `dns:///merge:${port}`,
    deltaTarget,
    credentials: channelCredentials(null),
    lookup,
    keys: KEYS,
    log: silentLog,
    settings: {
      resolveEveryMs: 50,
      reconnectMsMin: 10,
      reconnectMsMax: 50,
      retryAfterMs: RETRY_MS,
      ...settings,
    },
  });
  closers.push(() => backends.close());
  return backends;
}

const creating = (device: string, first: number, id: string, space = HOME): SpacePush => ({
  space,
  push: pushOf(device, [change.create(id, { id })], { first }),
});

const saidOf = (result: PushResult) =>
  result.kind === 'outcomes' ? result.outcomes.map(({ status }) => status).join(' ') : result.refusal.reason;

const answered: Merge['decide'] = async () => ({
  result: { kind: 'outcomes', outcomes: [] },
  head: 1,
  commitMs: 0,
});

describe('pushing', () => {
  test('reaches the instance that every gateway chooses for the space, and brings back its outcomes', async () => {
    const port = await freePort();
    const seen = new Map<string, Set<string>>();
    for (const host of ['127.0.0.2', '127.0.0.3', '127.0.0.4']) {
      const decide: Merge['decide'] = async (push) => {
        seen.set(push.space, (seen.get(push.space) ?? new Set()).add(host));
        return answered(push);
      };
      await serveMerge(host, port, { decide, waiting: () => 0 });
    }
    const { lookup } = name(['127.0.0.4', '127.0.0.2', '127.0.0.3']);
    const gateways = [backendsAt(port, lookup), backendsAt(port, lookup)];
    const spaces = Array.from({ length: 30 }, (_, n) => `acme/s${n}` as SpaceKey);
    const pushes = gateways.flatMap((gateway) =>
      spaces.map((space) => gateway.push(creating('d', 1, 'a', space))),
    );
    expect((await Promise.all(pushes)).every(({ kind }) => kind === 'outcomes')).toBe(true);
    expect([...seen.values()].map((hosts) => hosts.size)).toEqual(Array(30).fill(1));
    expect(new Set([...seen.values()].flatMap((hosts) => [...hosts])).size).toBe(3);
  });

  test('a refusal comes through unchanged', async () => {
    const port = await freePort();
    const told = refusal('CHANGE_NUMBER_GAP', {
      message: 'In words.',
      facts: { expected: '4' },
      retryAfterMs: 77,
    });
    const decide: Merge['decide'] = async () => ({
      result: { kind: 'refused', refusal: told },
      head: 0,
      commitMs: 0,
    });
    await serveMerge('127.0.0.2', port, { decide, waiting: () => 0 });
    const { push } = backendsAt(port, name(['127.0.0.2']).lookup);
    expect(await push(creating('d', 1, 'a'))).toEqual({ kind: 'refused', refusal: told });
  });

  test('without any instance, or without a name, a push is refused with the time to come back', async () => {
    const port = await freePort();
    const hosts = name();
    const { push } = backendsAt(port, hosts.lookup, { deadlineMs: 2_000 });
    const refused = {
      kind: 'refused',
      refusal: { reason: 'UNAVAILABLE', retryAfterMs: RETRY_MS, facts: {} },
    };
    expect(await push(creating('d', 1, 'a'))).toMatchObject(refused);
    hosts.hosts.push('127.0.0.2');
    const [result] = await Promise.all([
      eventually(async () => {
        const tried = await push(creating('d', 1, 'a'));
        expect(tried).toMatchObject(refused);
        return tried;
      }),
    ]);
    expect(JSON.stringify(result)).not.toContain('127.0.0');
    await serveMerge('127.0.0.2', port, { decide: answered, waiting: () => 0 });
    await eventually(async () => expect((await push(creating('d', 1, 'a'))).kind).toBe('outcomes'));
  });

  test('an instance that does not answer in time is waited for no longer', async () => {
    const port = await freePort();
    const shut = gate();
    const decide: Merge['decide'] = async (push) => {
      if (push.push.device === 'slow') await shut.opened;
      return answered(push);
    };
    await serveMerge('127.0.0.2', port, { decide, waiting: () => 0 });
    const { push } = backendsAt(port, name(['127.0.0.2']).lookup, { deadlineMs: 300 });
    expect(await push(creating('slow', 1, 'a'))).toMatchObject({
      refusal: { reason: 'DEADLINE_EXCEEDED', retryAfterMs: RETRY_MS },
    });
    expect((await push(creating('quick', 1, 'a'))).kind).toBe('outcomes');
    shut.open();
  });

  test('beyond as many unanswered bytes as may be, a push is refused', async () => {
    const port = await freePort();
    const shut = gate();
    const decide: Merge['decide'] = async (push) => {
      await shut.opened;
      return answered(push);
    };
    await serveMerge('127.0.0.2', port, { decide, waiting: () => 0 });
    const { push } = backendsAt(port, name(['127.0.0.2']).lookup, { unansweredBytesMax: 500 });
    const pushes = Array.from({ length: 10 }, (_, n) => push(creating(`d${n}`, 1, 'a')));
    const refused = await Promise.race(pushes);
    expect(refused).toMatchObject({ refusal: { reason: 'UNAVAILABLE' } });
    shut.open();
    const kinds = (await Promise.all(pushes)).map(({ kind }) => kind);
    expect(kinds).toContain('outcomes');
    expect((await push(creating('later', 1, 'a'))).kind).toBe('outcomes');
  });

  test('what an instance took and did not answer when it died is sent to another one, in its order', async () => {
    const port = await freePort();
    const store = memoryStore();
    await store.createSpace(HOME, null);
    const merge = mergeOn(store);
    closers.push(() => merge.close());
    const hosts = ['127.0.0.2', '127.0.0.3'];
    const took: string[] = [];
    /** Whichever is asked first commits what it takes and dies before it answers. */
    const dying =
      (host: string): Merge['decide'] =>
      async (push) => {
        if (took.length > 0 && took[0] !== host) return merge.decide(push);
        took.push(host);
        await merge.decide(push);
        return new Promise(() => undefined);
      };
    const servers = new Map<string, Server>();
    for (const host of hosts)
      servers.set(host, await killable(host, port, { decide: dying(host), waiting: () => 0 }));
    const { push } = backendsAt(port, name(hosts).lookup);
    const pushes = [1, 2, 3].map((first) => push(creating('d', first, `r${first}`)));
    await eventually(async () => expect(await store.state(HOME)).toMatchObject({ head: 3 }));
    servers.get(took[0]!)!.forceShutdown();
    const results = await Promise.all(pushes);
    expect(results.map(saidOf)).toEqual(Array(3).fill('APPLIED'));
    expect(results).toMatchObject(Array(3).fill({ outcomes: [{ repeated: true }] }));
    expect((await wholeSpace(store, HOME)).state.head).toBe(3);
  });

  test('what came over from an instance that died is followed to where it went, as long as some of it is not answered', async () => {
    const port = await freePort();
    const hosts = ['127.0.0.2', '127.0.0.3'];
    const shut = gate();
    const seen: { host: string; space: SpaceKey; number: number }[] = [];
    const servers = new Map<string, Server>();
    /** Whichever is asked first answers nothing; the other one answers the first push and keeps the rest waiting. */
    const taking =
      (host: string): Merge['decide'] =>
      async ({ space, push: { changes } }) => {
        const { number } = changes[0]!;
        seen.push({ host, space, number });
        if (space === HOME && servers.size === 2 && host === seen[0]!.host)
          return new Promise(() => undefined);
        if (space === HOME && number > 1) await shut.opened;
        return answered(creating('d', number, 'a', space));
      };
    const start = async (host: string) =>
      servers.set(host, await killable(host, port, { decide: taking(host), waiting: () => 0 }));
    for (const host of hosts) await start(host);
    const { push } = backendsAt(port, name(hosts).lookup);
    const pushes = [1, 2, 3].map((first) => push(creating('d', first, 'a')));
    await eventually(() => expect(seen).toHaveLength(3));
    const preferred = seen[0]!.host;
    servers.get(preferred)!.forceShutdown();
    expect((await pushes[0])?.kind).toBe('outcomes');
    await start(preferred);
    // It is used again once some other space reaches it: of so many, one chooses it whatever the port.
    await eventually(async () => {
      for (let n = 0; n < 40; n++) await push(creating('d', 1, 'a', `acme/s${n}` as SpaceKey));
      expect(seen.at(-1)?.space).not.toBe(HOME);
      expect(seen.slice(6).some(({ host }) => host === preferred)).toBe(true);
    });
    pushes.push(push(creating('d', 4, 'a')));
    await eventually(() => expect(seen.at(-1)).toMatchObject({ space: HOME, number: 4 }));
    expect(seen.at(-1)!.host).not.toBe(preferred);
    shut.open();
    expect((await Promise.all(pushes)).map(({ kind }) => kind)).toEqual(Array(4).fill('outcomes'));
  });

  test('what two instances in a row did not answer is refused, and the device sends it again', async () => {
    const port = await freePort();
    const hosts = ['127.0.0.2', '127.0.0.3'];
    const servers = new Map<string, Server>();
    const dying =
      (host: string): Merge['decide'] =>
      async () => {
        setImmediate(() => servers.get(host)!.forceShutdown());
        return new Promise(() => undefined);
      };
    for (const host of hosts)
      servers.set(host, await killable(host, port, { decide: dying(host), waiting: () => 0 }));
    const { push } = backendsAt(port, name(hosts).lookup);
    expect(await push(creating('d', 1, 'a'))).toMatchObject({
      refusal: { reason: 'UNAVAILABLE', retryAfterMs: RETRY_MS },
    });
    for (const host of hosts) await serveMerge(host, port, { decide: answered, waiting: () => 0 });
    await eventually(async () => expect((await push(creating('d', 1, 'a'))).kind).toBe('outcomes'));
  });

  test('instances are restarted one after the other in the middle of pushes: no device is refused, nothing is done twice', async () => {
    const port = await freePort();
    const store = memoryStore();
    const spaces = Array.from({ length: 40 }, (_, n) => `acme/s${n}` as SpaceKey);
    for (const space of spaces) await store.createSpace(space, null);
    const start = async (host: string) => {
      const merge = mergeOn(store);
      closers.push(() => merge.close());
      const decided = { count: 0 };
      const decide: Merge['decide'] = (push, terms) => {
        decided.count++;
        return merge.decide(push, terms);
      };
      const { close } = await serveMerge(host, port, { decide, waiting: () => merge.waiting() });
      return { host, close, decided };
    };
    const hosts = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
    const instances = await Promise.all(hosts.map(start));
    const { push } = backendsAt(port, name(hosts).lookup, { deadlineMs: 3_000 });
    const going = { on: true };
    const pushAll = async (space: SpaceKey) => {
      const said: string[] = [];
      while (going.on)
        said.push(saidOf(await push(creating('d', said.length + 1, `r${said.length}`, space))));
      return said;
    };
    const devices = Promise.all(spaces.map(pushAll));
    for (const { host, close } of instances) {
      await close();
      const { decided } = await start(host);
      await eventually(() => expect(decided.count).toBeGreaterThan(0));
    }
    going.on = false;
    const all = await devices;
    expect(new Set(all.flat())).toEqual(new Set(['APPLIED']));
    for (const [n, space] of spaces.entries())
      expect((await wholeSpace(store, space)).state.head).toBe(all[n]!.length);
  });

  test('instances that the name has no more are left, and new ones found', async () => {
    const port = await freePort();
    const hits: string[] = [];
    for (const host of ['127.0.0.2', '127.0.0.3']) {
      const decide: Merge['decide'] = async (push) => {
        hits.push(host);
        return answered(push);
      };
      await serveMerge(host, port, { decide, waiting: () => 0 });
    }
    const hosts = name(['127.0.0.2']);
    const { push } = backendsAt(port, hosts.lookup);
    await push(creating('d', 1, 'a'));
    hosts.hosts.splice(0, 1, '127.0.0.3');
    await eventually(async () => {
      await push(creating('d', 1, 'a'));
      expect(hits.at(-1)).toBe('127.0.0.3');
    });
    expect(hits[0]).toBe('127.0.0.2');
  });
});

describe('reading', () => {
  const READER = {
    device: deviceId('d'),
    scope: WHOLE_SPACE,
    access: OWNER,
    takesPatches: true,
    takesOperations: false,
    takesOwn: true,
    mayHoldMore: false,
  };
  const FROM_START = startCursor(1, 0, scopeHash(WHOLE_SPACE, OWNER));
  const BEHALF = { space: HOME, user: null, device: READER.device, access: OWNER };
  const SUBSCRIBE = {
    kind: 'subscribe',
    space: spaceId('home'),
    scope: WHOLE_SPACE,
    cursor: null,
    mode: 'check-only',
    digests: new Map(),
    pending: [],
    tag: 0,
  } as const;
  const RANGES = [{ collection: NOTES, fromId: '', toId: null, digest: EMPTY_DIGEST }];

  function deltaOn(store: ReturnType<typeof memoryStore>): Delta {
    const delta = createDelta({
      ...WORLD,
      store,
      announcements: memoryAnnouncements(),
      keys: KEYS,
      limits: { ...DEFAULT_LIMITS, pageRecordsMax: 2 },
      metrics: deltaMetrics(createMetrics({ withProcess: false })),
      traces: noTraces,
      log: silentLog,
    });
    closers.push(() => delta.close());
    return delta;
  }
  const serveDelta = (host: string, port: number, delta: Omit<Delta, 'close'>) =>
    serve(host, port, deltaService({ delta, keys: KEYS, log: silentLog }));

  async function spaceOfThree() {
    const store = memoryStore();
    await store.createSpace(HOME, null);
    await deviceOn(store, HOME, 'x').push(...['a', 'b', 'c'].map((id) => change.create(id, { id })));
    return store;
  }

  test('gives what the delta service itself gives: pages, plans, comparisons and refusals', async () => {
    const port = await freePort();
    const store = await spaceOfThree();
    const delta = deltaOn(store);
    await serveDelta('127.0.0.2', port, delta);
    const remote = backendsAt(1, name().lookup, {}, `ipv4:127.0.0.2:${port}`);
    const first = await remote.read(HOME, READER, FROM_START);
    expect(withEntries(first)).toEqual(await delta.read(HOME, READER, FROM_START));
    const second = first.ok ? await remote.read(HOME, READER, first.value.page.cursor) : first;
    expect(second).toMatchObject({ value: { page: { entries: { count: 1 } }, checkpoint: { version: 3 } } });
    expect(await remote.plan(BEHALF, SUBSCRIBE)).toEqual(await delta.plan(BEHALF, SUBSCRIBE));
    expect(await remote.compare(BEHALF, RANGES)).toEqual(await delta.compare(BEHALF, RANGES));
    await store.newEpoch(HOME);
    for (const answer of [
      await remote.read(HOME, READER, FROM_START),
      await delta.read(HOME, READER, FROM_START),
    ])
      expect(answer).toMatchObject({ refusal: { reason: 'EPOCH_CHANGED' } });
    const nowhere = { ...BEHALF, space: 'acme/none' as SpaceKey };
    expect(await remote.compare(nowhere, RANGES)).toEqual(await delta.compare(nowhere, RANGES));
  });

  test('goes on with another instance when one has gone', async () => {
    const port = await freePort();
    const delta = deltaOn(await spaceOfThree());
    const instances = [
      await serveDelta('127.0.0.2', port, delta),
      await serveDelta('127.0.0.3', port, delta),
    ];
    const remote = backendsAt(
      1,
      name().lookup,
      {},
      `ipv4:${instances.map(({ address }) => address).join(',')}`,
    );
    for (let n = 0; n < 4; n++) expect((await remote.read(HOME, READER, FROM_START)).ok).toBe(true);
    await instances[0]!.close();
    for (let n = 0; n < 8; n++) expect((await remote.read(HOME, READER, FROM_START)).ok).toBe(true);
  });

  describe('by a session, which asks for page after page', () => {
    const HEAD = 3;

    /** Counts the calls, and the pages that the delta service read for them. */
    async function counted(settings: Partial<RemoteSettings> = {}) {
      const port = await freePort();
      const delta = deltaOn(await spaceOfThree());
      const pages: AbortSignal[] = [];
      const read: Delta['read'] = (space, reader, cursor, gone, knownHead) => {
        pages.push(gone!);
        return delta.read(space, reader, cursor, gone, knownHead);
      };
      const calls = { count: 0 };
      const service = deltaService({ delta: { ...delta, read }, keys: KEYS, log: silentLog });
      const serveRead = service.handlers['read'] as (call: unknown) => void;
      const handlers = {
        ...service.handlers,
        read(call: unknown) {
          calls.count++;
          serveRead(call);
        },
      };
      const instances = [
        await serve('127.0.0.2', port, { ...service, handlers }),
        await serve('127.0.0.3', port, { ...service, handlers }),
      ];
      const remote = backendsAt(
        1,
        name().lookup,
        settings,
        `ipv4:${instances.map(({ address }) => address).join(',')}`,
      );
      return { remote, pages, calls, instances };
    }
    const cursorOf = (read: Awaited<ReturnType<ReturnType<typeof backendsAt>['read']>>) => {
      if (!read.ok) throw new Error(read.refusal.message);
      return read.value.page.cursor;
    };

    test('is one call, and the next page comes before it is asked for', async () => {
      const { remote, pages, calls } = await counted();
      const first = await remote.read(HOME, READER, FROM_START, undefined, HEAD);
      await eventually(() => expect(pages).toHaveLength(2));
      const second = await remote.read(HOME, READER, cursorOf(first), undefined, HEAD);
      expect(second).toMatchObject({
        value: { page: { entries: { count: 1 } }, checkpoint: { version: 3 } },
      });
      expect([calls.count, pages.length]).toEqual([1, 2]);
    });

    test('begins anew where something else is asked for', async () => {
      const { remote, calls } = await counted();
      await remote.read(HOME, READER, FROM_START, undefined, HEAD);
      expect(await remote.read(HOME, READER, FROM_START, undefined, HEAD)).toMatchObject({
        value: { page: { entries: { count: 2 } }, checkpoint: null },
      });
      expect(calls.count).toBe(2);
    });

    test('goes on with another instance when the one has gone in between', async () => {
      const { remote, instances } = await counted();
      for (const { close } of instances) {
        const first = await remote.read(HOME, READER, FROM_START, undefined, HEAD);
        if (close === instances[0]!.close) await close();
        expect(await remote.read(HOME, READER, cursorOf(first), undefined, HEAD)).toMatchObject({
          value: { checkpoint: { version: 3 } },
        });
      }
    });

    test('is given up when nobody goes on, or the session has gone', async () => {
      const { remote, pages } = await counted({ deadlineMs: 300 });
      await remote.read(HOME, READER, FROM_START, undefined, HEAD);
      await eventually(() => expect(pages.every(({ aborted }) => aborted)).toBe(true));
      const leaving = new AbortController();
      const found = await remote.read(HOME, { ...READER }, FROM_START, leaving.signal, HEAD);
      leaving.abort();
      await eventually(() => expect(pages.every(({ aborted }) => aborted)).toBe(true));
      expect(await remote.read(HOME, { ...READER }, cursorOf(found), leaving.signal, HEAD)).toMatchObject({
        ok: false,
      });
    });
  });

  test('goes on while connections are asked to move on', async () => {
    const port = await freePort();
    const service = deltaService({ delta: deltaOn(await spaceOfThree()), keys: KEYS, log: silentLog });
    const peers = new Set<string>();
    const read = service.handlers['read'] as (call: ServerWritableStream<Uint8Array, Uint8Array>) => void;
    const handlers = {
      ...service.handlers,
      read(call: ServerWritableStream<Uint8Array, Uint8Array>) {
        peers.add(call.getPeer());
        read(call);
      },
    };
    const limits = { connectionAgeMs: 100, connectionAgeGraceMs: 2_000 };
    await serve('127.0.0.2', port, { ...service, handlers }, undefined, limits);
    const remote = backendsAt(1, name().lookup, {}, `ipv4:127.0.0.2:${port}`);
    while (peers.size < 4) expect(await remote.read(HOME, READER, FROM_START)).toMatchObject({ ok: true });
  });

  test('without an instance everything is refused with the time to come back, and no address is told', async () => {
    const port = await freePort();
    const remote = backendsAt(1, name().lookup, {}, `ipv4:127.0.0.2:${port}`);
    const refusals = [
      await remote.read(HOME, READER, FROM_START),
      await remote.plan(BEHALF, SUBSCRIBE),
      await remote.compare(BEHALF, RANGES),
    ];
    for (const answer of refusals)
      expect(answer).toMatchObject({ refusal: { reason: 'UNAVAILABLE', retryAfterMs: RETRY_MS } });
    expect(JSON.stringify(refusals)).not.toContain('127.0.0');
  });

  test('is given up at the other end as well when the session has gone, or the time is over', async () => {
    const port = await freePort();
    const signals: AbortSignal[] = [];
    const read: Delta['read'] = async (_space, _reader, _cursor, gone) => {
      signals.push(gone!);
      return new Promise(() => undefined);
    };
    await serveDelta('127.0.0.2', port, { ...deltaOn(memoryStore()), read });
    const remote = backendsAt(1, name().lookup, { deadlineMs: 700 }, `ipv4:127.0.0.2:${port}`);
    const leaving = new AbortController();
    const left = remote.read(HOME, READER, FROM_START, leaving.signal);
    await eventually(() => expect(signals).toHaveLength(1));
    leaving.abort();
    expect((await left).ok).toBe(false);
    await eventually(() => expect(signals[0]?.aborted).toBe(true));
    expect(await remote.read(HOME, READER, FROM_START)).toMatchObject({
      refusal: { reason: 'DEADLINE_EXCEEDED' },
    });
    await eventually(() => expect(signals[1]?.aborted).toBe(true));
  });
});
