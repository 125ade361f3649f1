import { decodeUtf8, type HistoryEntry, type MergePlan } from '@syncline/core';
import { noteCommit, type WorldRecord } from './record';
import type { Store } from './stores';

/** The store, with every commit and every row read written down on the side. */
export function observedStore(store: Store, record: WorldRecord, tell: (line: string) => void): Store {
  return {
    ...store,
    async transact(spaces, work) {
      let saved: readonly MergePlan[] = [];
      const result = await store.transact(spaces, (transaction) =>
        work({
          load: (wanted) => transaction.load(wanted),
          seen: (wanted) => transaction.seen(wanted),
          async save(plans) {
            await transaction.save(plans);
            saved = plans;
          },
        }),
      );
      for (const plan of saved) {
        noteCommit(record, plan);
        for (const entry of plan.history) tell(`  ${plan.before.space} ${entryText(entry)}`);
      }
      return result;
    },
    async newEpoch(space) {
      const epoch = await store.newEpoch(space);
      record.epochHeads.add(`${space} ${(await store.state(space))!.head}`);
      return epoch;
    },
    async changes(request) {
      const changes = await store.changes(request);
      record.reads.calls++;
      record.reads.rows += changes?.rows.length ?? 0;
      return changes;
    },
  };
}

function entryText(entry: HistoryEntry): string {
  const text = (bytes: Uint8Array | null): string =>
    bytes === null ? 'nothing' : decodeUtf8(bytes).slice(0, 300);
  const sent = entry.incoming === null ? '' : ` (sent: ${text(entry.incoming)})`;
  const by = `${entry.device} change ${entry.number} on ${entry.baseVersion}`;
  return `version ${entry.version}: ${entry.collection}/${entry.id} by ${by}: ${text(entry.payload)}${sent}`;
}
