import type { AnsweredChanges, ReceiptStore } from '@syncline/ports';
import { packed } from './packed-arrays';
import { RECEIPT_NAMES, receiptOf, type ReceiptRow } from './receipt-rows';
import { type Sql, statement } from './sql';

type Standing = Omit<AnsweredChanges, 'receipts'>;

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

export function receiptStore(sql: Sql): ReceiptStore {
  return {
    async receipts(space, device, numbers) {
      const [[standing], rows] = await sql.snapshot<[Standing, ReceiptRow]>([
        standingOf(space, device),
        receiptsOf(
          space,
          device,
          packed('int8', numbers, (number) => number),
        ),
      ]);
      if (standing === undefined) return null;
      return { ...standing, receipts: new Map(rows.map((row) => [row.number, receiptOf(row)])) };
    },
  };
}
