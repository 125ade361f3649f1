import {
  CORE_POLICIES,
  DEFAULT_LIMITS,
  policyRegistry,
  type PushResult,
  type SpaceKey,
} from '@syncline/core';
import type { SpacePush } from '@syncline/flows';
import { memoryAnnouncements, memoryStore, type MemoryStore, systemTimer } from '@syncline/memory';
import { change, gate, manualTime, pushOf } from '@syncline/port-contracts';
import { createMetrics, type Log, noTraces, silentLog } from '@syncline/telemetry';
import { createMerge, type MergeDeps } from './merge';
import { mergeMetrics } from './merge-metrics';
import type { MergeSettings } from './merge-settings';

export const HOME = 'acme/home' as SpaceKey;
export const WORK = 'acme/work' as SpaceKey;
export const REGISTRY = policyRegistry(Object.values(CORE_POLICIES));

export interface RecordedLog extends Log {
  readonly events: { readonly level: string; readonly message: string; readonly fields: unknown }[];
}

export function recordedLog(): RecordedLog {
  const events: RecordedLog['events'] = [];
  const at =
    (level: string) =>
    (message: string, fields: unknown = {}): void =>
      void events.push({ level, message, fields });
  return { ...silentLog, events, info: at('info'), warn: at('warn'), error: at('error') };
}

/** A store whose transactions are counted, and wait while they are held. */
export interface GatedStore extends MemoryStore {
  /** The spaces of each transaction that has begun. */
  readonly begun: (readonly SpaceKey[])[];
  hold(): void;
  letThrough(): void;
}

export function gatedStore(store: MemoryStore = memoryStore()): GatedStore {
  const begun: (readonly SpaceKey[])[] = [];
  let held = gate();
  held.open();
  return {
    ...store,
    begun,
    async transact(spaces, work) {
      begun.push(spaces);
      await held.opened;
      return store.transact(spaces, work);
    },
    hold: () => void (held = gate()),
    letThrough: () => held.open(),
  };
}

export async function mergeWorld(
  given: Partial<Omit<MergeDeps, 'settings' | 'store'>> & {
    readonly store?: GatedStore;
    readonly settings?: Partial<MergeSettings>;
    readonly spaces?: readonly SpaceKey[];
  } = {},
) {
  const store = given.store ?? gatedStore();
  for (const space of given.spaces ?? [HOME, WORK]) await store.createSpace(space, null);
  const metrics = createMetrics({ withProcess: false });
  const log = recordedLog();
  const announcements = memoryAnnouncements();
  const clock = manualTime();
  const rules = { policies: REGISTRY, limits: DEFAULT_LIMITS };
  const shared = { announcements, clock, timer: systemTimer(), traces: noTraces, ...rules };
  const merge = createMerge({ ...shared, log, metrics: mergeMetrics(metrics), ...given, store });
  return { store, merge, metrics, log, announcements, clock };
}

/** A push of as many new notes as there are ids. */
export function creating(device: string, first: number, ...ids: string[]): SpacePush {
  return {
    space: HOME,
    push: pushOf(
      device,
      ids.map((id) => change.create(id, { id })),
      { first },
    ),
  };
}

/** Of each outcome its status; of a refusal its reason. */
export function saidOf(result: PushResult): string {
  return result.kind === 'outcomes'
    ? result.outcomes.map(({ status, repeated }) => (repeated ? `${status}*` : status)).join(' ')
    : result.refusal.reason;
}
