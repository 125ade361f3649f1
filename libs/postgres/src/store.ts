import type {
  AccessNews,
  Administration,
  ArtifactStore,
  AuditStore,
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
import type { Sql } from './sql';
import { syncLog } from './sync-log';
import { upkeepStore } from './upkeep-store';

export type PostgresStore = MergeStore &
  DeltaStore &
  DeviceStore &
  UpkeepStore &
  HistoryStore &
  PastStore &
  SyncLog &
  AuditStore &
  ConflictLedger &
  ReceiptStore &
  Directory &
  Administration & { readonly artifacts: ArtifactStore };

export interface PostgresStoreDeps {
  /** Its schema is up to date, see `migrate`. */
  readonly sql: Sql;
  readonly news: AccessNews;
}

/** Everything that is kept for good. */
export function postgresStore({ sql, news }: PostgresStoreDeps): PostgresStore {
  return {
    ...mergeStore(sql),
    ...deltaStore(sql),
    ...deviceStore(sql),
    ...upkeepStore(sql),
    ...historyStore(sql),
    ...pastStore(sql),
    ...syncLog(sql),
    ...auditStore(sql),
    ...conflictLedger(sql),
    ...receiptStore(sql),
    ...directory(sql, news),
    ...administration(sql, news),
    artifacts: artifactStore(sql),
  };
}
