import { type MergePlan, nameHash, type SpaceKey, type Version } from '@syncline/core';
import { announcePlans } from '@syncline/flows';
import type { Announcements, Timer, UpkeepStore } from '@syncline/ports';
import type { Log, Traces } from '@syncline/telemetry';
import { failureFacts } from './failure-facts';
import type { MergeMetrics } from './merge-metrics';
import type { MergeSettings } from './merge-settings';
import type { TracesBySpace } from './push-traces';

export interface AnnouncingDeps {
  readonly announcements: Announcements;
  readonly upkeep: Pick<UpkeepStore, 'markAnnounced'>;
  readonly limits: Parameters<typeof announcePlans>[0]['limits'];
  readonly timer: Timer;
  readonly settings: Pick<MergeSettings, 'announcingBytesMax' | 'markAnnouncedWithinMs'>;
  readonly metrics: MergeMetrics;
  readonly traces: Traces;
  readonly log: Log;
}

/** Announces commits beside the next ones: in order for each space, and for no space waiting for another. */
export interface Announcing {
  announce(plans: readonly MergePlan[], traces: TracesBySpace): void;
  /** Resolves when everything has been announced, or has failed to be. */
  close(): Promise<void>;
}

interface Announced {
  readonly plan: MergePlan;
  /** What its traced pushes go on from. */
  readonly parents: readonly string[];
}

/**
 * Whatever is lost here, by a failure, by too many waiting or by a crash, stays marked as not announced and is found by
 * the repair; who is told of a later commit first notices the gap and reads. The mark is written after a while for all
 * announcements until then: if a crash comes before, the repair announces once more, which does no harm.
 */
export function announcing(deps: AnnouncingDeps): Announcing {
  const { announcements, limits, settings, metrics, log } = deps;
  const queues = new Map<SpaceKey, Announced[]>();
  const going = new Set<Promise<void>>();
  const marks = announcedMarks(deps);
  const tell = tracedAnnounce(deps.traces, announcePlans({ announcements, upkeep: marks, limits }));
  let waitingBytes = 0;
  let failing = false;

  const tellAll = async (space: SpaceKey, queue: Announced[]): Promise<void> => {
    // Whoever was answered goes first.
    await Promise.resolve();
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      waitingBytes -= bytesOf(next.plan);
      try {
        await tell(next);
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
    announce(plans, traces) {
      for (const plan of plans) {
        const { space, head } = plan.before;
        if (plan.after.head === head) continue;
        if (waitingBytes >= settings.announcingBytesMax) {
          metrics.announced('dropped');
          continue;
        }
        waitingBytes += bytesOf(plan);
        const next = { plan, parents: traces.get(space) ?? NONE };
        const queue = queues.get(space);
        if (queue !== undefined) {
          queue.push(next);
          continue;
        }
        const begun = [next];
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

const NONE: readonly string[] = [];

/** Each trace goes on with the announcement, to everyone who hears it. */
function tracedAnnounce(traces: Traces, announce: ReturnType<typeof announcePlans>) {
  return async ({ plan, parents }: Announced): Promise<void> => {
    if (parents.length === 0) return announce([plan]);
    const facts = { space: nameHash(plan.before.space), version: plan.after.head };
    const spans = parents.flatMap(
      (parent) => traces.follow('merge.announce', { parent, kind: 'producer', facts }) ?? [],
    );
    const end = (): void => spans.forEach((span) => span.end());
    try {
      await announce(
        [plan],
        spans.map(({ traceparent }) => traceparent),
      );
    } catch (error) {
      for (const span of spans) span.fail('not announced');
      throw error;
    } finally {
      end();
    }
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
