import type {
  Administration,
  ArtifactStore,
  AuditStore,
  Clock,
  ConflictLedger,
  DeltaStore,
  DeviceStore,
  Directory,
  HistoryStore,
  MergeStore,
  PastStore,
  ReceiptStore,
  SyncLog,
  UpkeepStore,
} from '@syncline/ports';
import { administration } from './administration';
import { artifactStore } from './artifact-store';
import { auditStore } from './audit-store';
import { conflictLedger } from './conflict-ledger';
import { deltaStore } from './delta-store';
import { deviceStore } from './device-store';
import { directory } from './directory';
import { historyStore } from './history-store';
import { mergeStore } from './merge-store';
import { pastStore } from './past-store';
import { receiptStore } from './receipt-store';
import { storeTables } from './store-tables';
import { systemClock } from './system-clock';
import { syncLog } from './sync-log';
import { upkeepStore } from './upkeep-store';

export type MemoryStore = MergeStore &
  DeltaStore &
  DeviceStore &
  UpkeepStore &
  HistoryStore &
  ConflictLedger &
  PastStore &
  SyncLog &
  AuditStore &
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
    ...conflictLedger(tables),
    ...pastStore(tables),
    ...syncLog(tables),
    ...auditStore(tables),
    ...receiptStore(tables),
    ...directory(tables),
    ...administration(tables),
    artifacts: artifactStore(tables),
  };
}
