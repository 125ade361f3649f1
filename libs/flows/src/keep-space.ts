import { type Limits, nextFloor, type SpaceKey, type Version } from '@syncline/core';
import type { Clock, DeltaStore, DeviceStore, UpkeepStore } from '@syncline/ports';
import type { HashChain } from './hash-chain';

export interface KeepSpaceDeps {
  readonly deltas: Pick<DeltaStore, 'state'>;
  readonly devices: Pick<DeviceStore, 'devices'>;
  readonly upkeep: UpkeepStore;
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
  /** Versions that were added to the hash chain. */
  readonly chained: number;
}

/** Forgets what no device within the offline horizon can still ask for. */
export function keepSpace({ deltas, devices, upkeep, chain, clock, limits }: KeepSpaceDeps) {
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
    const history = await upkeep.pruneHistory(space, limits.historyPerRecordMax, horizon, upTo);
    const receipts = await upkeep.pruneReceipts(space, horizon);
    return {
      head: state.head,
      floor,
      tombstones: purged,
      history: history.pruned,
      receipts: receipts.pruned,
      chained: chained?.links ?? 0,
    };
  };
}
