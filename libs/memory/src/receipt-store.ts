import { changeKey, type ChangeNumber, type Receipt } from '@syncline/core';
import type { ReceiptStore } from '@syncline/ports';
import type { StoreTables } from './store-tables';

export function receiptStore({ spaces }: StoreTables): ReceiptStore {
  return {
    async receipts(space, device, numbers) {
      const table = spaces.get(space);
      if (table === undefined) return null;
      const receipts = new Map<ChangeNumber, Receipt>();
      for (const number of numbers) {
        const receipt = table.receipts.get(changeKey(device, number));
        if (receipt !== undefined) receipts.set(number, receipt);
      }
      const { state, announced, numbers: taken } = table;
      return { head: state.head, announced, lastNumber: taken.get(device)?.number ?? 0, receipts };
    },
  };
}
