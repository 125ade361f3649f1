import type { SpaceKey, Version } from '@syncline/core';
import { announceMissed, type AnnounceMissedDeps } from '@syncline/flows';
import { Unavailable } from '@syncline/ports';
import type { Log } from '@syncline/telemetry';
import type { DeltaMetrics } from './delta-metrics';

export interface RepairDeps extends AnnounceMissedDeps {
  readonly spacesMax: number;
  readonly metrics: DeltaMetrics;
  readonly log: Log;
}

/**
 * One look for commits that nobody announced. What was committed just now is on its way, so a space counts as missed only
 * when its announcing has not moved since the look before. Several instances may find the same: an announcement that comes
 * twice does no harm, so no lease is needed, and repair goes on whichever instance dies.
 */
export function repairUnannounced(deps: RepairDeps): () => Promise<void> {
  const { spacesMax, metrics, log } = deps;
  const announce = announceMissed(deps);
  let before: ReadonlyMap<SpaceKey, Version> = new Map();

  return async () => {
    const found = new Map<SpaceKey, Version>();
    try {
      const repaired = await announce(spacesMax, ({ space, announced }) => {
        found.set(space, announced);
        return before.get(space) === announced;
      });
      if (repaired.length > 0) log.info('commits were announced anew', { spaces: repaired.length });
      metrics.repaired(repaired.length);
    } catch (error) {
      metrics.failed('repair');
      if (error instanceof Unavailable) log.warn('commits could not be announced anew', { error });
      else log.error('looking for unannounced commits failed', { error });
    }
    before = found;
  };
}
