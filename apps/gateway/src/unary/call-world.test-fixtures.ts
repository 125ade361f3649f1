import {
  type Access,
  CORE_POLICIES,
  DEFAULT_LIMITS,
  type Limits,
  policyRegistry,
  type SpaceId,
  spaceKey,
  type TenantId,
  type UserId,
} from '@syncline/core';
import {
  announcePlans,
  compareRanges,
  planSpace,
  pushChanges,
  readDelta,
  tenantRates,
} from '@syncline/flows';
import {
  hmacCursorKeys,
  memoryAnnouncements,
  memoryPresence,
  memoryRateLimits,
  memorySessionRegistry,
  memoryStore,
  type MemoryStore,
  memoryTokens,
  memoryWhereabouts,
  systemChance,
  systemClock,
  systemTimer,
} from '@syncline/memory';
import type { Clock, Identity } from '@syncline/ports';
import { createMetrics, noTraces, silentLog, type Traces } from '@syncline/telemetry';
import { gzipCompressor } from '@syncline/wire/gzip';
import type { Backends } from '../backends';
import { gatewayMetrics } from '../gateway-metrics';
import { DEFAULT_TIMING, type GatewayTiming } from '../gateway-timing';
import { pageEncodings } from '../session/page-encodings';
import { spaceTrails } from '../spaces/space-trails';
import { syncGathering } from '../syncs/sync-gathering';
import { begunTraces } from '../tracing/begun-traces';
import type { CallDeps } from './call-deps';

export const TENANT = 'acme' as TenantId;
export const HOME = 'home' as SpaceId;
export const HOME_KEY = spaceKey(TENANT, HOME);
export const OWNER: Access = { role: 'owner', collections: new Map() };
export const READER: Access = { role: 'reader', collections: new Map() };

export interface CallWorldGiven {
  readonly limits?: Partial<Limits>;
  readonly backends?: Partial<Backends>;
  readonly timing?: Partial<GatewayTiming>;
  readonly traces?: Traces;
}

const identityOf = (user: string, more: Partial<Identity> = {}): Identity => ({
  tenant: TENANT,
  user: user as UserId,
  expiresAtMs: Number.MAX_SAFE_INTEGER,
  grants: new Map(),
  ...more,
});

/** Everything behind a gateway in memory, with one space that ann owns and bob may read. */
export async function callWorld(world: CallWorldGiven = {}) {
  const limits: Limits = { ...DEFAULT_LIMITS, ...world.limits };
  const { traces = noTraces } = world;
  const aheadMs = { now: 0 };
  const wall = systemClock();
  const timer = systemTimer();
  const clock: Clock = { nowMs: () => wall.nowMs() + aheadMs.now };
  const store = memoryStore();
  const announcements = memoryAnnouncements();
  const tokens = memoryTokens();
  const policies = policyRegistry(Object.values(CORE_POLICIES));
  const keys = hmacCursorKeys([{ id: 1, secret: new Uint8Array(32).fill(7) }]);
  const registry = createMetrics({ withProcess: false });
  const metrics = gatewayMetrics(registry);
  const compressor = gzipCompressor(limits.messageBytesMax);
  const calls: string[] = [];
  const backends = {
    ...memoryBackends({ store, announcements, policies, limits, clock, keys }, calls),
    ...world.backends,
  };
  const rates = memoryRateLimits({ clock });
  const deps: CallDeps = {
    store,
    backends,
    announcements,
    whereabouts: memoryWhereabouts(),
    trails: spaceTrails(),
    syncs: syncGathering({ store, clock, timer, timing: DEFAULT_TIMING, metrics, log: silentLog }),
    presence: memoryPresence({ timer }),
    sessions: memorySessionRegistry({ clock }),
    rates,
    pushRates: rates,
    ratesOf: tenantRates({ tenants: store, clock }),
    tokens,
    keys,
    chainSigner: null,
    policies,
    limits,
    tenantsDeclaredOnly: false,
    secrets: { bytes: (count) => new Uint8Array(count) },
    issueToken: null,
    timing: { ...DEFAULT_TIMING, ...world.timing },
    clock,
    chance: systemChance(),
    timer,
    metrics,
    traces,
    begunTraces: begunTraces({ traces, clock }),
    log: silentLog,
    pages: pageEncodings({ compressor, packBytesMin: limits.pageCompressBytesMin, encoded: () => undefined }),
    compressor,
  };
  for (const user of ['ann', 'bob', 'eve']) tokens.issue(`token-of-${user}`, identityOf(user));
  tokens.issue('expired', identityOf('ann', { expiresAtMs: 1 }));
  await store.createSpace(HOME_KEY, null);
  await store.setAccess(HOME_KEY, 'ann' as UserId, OWNER);
  await store.setAccess(HOME_KEY, 'bob' as UserId, READER);
  return {
    deps,
    store,
    tokens,
    identityOf,
    registry,
    /** What was asked of merge and delta, in order. */
    calls,
    passMs: (ms: number): void => void (aheadMs.now += ms),
  };
}

export type CallWorld = Awaited<ReturnType<typeof callWorld>>;

type Parts = Pick<CallDeps, 'announcements' | 'policies' | 'limits' | 'clock' | 'keys'> & {
  readonly store: MemoryStore;
};

/** Merge and delta as functions; each call is written down. */
function memoryBackends(parts: Parts, calls: string[]): Backends {
  const { store, announcements, limits, keys } = parts;
  const merge = pushChanges(parts);
  const announce = announcePlans({ announcements, upkeep: store, limits });
  const plan = planSpace({ deltas: store, keys });
  const read = readDelta({ deltas: store, limits });
  const compare = compareRanges({ deltas: store });
  return {
    async push(push) {
      calls.push('push');
      const { results, plans } = await merge([push]);
      await announce(plans);
      return results[0]!;
    },
    read(space, reader, cursor) {
      calls.push('read');
      return read(space, reader, cursor);
    },
    plan(behalf, subscribe) {
      calls.push('plan');
      return plan(behalf.space, behalf.access, subscribe);
    },
    compare(behalf, ranges) {
      calls.push('compare');
      return compare(behalf, ranges);
    },
  };
}
