import { type MergePlan, nameHash, tenantOf } from '@syncline/core';
import { askResolver, type AskResolverDeps, type ResolverEnd } from '@syncline/flows';
import {
  type Chance,
  type Clock,
  type ConflictLedger,
  type Timer,
  Unavailable,
  type UpkeepStore,
  type WaitingConflict,
} from '@syncline/ports';
import type { Log } from '@syncline/telemetry';
import { failureFacts } from '../failure-facts';
import { raisedIn } from './raised';
import type { ResolverClient } from './resolver-client';
import type { ResolverMetrics } from './resolver-metrics';
import { DEFAULT_RESOLVER_SETTINGS, type ResolverSettings } from './resolver-settings';
import { waitingQuestions } from './waiting-questions';

export interface ResolvingDeps extends Omit<AskResolverDeps, 'ask' | 'conflicts'> {
  readonly conflicts: Pick<ConflictLedger, 'seenBy' | 'writtenAt' | 'waitingForResolver'>;
  readonly upkeep: Pick<UpkeepStore, 'lease' | 'release'>;
  readonly client: ResolverClient;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly chance: Pick<Chance, 'id'>;
  readonly metrics: ResolverMetrics;
  readonly log: Log;
  readonly settings?: Partial<ResolverSettings>;
}

/** Has the resolvers of tenants decide their conflicts, beside everything else. */
export interface Resolving {
  /** Asks about the conflicts of a commit. */
  committed(this: void, plans: readonly MergePlan[]): void;
  /** Asks nothing more, and resolves when what was answered is decided. What is left is found by another instance. */
  close(): Promise<void>;
}

const TASK = 'ask-resolvers';
const LEASE_ROUNDS = 3;
const FOUND_AT_ONCE = 200;

/**
 * The ledger says which conflicts wait for a resolver, so nothing is lost with this process. The instance that committed one
 * asks at once; one instance at a time looks for those that have no answer. Two that ask the same do no harm: a decision
 * is made once, and what comes second finds nothing to decide.
 */
export function resolving(deps: ResolvingDeps): Resolving {
  const { conflicts, upkeep, client, clock, timer, metrics, log } = deps;
  const settings = { ...DEFAULT_RESOLVER_SETTINGS, ...deps.settings };
  const holder = deps.chance.id();
  const ask = askResolver({ ...deps, ask: (question) => client.ask(question) });
  const attempt = async (conflict: WaitingConflict): Promise<ResolverEnd> => {
    try {
      const end = await ask(conflict);
      metrics.ended(end);
      return end;
    } catch (error) {
      metrics.ended('error');
      const facts = { space: nameHash(conflict.space), ...failureFacts(error) };
      if (error instanceof Unavailable) log.warn('a conflict has to wait for the store', facts);
      else log.error('a conflict could not be decided', facts);
      return 'waits';
    }
  };
  const questions = waitingQuestions({ settings, clock, tenantOf: ({ space }) => tenantOf(space), attempt });
  metrics.watch({ waiting: () => questions.size, breakersOpen: () => client.breakersOpen() });

  /** All that wait, as long as there is room for them; the next time from the beginning again. */
  const look = async (): Promise<void> => {
    const mayLook = await upkeep.lease(TASK, holder, clock.nowMs(), LEASE_ROUNDS * settings.lookEveryMs);
    if (!mayLook) return metrics.looked(0);
    let after: WaitingConflict | null = null;
    let found = 0;
    for (;;) {
      const page: readonly WaitingConflict[] = await conflicts.waitingForResolver(after, FOUND_AT_ONCE);
      found += page.length;
      for (const conflict of page) questions.add(conflict);
      if (page.length < FOUND_AT_ONCE || questions.isFull) break;
      after = page.at(-1)!;
    }
    metrics.looked(found);
  };
  const looking = repeatedly(timer, settings.lookEveryMs, async () => {
    try {
      await look();
    } catch (error) {
      log.warn('conflicts that wait for a resolver cannot be looked for', failureFacts(error));
    }
  });

  return {
    committed(plans) {
      for (const conflict of raisedIn(plans)) questions.add(conflict);
    },
    async close() {
      questions.close();
      client.close();
      await looking.close();
      await questions.rest();
      // Where the store is away, the lease runs out by itself.
      await upkeep.release(TASK, holder).catch(() => undefined);
    },
  };
}

function repeatedly(timer: Timer, pauseMs: number, work: () => Promise<void>) {
  let closed = false;
  let going = Promise.resolve();
  let stop = (): void => undefined;
  const plan = (): void => {
    stop = timer.after(pauseMs, () => {
      going = work().finally(() => {
        if (!closed) plan();
      });
    });
  };
  plan();
  return {
    close(): Promise<void> {
      closed = true;
      stop();
      return going;
    },
  };
}
