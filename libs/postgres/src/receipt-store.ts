import type { AnsweredChanges, ReceiptStore } from '@syncline/ports';
import { type ChangeNumber, decodeUtf8 } from '@syncline/core';
import { packed } from './packed-arrays';
import { RECEIPT_NAMES, receiptOf, type ReceiptRow } from './receipt-rows';
import { type Sql, statement } from './sql';

type Standing = Omit<AnsweredChanges, 'receipts' | 'traces'>;

interface TraceRow {
  readonly number: ChangeNumber;
  readonly trace: Uint8Array;
}

const standingOf = statement<Standing>(
  'receipt.standing',
  `select s.head, s.announced, coalesce(d.last_number, 0) as "lastNumber"
   from spaces s left join space_devices d on d.space = s.space and d.device = $2::text
   where s.space = $1::text`,
);
const receiptsOf = statement<ReceiptRow>(
  'receipt.list',
  `select ${RECEIPT_NAMES} from receipts
   where space = $1::text and device = $2::text and number = any($3::int8[])`,
);
const tracesOf = statement<TraceRow>(
  'receipt.traces',
  `select distinct on (number) number, trace from history
   where space collate by_change = $1::text and device = $2::text and number = any($3::int8[])
     and trace is not null
   order by number, version`,
);

export function receiptStore(sql: Sql): ReceiptStore {
  return {
    async receipts(space, device, numbers) {
      const asked = packed('int8', numbers, (number) => number);
      const [[standing], rows, traced] = await sql.snapshot<[Standing, ReceiptRow, TraceRow]>([
        standingOf(space, device),
        receiptsOf(space, device, asked),
        tracesOf(space, device, asked),
      ]);
      if (standing === undefined) return null;
      return {
        ...standing,
        receipts: new Map(rows.map((row) => [row.number, receiptOf(row)])),
        traces: new Map(traced.map(({ number, trace }) => [number, decodeUtf8(trace)])),
      };
    },
  };
}
