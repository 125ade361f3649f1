import type { Change } from '@syncline/proto';
import { creating, payloadOf, updating } from '../changes';
import { newCopy } from '../copy';
import { together } from '../numbers';
import { openReader } from '../reader';
import { atMost, type Bench, type Figure, insist, type Row } from '../row';
import { openSession } from '../session';

const UPDATES = 100;
const PAYLOAD_BYTES = 214;
/** Between the contents of one repeat and those of the next. */
const SEEDS = 1_000_000;

export const amplification: Row = {
  name: 'amplification',
  what: `a new device downloads records that were updated ${UPDATES} times`,
  async measure(bench) {
    const records = bench.quick ? 100 : 1_000;
    const measured = await together(bench.repeats, async (repeat) => {
      const load = { repeat, records };
      return {
        live: await downloadAfter(bench, load, UPDATES),
        floor: await downloadAfter(bench, load, 0),
      };
    });
    const figure: Figure = {
      name: 'amplification',
      unit: 'bytes',
      values: measured.map(({ live }) => live),
      floors: measured.map(({ floor }) => floor),
      goal: atMost(1.05),
      checked:
        'both copies hold every record with its last content, and match the digests of their checkpoints',
    };
    return [figure];
  },
};

interface Load {
  readonly repeat: number;
  readonly records: number;
}

/** Bytes of the pages that a device without anything receives, after so many updates of each record. */
async function downloadAfter(bench: Bench, load: Load, updates: number): Promise<number> {
  const { repeat, records } = load;
  const space = await bench.stack.newSpace('amplified');
  const content: Content = (record, update) =>
    payloadOf(PAYLOAD_BYTES, (updates - update) * records + record + repeat * SEEDS);
  await write(bench, space, load, updates, content);
  const copy = newCopy();
  const arrived = new Map<string, Uint8Array>();
  const newcomer = await openReader(bench, {
    space,
    device: `newcomer-${repeat}`,
    onPage(page) {
      copy.take(page);
      for (const { id, kind } of page.entries) if (kind?.$case === 'put') arrived.set(id, kind.put.payload);
    },
  });
  newcomer.close();
  const { checkpoint, entries, pageBytes } = newcomer.first;
  copy.insistOn(checkpoint);
  insist(checkpoint.version === records * (updates + 1), `the space stands at ${checkpoint.version}`);
  insist(entries === records, `${entries} entries came for ${records} records`);
  for (let record = 1; record <= records; record++) {
    const payload = arrived.get(idOf(record));
    insist(
      payload !== undefined && Buffer.compare(payload, content(record, updates)) === 0,
      `${idOf(record)} does not hold what was written last`,
    );
  }
  return pageBytes;
}

const idOf = (record: number): string => `record-${record}`;

type Content = (record: number, update: number) => Uint8Array;

/** Each record as often as all others before any is written once more. */
async function write(
  { stack }: Bench,
  space: string,
  { repeat, records }: Load,
  updates: number,
  content: Content,
): Promise<void> {
  const session = await openSession({
    address: stack.gateway,
    token: stack.tokenFor(space),
    device: `writer-${repeat}`,
    space,
    uploadOnly: true,
  });
  let number = 0;
  let versions: readonly number[] = [];
  for (let update = 0; update <= updates; update++) {
    const changes = Array.from({ length: records }, (_, at): Change => {
      const record = at + 1;
      const payload = content(record, update);
      number++;
      return update === 0
        ? creating(number, idOf(record), payload)
        : updating(number, idOf(record), payload, versions[at]!);
    });
    const { outcomes } = await session.push(changes);
    insist(
      outcomes.length === records && outcomes.every(({ status }) => status === 1),
      'a change was not applied',
    );
    versions = outcomes.map(({ version }) => version);
  }
  session.close();
}
