import {
  type ConflictRef,
  decodeUtf8,
  type DeviceId,
  encodeUtf8,
  type Receipt,
  type SpaceKey,
  type Violation,
} from '@syncline/core';
import { type Column, namesOf } from './columns';

/** A receipt beside the space that it is in. */
export interface PlacedReceipt {
  readonly space: SpaceKey;
  readonly receipt: Receipt;
}

export interface ReceiptRow {
  readonly device: DeviceId;
  readonly number: number;
  readonly fingerprint_a: number;
  readonly fingerprint_b: number;
  readonly after_number: number;
  readonly status: Receipt['status'];
  readonly version: number;
  readonly conflict_id: ConflictRef['id'] | null;
  readonly conflict_kind: ConflictRef['kind'] | null;
  readonly conflict_state: ConflictRef['state'] | null;
  readonly reason: Receipt['reason'];
  readonly message: Uint8Array | null;
  readonly violations: Uint8Array | null;
  readonly ahead_ms: number;
  readonly committed_at_ms: number;
}

const FACTS: readonly Column<PlacedReceipt>[] = [
  { name: 'device', type: 'text', of: ({ receipt }) => receipt.device },
  { name: 'number', type: 'int8', of: ({ receipt }) => receipt.number },
  { name: 'fingerprint_a', type: 'int4', of: ({ receipt }) => receipt.fingerprint.a | 0 },
  { name: 'fingerprint_b', type: 'int4', of: ({ receipt }) => receipt.fingerprint.b | 0 },
  { name: 'after_number', type: 'int8', of: ({ receipt }) => receipt.after },
  { name: 'status', type: 'text', of: ({ receipt }) => receipt.status },
  { name: 'version', type: 'int8', of: ({ receipt }) => receipt.version },
  { name: 'conflict_id', type: 'text', of: ({ receipt }) => receipt.conflict?.id ?? null },
  { name: 'conflict_kind', type: 'text', of: ({ receipt }) => receipt.conflict?.kind ?? null },
  { name: 'conflict_state', type: 'text', of: ({ receipt }) => receipt.conflict?.state ?? null },
  { name: 'reason', type: 'text', of: ({ receipt }) => receipt.reason },
  {
    name: 'message',
    type: 'bytea',
    of: ({ receipt }) => (receipt.message === '' ? null : encodeUtf8(receipt.message)),
  },
  {
    name: 'violations',
    type: 'bytea',
    of: ({ receipt }) =>
      receipt.violations === undefined ? null : encodeUtf8(JSON.stringify(receipt.violations)),
  },
  { name: 'ahead_ms', type: 'int8', of: ({ receipt }) => receipt.aheadMs },
  { name: 'committed_at_ms', type: 'int8', of: ({ receipt }) => receipt.committedAtMs },
];

export const RECEIPT_COLUMNS: readonly Column<PlacedReceipt>[] = [
  { name: 'space', type: 'text', of: ({ space }) => space },
  ...FACTS,
];

/** What `receiptOf` reads. */
export const RECEIPT_NAMES = namesOf(FACTS);

export function receiptOf(row: ReceiptRow): Receipt {
  return {
    device: row.device,
    number: row.number,
    fingerprint: { a: row.fingerprint_a >>> 0, b: row.fingerprint_b >>> 0 },
    after: row.after_number,
    status: row.status,
    version: row.version,
    conflict: conflictOf(row),
    reason: row.reason,
    message: row.message === null ? '' : decodeUtf8(row.message),
    ...(row.violations !== null && {
      violations: JSON.parse(decodeUtf8(row.violations)) as readonly Violation[],
    }),
    aheadMs: row.ahead_ms,
    committedAtMs: row.committed_at_ms,
  };
}

function conflictOf({ conflict_id, conflict_kind, conflict_state }: ReceiptRow): ConflictRef | null {
  if (conflict_id === null || conflict_kind === null || conflict_state === null) return null;
  return { id: conflict_id, kind: conflict_kind, state: conflict_state };
}
