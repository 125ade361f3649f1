import type { Answer, Cursor, Delta, Limits, Reader, SpaceKey } from '@syncline/core';
import { announceMissed, hashChain, keepSpace, readDelta } from '@syncline/flows';
import { sha256 } from '@syncline/memory';
import type { Announcements, Clock } from '@syncline/ports';
import { chainLinkToBytes } from '@syncline/wire';
import type { Process, Tolerate } from './process';
import { type Store, storeFor } from './stores';

export interface DeltaProcess {
  readonly process: Process;
  read(space: SpaceKey, reader: Reader, cursor: Cursor): Promise<Answer<Delta>>;
}

export interface DeltaProcessDeps {
  readonly store: Store;
  readonly upkeepStore: Store;
  readonly announcements: Announcements;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly tolerate: Tolerate;
}

const REPAIR_MS = 2_000;
const KEEP_MS = 15_000;
const LEASE_MS = 10_000;

/** Reads deltas, and keeps the spaces in order: announces what was missed, forgets what no one needs. */
export function deltaProcess(process: Process, deps: DeltaProcessDeps): DeltaProcess {
  const store = storeFor(process, deps.store);
  const { clock, limits, announcements } = deps;
  const read = readDelta({ deltas: store, limits });
  const repair = announceMissed({ announcements, upkeep: store, deltas: store });
  const chain = hashChain({ audit: store, sha256, encodeLink: chainLinkToBytes });
  const keep = keepSpace({
    deltas: storeFor(process, deps.upkeepStore),
    conflicts: store,
    devices: store,
    upkeep: store,
    syncLog: store,
    chain,
    clock,
    limits,
  });

  const keepAll = async (): Promise<void> => {
    if (!(await store.lease('keep', process.name, clock.nowMs(), LEASE_MS))) return;
    for (const space of await store.spaces(null, 100)) await keep(space);
    await store.release('keep', process.name);
  };

  const everyMs = (periodMs: number, task: () => Promise<unknown>): void => {
    process.after(periodMs, () => {
      task().catch(deps.tolerate);
      everyMs(periodMs, task);
    });
  };
  everyMs(REPAIR_MS, () => repair(100));
  everyMs(KEEP_MS, keepAll);

  return { process, read };
}
