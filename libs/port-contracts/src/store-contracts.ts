import { describeAuditStoreContract } from './audit-store-contract';
import { describeConflictLedgerContract } from './conflict-ledger-contract';
import { describeDeltaStoreContract } from './delta-store-contract';
import { describeDeviceStoreContract } from './device-store-contract';
import { describeDirectoryContract } from './directory-contract';
import { describeHistoryStoreContract } from './history-store-contract';
import { describeMergeStoreContract } from './merge-store-contract';
import { describePastStoreContract } from './past-store-contract';
import { describeReceiptStoreContract } from './receipt-store-contract';
import type { MakeStore } from './store-under-test';
import { describeSyncLogContract } from './sync-log-contract';
import { describeUpkeepStoreContract } from './upkeep-store-contract';

/** All suites of a store that keeps everything in one place. */
export function describeStoreContracts(name: string, make: MakeStore): void {
  describeMergeStoreContract(name, make);
  describeDeltaStoreContract(name, make);
  describeDeviceStoreContract(name, make);
  describeUpkeepStoreContract(name, make);
  describeHistoryStoreContract(name, make);
  describePastStoreContract(name, make);
  describeSyncLogContract(name, make);
  describeAuditStoreContract(name, make);
  describeConflictLedgerContract(name, make);
  describeReceiptStoreContract(name, make);
  describeDirectoryContract(name, make);
}
