import { describeMergeBatches } from './merge-batches';
import { describeMergeKept } from './merge-kept';
import { describeMergeLoading } from './merge-loading';
import { describeMergeSeen } from './merge-seen';
import { describeMergeTransactions } from './merge-transactions';
import { type MakeStore, storeWorld } from './store-under-test';

export function describeMergeStoreContract(name: string, make: MakeStore): void {
  describe(`${name} keeps the contract of a merge store`, () => {
    const world = storeWorld(make);
    describeMergeTransactions(world);
    describeMergeLoading(world);
    describeMergeSeen(world);
    describeMergeKept(world);
    describeMergeBatches(world);
  });
}
