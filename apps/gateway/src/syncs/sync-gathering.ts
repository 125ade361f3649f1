import type { PlacedSync, SyncLog } from '@syncline/ports';
import { every } from '../every';
import type { GatewayDeps } from '../gateway-deps';
import { type DeviceSync, deviceSync, type SyncParty, taken } from './device-sync';

/**
 * Gathers what each sync was, and writes it down once it is over, later and in one go. Nothing waits for that: what is too
 * much, or cannot be written for long, is lost and counted.
 */
export interface SyncGathering {
  /** Something goes either way. */
  touch(sync: DeviceSync): void;
  /** Of a device that makes calls; null where there are too many of them to remember. */
  ofCaller(party: SyncParty, version: number): DeviceSync | null;
  /** The device left the space. */
  end(sync: DeviceSync): void;
  /** Ends all, and writes what is still to be written. */
  close(): Promise<void>;
}

export type SyncGatheringDeps = Pick<GatewayDeps, 'clock' | 'timer' | 'timing' | 'metrics' | 'log'> & {
  readonly store: SyncLog;
};

const ENTRIES_WAITING_MAX = 10_000;
const CALLERS_MAX = 10_000;
const WRITTEN_TOGETHER = 500;

export function syncGathering(deps: SyncGatheringDeps): SyncGathering {
  const { clock, timer, timing, metrics } = deps;
  const open = new Set<DeviceSync>();
  const callers = new Map<string, DeviceSync>();
  const waiting: PlacedSync[] = [];

  const end = (sync: DeviceSync): void => {
    if (!open.delete(sync)) return;
    const entry = taken(sync);
    if (entry === null) return;
    if (waiting.length < ENTRIES_WAITING_MAX) waiting.push({ space: sync.space, entry });
    else metrics.syncsLost(1);
  };
  const endQuiet = (): void => {
    const nowMs = clock.nowMs();
    for (const sync of open) {
      const isQuiet = nowMs - sync.lastAtMs >= timing.syncQuietMs;
      if (isQuiet || nowMs - sync.startedAtMs! >= timing.syncLongestMs) end(sync);
    }
    for (const [key, sync] of callers) if (sync.startedAtMs === null) callers.delete(key);
  };
  const writeAll = writing(deps, waiting);
  const stop = every(timer, timing.keepEveryMs, () => {
    endQuiet();
    return writeAll();
  });

  return {
    touch(sync) {
      sync.lastAtMs = clock.nowMs();
      if (sync.startedAtMs !== null) return;
      sync.startedAtMs = sync.lastAtMs;
      sync.fromVersion = sync.version;
      open.add(sync);
    },
    ofCaller(party, version) {
      // Neither has a control character in it.
      const key = `${party.space}\n${party.device}`;
      const known = callers.get(key);
      if (known !== undefined) return known;
      if (callers.size >= CALLERS_MAX) {
        metrics.syncsLost(1);
        return null;
      }
      const sync = deviceSync(party, version);
      callers.set(key, sync);
      return sync;
    },
    end,
    async close() {
      stop();
      for (const sync of [...open]) end(sync);
      await writeAll();
      metrics.syncsLost(waiting.length);
    },
  };
}

/** What cannot be written is kept for the next time, as far as there is room. */
function writing({ store, metrics, log }: SyncGatheringDeps, waiting: PlacedSync[]): () => Promise<void> {
  return async () => {
    while (waiting.length > 0) {
      const several = waiting.splice(0, WRITTEN_TOGETHER);
      try {
        await store.noteSyncs(several);
        metrics.syncsWritten(several.length);
      } catch (error) {
        const room = ENTRIES_WAITING_MAX - waiting.length;
        waiting.unshift(...several.slice(0, room));
        metrics.syncsLost(Math.max(0, several.length - room));
        log.warn('syncs were not written down yet', { count: waiting.length, error });
        return;
      }
    }
  };
}
