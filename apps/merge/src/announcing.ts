import type { MergePlan, SpaceKey, Version } from '@syncline/core';
import { announcePlans } from '@syncline/flows';
import type { Announcements, Timer, UpkeepStore } from '@syncline/ports';
import type { Log } from '@syncline/telemetry';
import { failureFacts } from './failure-facts';
import type { MergeMetrics } from './merge-metrics';
import type { MergeSettings } from './merge-settings';

export interface AnnouncingDeps {
  readonly announcements: Announcements;
  readonly upkeep: Pick<UpkeepStore, 'markAnnounced'>;
  readonly limits: Parameters<typeof announcePlans>[0]['limits'];
  readonly timer: Timer;
  readonly settings: Pick<MergeSettings, 'announcingBytesMax' | 'markAnnouncedWithinMs'>;
  readonly metrics: MergeMetrics;
  readonly log: Log;
}

/** Announces commits beside the next ones: in order for each space, and for no space waiting for another. */
export interface Announcing {
  announce(plans: readonly MergePlan[]): void;
  /** Resolves when everything has been announced, or has failed to be. */
  close(): Promise<void>;
}

/**
 * Whatever is lost here, by a failure, by too many waiting or by a crash, stays marked as not announced and is found by
 * the repair; who is told of a later commit first notices the gap and reads. The mark is written after a while for all
 * announcements until then: if a crash comes before, the repair announces once more, which does no harm.
 */
export function announcing(deps: AnnouncingDeps): Announcing {
  const { announcements, limits, settings, metrics, log } = deps;
  const queues = new Map<SpaceKey, MergePlan[]>();
  const going = new Set<Promise<void>>();
  const marks = announcedMarks(deps);
  const tell = announcePlans({ announcements, upkeep: marks, limits });
  let waitingBytes = 0;
  let failing = false;

  const tellAll = async (space: SpaceKey, queue: MergePlan[]): Promise<void> => {
    // Whoever was answered goes first.
    await Promise.resolve();
    for (let plan = queue.shift(); plan !== undefined; plan = queue.shift()) {
      waitingBytes -= bytesOf(plan);
      try {
        await tell([plan]);
        metrics.announced('done');
        if (failing) log.info('commits are announced again');
        failing = false;
      } catch (error) {
        metrics.announced('failed');
        if (!failing) log.warn('commits cannot be announced for now', failureFacts(error));
        failing = true;
      }
    }
    queues.delete(space);
  };

  return {
    announce(plans) {
      for (const plan of plans) {
        const { space, head } = plan.before;
        if (plan.after.head === head) continue;
        if (waitingBytes >= settings.announcingBytesMax) {
          metrics.announced('dropped');
          continue;
        }
        waitingBytes += bytesOf(plan);
        const queue = queues.get(space);
        if (queue !== undefined) {
          queue.push(plan);
          continue;
        }
        const begun = [plan];
        queues.set(space, begun);
        const told: Promise<void> = tellAll(space, begun).finally(() => void going.delete(told));
        going.add(told);
      }
    },
    async close() {
      while (going.size > 0) await Promise.all(going);
      await marks.flush();
    },
  };
}

function bytesOf({ records }: MergePlan): number {
  return records.reduce((bytes, { payload }) => bytes + RECORD_OVERHEAD_BYTES + (payload?.length ?? 0), 0);
}

const RECORD_OVERHEAD_BYTES = 256;

interface AnnouncedMarks extends Pick<UpkeepStore, 'markAnnounced'> {
  flush(): Promise<void>;
}

function announcedMarks({ upkeep, timer, settings, log }: AnnouncingDeps): AnnouncedMarks {
  const due = new Map<SpaceKey, Version>();
  let planned: (() => void) | null = null;
  let writing = Promise.resolve();

  const writeAll = async (): Promise<void> => {
    const marks = new Map(due);
    due.clear();
    try {
      await upkeep.markAnnounced(marks);
    } catch (error) {
      log.warn('announced versions were not written down', failureFacts(error));
    }
  };
  const flush = (): Promise<void> => {
    planned?.();
    planned = null;
    writing = writing.then(writeAll);
    return writing;
  };

  return {
    async markAnnounced(versions) {
      for (const [space, version] of versions) due.set(space, version);
      planned ??= timer.after(settings.markAnnouncedWithinMs, () => void flush());
    },
    flush,
  };
}
