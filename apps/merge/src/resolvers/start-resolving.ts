import { readFileSync } from 'node:fs';
import type { Limits } from '@syncline/core';
import type { ChangeAsServiceDeps } from '@syncline/flows';
import type { Chance, Clock, ConflictLedger, DeltaStore, Timer, UpkeepStore } from '@syncline/ports';
import { resolverHostsIn, type ResolverAccess } from '@syncline/service-kit';
import type { Log } from '@syncline/telemetry';
import { resolverClient } from './resolver-client';
import type { ResolverMetrics } from './resolver-metrics';
import { DEFAULT_RESOLVER_SETTINGS, type ResolverSettings } from './resolver-settings';
import { type Resolving, resolving } from './resolving';

export interface StartResolvingDeps extends ChangeAsServiceDeps {
  readonly store: Pick<DeltaStore, 'heads' | 'records' | 'collections'> &
    Pick<ConflictLedger, 'seenBy' | 'writtenAt' | 'waitingForResolver'> &
    Pick<UpkeepStore, 'lease' | 'release'>;
  readonly access: ResolverAccess;
  readonly limits: Pick<Limits, 'recordBytesMax'>;
  readonly settings?: Partial<ResolverSettings>;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly chance: Pick<Chance, 'id'>;
  readonly metrics: ResolverMetrics;
  readonly log: Log;
}

/** Beside its payload, an answer says why. */
const ANSWER_OVERHEAD_BYTES = 256 * 1024;

/** Has the resolvers of tenants asked, where the settings let them be. */
export function startResolving({ store, access, limits, ...deps }: StartResolvingDeps): Resolving {
  const { resolverTokens: tokens, resolverCaFile } = access;
  const settings = { ...DEFAULT_RESOLVER_SETTINGS, ...deps.settings };
  const client = resolverClient({
    ...deps,
    settings,
    hosts: resolverHostsIn(access),
    tokens,
    authorities: resolverCaFile === null ? null : readFileSync(resolverCaFile),
    answerBytesMax: limits.recordBytesMax + ANSWER_OVERHEAD_BYTES,
  });
  return resolving({ ...deps, settings, client, deltas: store, conflicts: store, upkeep: store });
}
