import {
  type Answer,
  type CheckPlan,
  type ClaimedRange,
  type Cursor,
  type CursorKeys,
  type Delta as SpaceDelta,
  type Limits,
  namedLimits,
  nameHash,
  type Reader,
  refused,
  type SpaceKey,
  type Subscribe,
  type Version,
} from '@syncline/core';
import { compareRanges, type Comparison, hashChain, planSpace, readDelta } from '@syncline/flows';
import { sha256 } from '@syncline/memory';
import {
  type Administration,
  type Announcements,
  type ArtifactStore,
  type AuditStore,
  type Chance,
  type Clock,
  type ConflictLedger,
  type DeltaStore,
  type DeviceStore,
  type Directory,
  type HistoryStore,
  type SyncLog,
  type Timer,
  Unavailable,
  type UpkeepStore,
} from '@syncline/ports';
import type { Log, Span, Traces } from '@syncline/telemetry';
import { chainLinkToBytes, type OnBehalf } from '@syncline/wire';
import { boundedWork } from './bounded-work';
import type { DeltaCall, DeltaMetrics } from './delta-metrics';
import { DEFAULT_DELTA_SETTINGS, type DeltaSettings } from './delta-settings';
import { readAhead } from './read-ahead';
import { repairUnannounced } from './repair';
import { repeating } from './repeating';
import { keepSpaces } from './retention';
import { sharedChanges } from './shared-changes';
import { keepTenants } from './tenancy';

export interface DeltaDeps {
  readonly store: DeltaStore &
    Pick<DeviceStore, 'devices'> &
    UpkeepStore &
    Pick<HistoryStore, 'atVersion'> &
    AuditStore &
    Pick<ConflictLedger, 'conflicts'> &
    Pick<SyncLog, 'forgetSyncs'> &
    Pick<Administration, 'endMemberships' | 'tenants' | 'usage' | 'listSpaces'> &
    Pick<Directory, 'setQuota'> & { readonly artifacts: Pick<ArtifactStore, 'removeAbandoned'> };
  readonly announcements: Announcements;
  readonly keys: CursorKeys;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly chance: Chance;
  readonly metrics: DeltaMetrics;
  readonly traces: Traces;
  readonly log: Log;
  readonly settings?: Partial<DeltaSettings>;
}

/** Finds what devices lack, and keeps all spaces in order. Whoever has gone, as the signal says, is not read for. */
export interface Delta {
  readonly read: (
    space: SpaceKey,
    reader: Reader,
    cursor: Cursor,
    gone?: AbortSignal,
    /** The highest version that is known of the space; without it, it is read anew. */
    knownHead?: Version | null,
    /** W3C traceparent to go on from. */
    traceparent?: string,
  ) => Promise<Answer<SpaceDelta>>;
  readonly plan: (onBehalf: OnBehalf, subscribe: Subscribe, gone?: AbortSignal) => Promise<Answer<CheckPlan>>;
  readonly compare: (
    onBehalf: OnBehalf,
    ranges: readonly ClaimedRange[],
    gone?: AbortSignal,
  ) => Promise<Answer<Comparison>>;
  close(): Promise<void>;
}

export function createDelta(deps: DeltaDeps): Delta {
  const { store, keys, limits, metrics, traces } = deps;
  const settings = { ...DEFAULT_DELTA_SETTINGS, ...deps.settings };
  const deltas: DeltaStore = { ...store, changes: pagesOf(deps, settings) };
  const read = readDelta({ deltas, limits });
  const plan = planSpace({ deltas, keys });
  const compare = compareRanges({ deltas });
  const work = boundedWork(settings.readsMax, settings.waitingReadsMax);
  const settle = settling(deps, settings, work);
  const upkeep = startUpkeep(deps, settings);
  let closed = false;
  metrics.watch({ running: () => work.running, waiting: () => work.waiting });
  metrics.limitsInForce([...namedLimits(limits), ['waiting_reads_max', settings.waitingReadsMax]]);

  const ask = <Value>(
    call: DeltaCall,
    gone: AbortSignal | undefined,
    question: () => Promise<Answer<Value>>,
  ): Promise<Answer<Value>> =>
    closed ? Promise.resolve(away<Value>(settings)) : settle(call, gone, question);

  return {
    async read(space, reader, cursor, gone, knownHead = null, parent = '') {
      const span = parent === '' ? null : traces.follow('delta.read', { parent, kind: 'server' });
      const answer = await ask('read', gone, () => read(space, reader, cursor, knownHead));
      if (answer.ok) metrics.page(answer.value.page.entries.length);
      if (span !== null) readAnswered(span, space, answer);
      return answer;
    },
    plan: ({ space, access }, subscribe, gone) => ask('plan', gone, () => plan(space, access, subscribe)),
    compare: (onBehalf, ranges, gone) => ask('compare', gone, () => compare(onBehalf, ranges)),
    async close() {
      closed = true;
      await upkeep.close();
      await work.idle();
    },
  };
}

