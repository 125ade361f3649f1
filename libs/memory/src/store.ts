import type {
  Administration,
  ArtifactStore,
  Clock,
  DeltaStore,
  DeviceStore,
  Directory,
  HistoryStore,
  MergeStore,
  ReceiptStore,
  UpkeepStore,
} from '@syncline/ports';
import { administration } from './administration';
import { artifactStore } from './artifact-store';
import { deltaStore } from './delta-store';
import { deviceStore } from './device-store';
import { directory } from './directory';
import { historyStore } from './history-store';
import { mergeStore } from './merge-store';
import { receiptStore } from './receipt-store';
import { storeTables } from './store-tables';
import { systemClock } from './system-clock';
import { upkeepStore } from './upkeep-store';

export type MemoryStore = MergeStore &
  DeltaStore &
  DeviceStore &
  UpkeepStore &
  HistoryStore &
  ReceiptStore &
  Directory &
  Administration & { readonly artifacts: ArtifactStore };

/** Everything that is kept for good, over one set of tables: the Postgres of memory. */
export function memoryStore(clock: Clock = systemClock()): MemoryStore {
  const tables = storeTables(clock);
  return {
    ...mergeStore(tables),
    ...deltaStore(tables),
    ...deviceStore(tables),
    ...upkeepStore(tables),
    ...historyStore(tables),
    ...receiptStore(tables),
    ...directory(tables),
    ...administration(tables),
    artifacts: artifactStore(tables),
  };
}
