import type {
  DeltaStore,
  DeviceStore,
  Directory,
  HistoryStore,
  MergeStore,
  UpkeepStore,
} from '@syncline/ports';
import { deltaStore } from './delta-store';
import { deviceStore } from './device-store';
import { directory } from './directory';
import { historyStore } from './history-store';
import { mergeStore } from './merge-store';
import { storeTables } from './store-tables';
import { upkeepStore } from './upkeep-store';

export type MemoryStore = MergeStore & DeltaStore & DeviceStore & UpkeepStore & HistoryStore & Directory;

/** Everything that is kept for good, over one set of tables: the Postgres of memory. */
export function memoryStore(): MemoryStore {
  const tables = storeTables();
  return {
    ...mergeStore(tables),
    ...deltaStore(tables),
    ...deviceStore(tables),
    ...upkeepStore(tables),
    ...historyStore(tables),
    ...directory(tables),
  };
}
