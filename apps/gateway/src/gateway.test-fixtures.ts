import { Client, credentials, type ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import {
  type Access,
  type Announcement,
  type Change,
  CORE_POLICIES,
  DEFAULT_LIMITS,
  type DeviceMessage,
  deviceId,
  type Hello,
  hlcTime,
  type Limits,
  policyRegistry,
  type Refusal,
  type ServerMessage,
  type SpaceId,
  spaceKey,
  type SpaceKey,
  type Subscribe,
  type TenantId,
  type UserId,
  WHOLE_SPACE,
} from '@syncline/core';
import { announcePlans, compareRanges, planSpace, pushChanges, readDelta } from '@syncline/flows';
import {
  hmacCursorKeys,
  memoryAnnouncements,
  memoryPresence,
  memoryPresenceEvents,
  memoryRateLimits,
  memorySessionRegistry,
  memoryStore,
  memoryTokens,
  memoryWhereabouts,
  systemChance,
  systemClock,
  systemSecrets,
  systemTimer,
} from '@syncline/memory';
import { jsonSchemas } from '@syncline/policies/json-schemas';
import { eventually } from '@syncline/port-contracts';
import type {
  Announcements,
  DeltaStore,
  Identity,
  MergeStore,
  Presence,
  SessionRegistry,
  UpkeepStore,
} from '@syncline/ports';
import { asBuffer, asBytes, readiness } from '@syncline/service-kit';
import { createMetrics, noTraces, silentLog } from '@syncline/telemetry';
import {
  deviceMessageToBytes,
  serverMessagesFromBytes,
  statusFromBytes,
  statusToRefusal,
} from '@syncline/wire';
import { gzipCompressor } from '@syncline/wire/gzip';
import type { Backends } from './backends';
import { createGateway, type Gateway, type GatewayOptions } from './gateway';
import { gatewayMetrics } from './gateway-metrics';
import { DEFAULT_TIMING, type GatewayTiming } from './gateway-timing';
import { gzipPages } from './gzip-pages';
import { withLocalFallback } from './shared-services';

export const TENANT = 'acme' as TenantId;
export const HOME = 'home' as SpaceId;
export const WORK = 'work' as SpaceId;
export const HOME_KEY = spaceKey(TENANT, HOME);
export const WORK_KEY = spaceKey(TENANT, WORK);
export const OWNER: Access = { role: 'owner', collections: new Map() };
export const clock = systemClock();
const POLICIES = policyRegistry(Object.values(CORE_POLICIES), jsonSchemas());
const KEYS = hmacCursorKeys([{ id: 1, secret: new Uint8Array(32).fill(7) }]);

/** What all gateways of a test stand on. */
export interface TestWorld {
  readonly store: ReturnType<typeof memoryStore>;
  readonly tokens: ReturnType<typeof memoryTokens>;
  readonly announcements: Announcements;
  readonly presence: Presence;
  readonly sessions: SessionRegistry;
  readonly limits: Limits;
  readonly backends: Backends;
  gateway(options?: Partial<GatewayOptions>, timing?: Partial<GatewayTiming>): Promise<TestGateway>;
  close(): Promise<void>;
}

export interface TestGateway extends Gateway {
  readonly address: { readonly grpc: string; readonly http: string };
  /** Of the metric with this name and these labels, as Prometheus would read it. */
  metric(line: string): Promise<number>;
  device(name: string, token?: string): TestDevice;
}

const QUICK: GatewayTiming = {
  ...DEFAULT_TIMING,
  tickMs: 20,
  headsMs: 40,
  announcementMs: 20,
  revokedMs: 40,
  keepEveryMs: 10,
  lastWordsMs: 500,
  drainMs: 0,
};

export async function testWorld(limits: Partial<Limits> = {}): Promise<TestWorld> {
  const store = memoryStore();
  const tokens = memoryTokens();
  const announcements = memoryAnnouncements();
  const timer = systemTimer();
  const shared = {
    store,
    tokens,
    announcements,
    whereabouts: memoryWhereabouts(),
    presence: memoryPresence({ timer }),
    sessions: memorySessionRegistry({ clock }),
    limits: { ...DEFAULT_LIMITS, handshakesBurstMax: 1_000, ...limits },
  };
  const backends = backendsOver(shared);
  const started: TestGateway[] = [];
  const stops: (() => void)[] = [];
  for (const key of [HOME_KEY, WORK_KEY]) {
    await store.createSpace(key, null);
    for (const user of ['ann', 'bob']) await store.setAccess(key, user as UserId, OWNER);
  }
  for (const user of ['ann', 'bob']) tokens.issue(`${user}-token`, identityOf(user));

  return {
    ...shared,
    backends,
    async gateway(options = {}, timing = {}) {
      const ready = readiness({ parts: [], everyMs: 10_000 });
      stops.push(() => ready.close());
      const gateway = await startGateway({ ...shared, backends, readiness: ready }, options, timing);
      started.push(gateway);
      return gateway;
    },
    async close() {
      await Promise.all(started.map((gateway) => gateway.close()));
      for (const stop of stops) stop();
    },
  };
}

export const identityOf = (user: string, given: Partial<Identity> = {}): Identity => ({
  tenant: TENANT,
  user: user as UserId,
  expiresAtMs: Number.MAX_SAFE_INTEGER,
  grants: new Map(),
  ...given,
});

interface Shared {
  readonly store: MergeStore & DeltaStore & UpkeepStore;
  readonly announcements: Announcements;
  readonly limits: Limits;
}

/** Merge and delta in this process, over any store. */
export function backendsOver({ store, announcements, limits }: Shared): Backends {
  const push = pushChanges({ store, clock, policies: POLICIES, limits });
  const announce = announcePlans({ announcements, upkeep: store, limits });
  const plan = planSpace({ deltas: store, keys: KEYS });
  const compare = compareRanges({ deltas: store });
  return {
    async push(one) {
      const { results, plans } = await push([one]);
      await announce(plans);
      return results[0]!;
    },
    read: (space, reader, cursor) => readDelta({ deltas: store, limits })(space, reader, cursor),
    plan: ({ space, access }, subscribe) => plan(space, access, subscribe),
    compare,
  };
}

const WITHOUT_KEYS = { certificates: null, issueToken: null, chainSigner: null } as const;

type Given = Pick<
  GatewayOptions,
  | 'store'
  | 'tokens'
  | 'announcements'
  | 'whereabouts'
  | 'presence'
  | 'sessions'
  | 'limits'
  | 'backends'
  | 'readiness'
>;

/** A gateway on what is given, listening. */
export async function startGateway(
  given: Given,
  options: Partial<GatewayOptions>,
  timing: Partial<GatewayTiming>,
): Promise<TestGateway> {
  const registry = createMetrics({ withProcess: false });
  const metrics = gatewayMetrics(registry);
  const { sessions, presence, rates } = { rates: memoryRateLimits({ clock }), ...given, ...options };
  const shared = withLocalFallback({ sessions, presence, rates }, memoryPresenceEvents(), {
    log: silentLog,
    metrics,
  });
  const gateway = createGateway({
    keys: KEYS,
    policies: POLICIES,
    timing: { ...QUICK, ...timing },
    clock,
    chance: systemChance(),
    timer: systemTimer(),
    metrics,
    traces: noTraces,
    log: silentLog,
    pages: gzipPages(given.limits, metrics),
    grpcAddress: { host: '127.0.0.1', port: 0 },
    httpAddress: { host: '127.0.0.1', port: 0 },
    origins: [],
    secrets: systemSecrets(),
    behindProxy: false,
    tenantsDeclaredOnly: false,
    ...WITHOUT_KEYS,
    ...given,
    ...options,
    ...shared,
  });
  const address = await gateway.start();
  const devices: TestDevice[] = [];
  return {
    ...gateway,
    address,
    async metric(line) {
      const found = (await registry.text())
        .split('\n')
        .find((each) => each.startsWith(`syncline_gateway_${line} `));
      return found === undefined ? 0 : Number(found.split(' ').at(-1));
    },
    device(name, token = 'ann-token') {
      const device = testDevice(address.grpc, name, token);
      devices.push(device);
      return device;
    },
    async close() {
      await gateway.close();
      for (const device of devices) device.hangUp();
    },
  };
}

type MessageOf<Kind extends ServerMessage['kind']> = ServerMessage & { readonly kind: Kind };

/** A device that knows the messages and nothing else: what is sent is up to the test. */
export interface TestDevice {
  readonly call: ClientDuplexStream<Uint8Array, Uint8Array>;
  /** Everything that came, in order. */
  readonly heard: readonly ServerMessage[];
  readonly heardBytes: readonly Uint8Array[];
  hello(given?: Partial<Hello>): void;
  send(...messages: readonly DeviceMessage[]): void;
  sendBytes(bytes: Uint8Array): void;
  /** The next message of the kind that was not asked for yet. */
  next<Kind extends ServerMessage['kind']>(kind: Kind): Promise<MessageOf<Kind>>;
  /** Says hello, subscribes to a space, and waits for its first checkpoint. */
  follow(space?: SpaceId, given?: Partial<Subscribe>): Promise<MessageOf<'checkpoint'>>;
  /** How the stream ended: the refusal of its status, or null. */
  end(): Promise<Refusal | null>;
  hangUp(): void;
}

export function testDevice(address: string, name: string, token: string): TestDevice {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.max_receive_message_length': -1 });
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  const path = '/syncline.v1.SyncService/Session';
  const call = client.makeBidiStreamRequest(path, asBuffer, asBytes, metadata);
  const heard: ServerMessage[] = [];
  const heardBytes: Uint8Array[] = [];
  const taken = new Map<string, number>();
  const ending: { status: { refusal: Refusal | null } | null } = { status: null };
  call.on('data', (bytes: Uint8Array) => {
    heardBytes.push(bytes);
    const messages = serverMessagesFromBytes(bytes, gzipCompressor(1 << 24));
    if (!messages.ok) throw new TypeError(messages.refusal.message);
    heard.push(...messages.value);
  });
  call.on('error', () => undefined);
  call.on('status', ({ code, details, metadata: trailers }) => {
    const [bytes] = trailers.get('grpc-status-details-bin');
    const status =
      bytes instanceof Buffer
        ? statusFromBytes(bytes, code, details)
        : { code, message: details, details: [] };
    ending.status = { refusal: Number(code) === 0 ? null : statusToRefusal(status) };
  });

  const device: TestDevice = {
    call,
    heard,
    heardBytes,
    hello: (given = {}) => device.send({ ...HELLO, device: deviceId(name), ...given }),
    send: (...messages) => messages.forEach((message) => device.sendBytes(deviceMessageToBytes(message))),
    sendBytes: (bytes) => void call.write(bytes),
    next: <Kind extends ServerMessage['kind']>(kind: Kind) =>
      eventually(() => {
        const before = taken.get(kind) ?? 0;
        const message = heard.filter((each): each is MessageOf<Kind> => each.kind === kind)[before];
        if (message === undefined)
          throw new Error(
            `no further ${kind}; heard ${heard.map((each) => said(each)).join(', ')}; ended ${JSON.stringify(ending.status)}`,
          );
        taken.set(kind, before + 1);
        return message;
      }),
    async follow(space = HOME, given = {}) {
      if (!taken.has('welcome')) {
        device.hello();
        await device.next('welcome');
      }
      device.send(subscribeTo(space, given));
      await device.next('subscribed');
      return device.next('checkpoint');
    },
    end: () =>
      eventually(() => {
        if (ending.status === null) throw new Error('the stream goes on');
        return ending.status.refusal;
      }),
    hangUp() {
      call.cancel();
      client.close();
    },
  };
  return device;
}

const said = (message: ServerMessage): string =>
  message.kind === 'refusal' ? `refusal ${message.refusal.reason}` : message.kind;

export const HELLO: Hello = {
  kind: 'hello',
  protocol: { min: 1, max: 1 },
  capabilities: ['patch-entries', 'own-entries', 'presence'],
  tenant: null,
  device: deviceId('d'),
  info: { name: '', platform: '', appVersion: '', link: 'unknown', batteryPercent: null },
  token: '',
  clock: hlcTime(clock.nowMs()),
  schemaVersions: new Map(),
  resume: null,
};

export const subscribeTo = (space: SpaceId = HOME, given: Partial<Subscribe> = {}): Subscribe => ({
  kind: 'subscribe',
  space,
  scope: WHOLE_SPACE,
  cursor: null,
  mode: 'bidirectional',
  digests: new Map(),
  pending: [],
  tag: 0,
  ...given,
});

export function create(number: number, text = 'x', given: Partial<Change> = {}): Change {
  return {
    kind: 'create',
    number,
    collection: 'notes' as never,
    id: `n${number}` as never,
    baseVersion: 0,
    after: 0,
    time: hlcTime(clock.nowMs()),
    schemaVersion: 0,
    resolves: [],
    trace: '',
    payload: Buffer.from(JSON.stringify({ text })),
    ...given,
  } as Change;
}

export const pushOf = (changes: readonly Change[], space: SpaceId = HOME): DeviceMessage => ({
  kind: 'push',
  space,
  changes,
});

/** Announcements of which a test decides whether they arrive. */
export function fallibleAnnouncements(real: Announcements): Announcements & { lost: boolean } {
  const announcements = {
    lost: false,
    publish: async (space: SpaceKey, announcement: Announcement) => {
      if (!announcements.lost) await real.publish(space, announcement);
    },
    listen: (space: SpaceKey, listener: (each: Announcement) => void) => real.listen(space, listener),
  };
  return announcements;
}
