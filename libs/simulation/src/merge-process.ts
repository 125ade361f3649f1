import { type Limits, type PolicyRegistry, type PushResult, refusal } from '@syncline/core';
import { announcePlans, pushChanges, type SpacePush } from '@syncline/flows';
import type { Announcements, Clock } from '@syncline/ports';
import type { Process, Tolerate } from './process';
import { type Store, storeFor } from './stores';

export interface MergeProcess {
  readonly process: Process;
  push(push: SpacePush): Promise<PushResult>;
}

export interface MergeProcessDeps {
  readonly store: Store;
  readonly announcements: Announcements;
  readonly clock: Clock;
  readonly policies: PolicyRegistry;
  readonly limits: Limits;
  readonly tolerate: Tolerate;
}

const BATCH_MAX = 32;

/** What waits goes into one transaction; the next batch gathers while that one commits. */
export function mergeProcess(process: Process, deps: MergeProcessDeps): MergeProcess {
  const store = storeFor(process, deps.store);
  const flow = pushChanges({ ...deps, store });
  const announce = announcePlans({ announcements: deps.announcements, upkeep: store, limits: deps.limits });
  const waiting: { push: SpacePush; answer: (result: PushResult) => void }[] = [];
  let busy = false;

  const pump = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    while (waiting.length > 0 && process.alive()) {
      const batch = waiting.splice(0, BATCH_MAX);
      try {
        const { results, plans } = await flow(batch.map(({ push }) => push));
        batch.forEach(({ answer }, index) => answer(results[index]!));
        // A crash from here on leaves the commit unannounced, which the repair has to find.
        void announce(plans).catch(deps.tolerate);
      } catch (error) {
        deps.tolerate(error);
        for (const { answer } of batch)
          answer({ kind: 'refused', refusal: refusal('UNAVAILABLE', { retryAfterMs: 500 }) });
      }
    }
    busy = false;
  };

  return {
    process,
    push: (push) =>
      new Promise((answer) => {
        waiting.push({ push, answer });
        void pump();
      }),
  };
}
