import { changeKey, type ChangeNumber, type Receipt } from '@syncline/core';
import type { ReceiptStore } from '@syncline/ports';
import type { StoreTables } from './store-tables';

export function receiptStore({ spaces }: StoreTables): ReceiptStore {
  return {
    async receipts(space, device, numbers) {
      const table = spaces.get(space);
      if (table === undefined) return null;
      const receipts = new Map<ChangeNumber, Receipt>();
      const traces = new Map<ChangeNumber, string>();
      for (const number of numbers) {
        const receipt = table.receipts.get(changeKey(device, number));
        if (receipt !== undefined) receipts.set(number, receipt);
        const trace = table.history.traceOf(device, number);
        if (trace !== '') traces.set(number, trace);
      }
      const { state, announced, numbers: taken } = table;
      return { head: state.head, announced, lastNumber: taken.get(device)?.number ?? 0, receipts, traces };
    },
  };
}
