import { historyBounds, type Limits, nextFloor, type SpaceKey, type Version } from '@syncline/core';
import type { Clock, DeltaStore, DeviceStore, SyncLog, UpkeepStore } from '@syncline/ports';
import type { HashChain } from './hash-chain';
import { waitingNeeds, type WaitingNeedsDeps } from './waiting-needs';

export interface KeepSpaceDeps extends WaitingNeedsDeps {
  readonly deltas: Pick<DeltaStore, 'state' | 'collections' | 'records'>;
  readonly devices: Pick<DeviceStore, 'devices'>;
  readonly upkeep: UpkeepStore;
  readonly syncLog: Pick<SyncLog, 'forgetSyncs'>;
  readonly chain: Pick<HashChain, 'extend'>;
  readonly clock: Clock;
  readonly limits: Limits;
}

export interface Kept {
  readonly head: Version;
  readonly floor: Version;
  readonly tombstones: number;
  readonly history: number;
  readonly receipts: number;
  readonly syncs: number;
  /** Versions that were added to the hash chain. */
  readonly chained: number;
}

/** Forgets what no device within the offline horizon can still ask for. */
export function keepSpace(deps: KeepSpaceDeps) {
  const { deltas, devices, upkeep, chain, clock, limits } = deps;
  return async (space: SpaceKey): Promise<Kept | null> => {
    const state = await deltas.state(space);
    const known = await devices.devices(space);
    if (state === null || known === null) return null;
    const nowMs = clock.nowMs();
    const floor = nextFloor(known, state, nowMs, limits.offlineHorizonMs);
    const { purged } = floor > state.floor ? await upkeep.raiseFloor(space, floor) : { purged: 0 };
    const horizon = nowMs - limits.offlineHorizonMs;
    const chained = await chain.extend(space);
    // What is not in the chain yet would be missing from it for good.
    const upTo = chained?.end.version ?? 0;
    const rules = (await deltas.collections(space))?.rules.values() ?? [];
    const history = await upkeep.pruneHistory(space, limits.historyPerRecordMax, horizon, upTo, {
      collections: historyBounds(rules, nowMs, limits),
      spare: () => waitingNeeds(deps, space),
    });
    const receipts = await upkeep.pruneReceipts(space, horizon);
    const syncs = await deps.syncLog.forgetSyncs(space, nowMs - limits.syncEntriesKeptMs);
    return {
      head: state.head,
      floor,
      tombstones: purged,
      history: history.pruned,
      receipts: receipts.pruned,
      syncs: syncs.forgotten,
      chained: chained?.links ?? 0,
    };
  };
}
