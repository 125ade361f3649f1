import { nameHash, type SpaceKey } from '@syncline/core';
import {
  forgetUploads,
  type ForgetUploadsDeps,
  type Kept,
  keepSpace,
  type KeepSpaceDeps,
} from '@syncline/flows';
import { type HistoryStore, Unavailable } from '@syncline/ports';
import type { Log } from '@syncline/telemetry';
import type { DeltaMetrics } from './delta-metrics';
import type { DeltaSettings } from './delta-settings';
import type { Round } from './repeating';

export interface RetentionDeps extends KeepSpaceDeps, ForgetUploadsDeps {
  readonly history: Pick<HistoryStore, 'atVersion'>;
  readonly limits: KeepSpaceDeps['limits'] & ForgetUploadsDeps['limits'];
  /** Of the lease: one of its own for every process. */
  readonly holder: string;
  readonly settings: Pick<
    DeltaSettings,
    'keepEveryMs' | 'keepSpacesPerSecond' | 'keepPageSpaces' | 'keepLeaseMs'
  >;
  readonly metrics: DeltaMetrics;
  readonly log: Log;
}

const TASK = 'keep-spaces';

export interface Retention {
  /** One walk over all spaces, at a bounded rate; none where another instance has the lease. Never rejects. */
  walk(round: Round): Promise<void>;
  /** Lets another instance walk at once; without it, only when the lease lapses. */
  release(): Promise<void>;
}

export function keepSpaces(deps: RetentionDeps): Retention {
  const { upkeep, clock, holder, settings, log, metrics } = deps;
  const keep = keepOne(deps);
  const age = floorAge(deps);
  const hold = (forMs: number) => upkeep.lease(TASK, holder, clock.nowMs(), forMs);

  const walk = async (round: Round): Promise<void> => {
    const startedAtMs = clock.nowMs();
    const pauseMs = Math.ceil(1_000 / settings.keepSpacesPerSecond);
    let after: SpaceKey | null = null;
    let spaces = 0;
    let failed = 0;
    const floors = { behindMax: 0, ageMsMax: 0 };
    for (;;) {
      if (!(await hold(settings.keepLeaseMs))) return;
      const page: readonly SpaceKey[] = await upkeep.spaces(after, settings.keepPageSpaces);
      if (page.length === 0) break;
      for (const space of page) {
        const kept = await keep(space);
        if (kept === 'failed') failed++;
        else if (kept !== null) {
          floors.behindMax = Math.max(floors.behindMax, kept.head - kept.floor);
          floors.ageMsMax = Math.max(floors.ageMsMax, await age(space, kept));
        }
        spaces++;
        if (!(await round.pause(pauseMs))) return;
      }
      after = page[page.length - 1]!;
    }
    // Until its next walk, no other instance begins one.
    await hold(settings.keepEveryMs + settings.keepLeaseMs);
    const nowMs = clock.nowMs();
    metrics.walked({ spaces, failed, tookMs: Math.max(0, nowMs - startedAtMs), endedAtMs: nowMs, ...floors });
  };

  return {
    async walk(round) {
      try {
        await walk(round);
      } catch (error) {
        metrics.failed('keep');
        log.warn('the walk over all spaces ended early', { error });
      }
    },
    // Where the store is away, the lease runs out by itself.
    release: () => upkeep.release(TASK, holder).catch(() => undefined),
  };
}

/** A space that fails is left for the next walk; a store that is away ends this one. */
function keepOne(deps: RetentionDeps): (space: SpaceKey) => Promise<Kept | 'failed' | null> {
  const keep = keepSpace(deps);
  const forget = forgetUploads(deps);
  return async (space) => {
    try {
      const kept = await keep(space);
      if (kept !== null) deps.metrics.kept(kept);
      deps.metrics.uploadsForgotten(await forget(space));
      return kept;
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      deps.metrics.failed('keep');
      deps.log.error('a space could not be kept in order', { space: nameHash(space), error });
      return 'failed';
    }
  };
}

/** How long ago the oldest write above the floor was made, at the least; 0 where there is none. */
function floorAge({ history, clock, limits }: RetentionDeps) {
  return async (space: SpaceKey, { floor, head }: Kept): Promise<number> => {
    if (floor >= head) return 0;
    const oldest = await history.atVersion(space, floor + 1);
    // What was forgotten already is older than all that is kept.
    return oldest === null ? limits.offlineHorizonMs : Math.max(0, clock.nowMs() - oldest.committedAtMs);
  };
}
