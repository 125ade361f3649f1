import {
  checkpointCursor,
  type Cursor,
  DEFAULT_LIMITS,
  deviceId,
  type Limits,
  type Reader,
  scopeHash,
  type SpaceKey,
  startCursor,
  WHOLE_SPACE,
} from '@syncline/core';
import {
  hmacCursorKeys,
  memoryAnnouncements,
  memoryStore,
  type MemoryStore,
  systemChance,
} from '@syncline/memory';
import { manualTime, OWNER } from '@syncline/port-contracts';
import { createLog, createMetrics, noTraces, type Traces } from '@syncline/telemetry';
import { createDelta } from './delta';
import { deltaMetrics } from './delta-metrics';
import type { DeltaSettings } from './delta-settings';

export const HOME = 'acme/home' as SpaceKey;
export const KEYS = hmacCursorKeys([{ id: 1, secret: new Uint8Array(16) }]);
const HASH = scopeHash(WHOLE_SPACE, OWNER);

export const cursorFrom = (head: number): Cursor => startCursor(1, head, HASH);
export const cursorAt = (version: number): Cursor => checkpointCursor(1, version, HASH);

export const READER: Reader = {
  device: deviceId('reader'),
  scope: WHOLE_SPACE,
  access: OWNER,
  takesPatches: true,
  takesOperations: false,
  takesOwn: true,
  mayHoldMore: false,
};

export const BEHALF = { space: HOME, user: null, device: READER.device, access: OWNER };

export async function deltaWorld(
  given: {
    readonly store?: MemoryStore;
    readonly settings?: Partial<DeltaSettings>;
    readonly limits?: Partial<Limits>;
    readonly traces?: Traces;
  } = {},
) {
  const store = given.store ?? memoryStore();
  await store.createSpace(HOME, null);
  const time = manualTime();
  const metrics = createMetrics({ withProcess: false });
  const logged: string[] = [];
  const log = createLog({ level: 'info', name: 'delta', write: (line) => void logged.push(line) });
  const announcements = memoryAnnouncements();
  const shared = { store, announcements, keys: KEYS, clock: time, timer: time, chance: systemChance() };
  const start = () =>
    createDelta({
      ...shared,
      limits: { ...DEFAULT_LIMITS, ...given.limits },
      metrics: deltaMetrics(metrics),
      traces: given.traces ?? noTraces,
      log,
      settings: given.settings ?? {},
    });
  return { store, time, metrics, logged, announcements, start, delta: start() };
}
