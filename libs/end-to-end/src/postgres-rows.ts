import { Client } from 'pg';
import { TENANT } from './tokens';

/** What Postgres holds of a space, read by plain SQL: nothing of our own stands between. */
export interface SpaceRows {
  readonly space: SpaceRow;
  /** The live ones. */
  readonly records: readonly RecordRow[];
  readonly history: readonly HistoryRow[];
  readonly receipts: readonly ReceiptRow[];
  readonly lastNumbers: ReadonlyMap<string, number>;
}

interface SpaceRow {
  readonly head: number;
  readonly epoch: number;
  readonly records: number;
  readonly bytes: number;
  /** Collection → count, two lanes over versions, two over contents. */
  readonly digests: Readonly<Record<string, readonly number[]>>;
}

export interface RecordRow {
  readonly collection: string;
  readonly id: string;
  readonly version: number;
  readonly payload: Buffer;
  readonly kept: Buffer | null;
}

export interface HistoryRow {
  readonly version: number;
  readonly collection: string;
  readonly id: string;
  readonly device: string;
  readonly number: number;
  readonly payload: Buffer | null;
}

export interface ReceiptRow {
  readonly device: string;
  readonly number: number;
  readonly status: string;
  readonly conflict: string | null;
}

type Raw = Record<string, string | number | Buffer | object | null>;

const COUNTS = ['head', 'epoch', 'records', 'bytes', 'version', 'number'];

/** Node-pg gives 64-bit numbers as text. */
function numbered(row: Raw): Raw {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      COUNTS.includes(name) && typeof value === 'string' ? Number(value) : value,
    ]),
  );
}

export async function readSpace(postgresUrl: string, space: string): Promise<SpaceRows> {
  const client = new Client({ connectionString: postgresUrl });
  await client.connect();
  const key = `${TENANT}/${space}`;
  const rows = async <Row>(sql: string): Promise<Row[]> => {
    const { rows: found } = await client.query<Raw>(sql, [key]);
    return found.map((row) => numbered(row) as Row);
  };
  try {
    await client.query('begin isolation level repeatable read read only');
    const [row] = await rows<SpaceRow>(
      'select head, epoch, records, bytes, digests from spaces where space = $1',
    );
    if (row === undefined) throw new Error(`Postgres has no space ${key}`);
    const devices = await rows<{ device: string; number: number }>(
      'select device, last_number as number from space_devices where space = $1',
    );
    return {
      space: row,
      records: await rows<RecordRow>(
        'select collection, id, version, payload, kept from records where space = $1 and payload is not null',
      ),
      history: await rows<HistoryRow>(
        'select version, collection, id, device, number, payload from history where space = $1 order by version',
      ),
      receipts: await rows<ReceiptRow>(
        'select device, number, status, conflict_id as conflict from receipts where space = $1',
      ),
      lastNumbers: new Map(devices.map(({ device, number }) => [device, number])),
    };
  } finally {
    await client.end();
  }
}