function readAnswered(span: Span, space: SpaceKey, answer: Answer<SpaceDelta>): void {
  span.tell({ space: nameHash(space) });
  if (answer.ok) {
    const { page, checkpoint } = answer.value;
    span.tell({ entries: page.entries.length, version: page.cursor.position, more: checkpoint === null });
  } else span.fail(answer.refusal.reason);
  span.end();
}

function pagesOf({ store, clock, metrics }: DeltaDeps, settings: DeltaSettings): DeltaStore['changes'] {
  const shared = () => metrics.shared();
  const { keptPagesMax, keepPagesMs: keepMs } = settings;
  const changes = sharedChanges({ deltas: store, clock, keptMax: keptPagesMax, keepMs, shared });
  return readAhead({ deltas: { changes }, clock, pagesMax: keptPagesMax, keepMs });
}

const away = <Value>({ retryAfterMs }: DeltaSettings): Answer<Value> =>
  refused('UNAVAILABLE', { retryAfterMs });

/** Every call ends in an answer: what cannot be reached is a refusal, a fault is one that tells nothing. */
function settling(
  { clock, metrics, log }: DeltaDeps,
  settings: DeltaSettings,
  work: ReturnType<typeof boundedWork>,
) {
  return async <Value>(
    call: DeltaCall,
    gone: AbortSignal | undefined,
    question: () => Promise<Answer<Value>>,
  ): Promise<Answer<Value>> => {
    const startedAtMs = clock.nowMs();
    const answer = await work
      .run(question, gone)
      .then((answered) => {
        if (answered === null && gone?.aborted !== true) metrics.full();
        return answered ?? away<Value>(settings);
      })
      .catch((error: unknown): Answer<Value> => {
        if (!(error instanceof Unavailable)) {
          log.error('a call failed', { call, error });
          return refused('INTERNAL');
        }
        log.warn('the store cannot be reached', { call, error });
        return away<Value>(settings);
      });
    metrics.answered(
      call,
      answer.ok ? 'OK' : answer.refusal.reason,
      Math.max(0, clock.nowMs() - startedAtMs),
    );
    return answer;
  };
}

function startUpkeep(deps: DeltaDeps, settings: DeltaSettings): { close(): Promise<void> } {
  const { store, timer, chance } = deps;
  const { repairEveryMs, repairSpacesMax, keepEveryMs } = settings;
  const stores = { deltas: store, devices: store, upkeep: store, history: store };
  const kept = { conflicts: store, syncLog: store };
  const chain = hashChain({ audit: store, sha256, encodeLink: chainLinkToBytes });
  const shared = { ...deps, ...stores, ...kept, chain, artifacts: store.artifacts, settings };
  const retention = keepSpaces({ ...shared, holder: chance.id() });
  const repairing = repeating(
    timer,
    repairEveryMs,
    repairUnannounced({ ...shared, spacesMax: repairSpacesMax }),
  );
  const keeping = repeating(timer, keepEveryMs, (round) => retention.walk(round));
  const tenancy = startTenancy(deps, settings);
  return {
    async close() {
      await Promise.all([repairing.close(), keeping.close(), tenancy.close()]);
      await retention.release();
    },
  };
}

function startTenancy(deps: DeltaDeps, settings: DeltaSettings): { close(): Promise<void> } {
  const { store, timer, chance } = deps;
  const stores = { members: store, tenants: store, spaces: store, directory: store, upkeep: store };
  const tenancy = keepTenants({ ...deps, ...stores, settings, holder: chance.id() });
  const ending = repeating(timer, settings.endMembershipsEveryMs, tenancy.endMemberships);
  const counting = repeating(timer, settings.allowGrowthEveryMs, tenancy.allowGrowth);
  return {
    async close() {
      await Promise.all([ending.close(), counting.close()]);
      await tenancy.release();
    },
  };
}
