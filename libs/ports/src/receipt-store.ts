import type { ChangeNumber, DeviceId, Receipt, SpaceKey, Version } from '@syncline/core';

/**
 * What is remembered of changes once they were answered. Contract: one snapshot. Receipts that were pruned, and numbers that
 * were not taken yet, are missing; which of the two it is tells `lastNumber`, 0 for a device that never pushed. Null stands
 * for a space that does not exist.
 */
export interface ReceiptStore {
  receipts(
    space: SpaceKey,
    device: DeviceId,
    numbers: readonly ChangeNumber[],
  ): Promise<AnsweredChanges | null>;
}

export interface AnsweredChanges {
  readonly head: Version;
  /** Everyone was told that the space has moved on up to here. */
  readonly announced: Version;
  readonly lastNumber: ChangeNumber;
  readonly receipts: ReadonlyMap<ChangeNumber, Receipt>;
  /** W3C traceparents, of changes that belong to a trace, for as long as the history has them; no history tells of a rejected one. */
  readonly traces: ReadonlyMap<ChangeNumber, string>;
}
