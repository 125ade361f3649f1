import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Page } from '@syncline/proto';
import { FILLED_PREFIX, fillForDownload } from '../filled-space';
import { serveFloor } from '../floor';
import { times } from '../numbers';
import { atLeast, type Bench, Diverged, type Figure, insist, type Row } from '../row';
import { fromWire, messageIn, newClient, openSession, toWire } from '../session';
import { timed } from '../stopwatch';

const RECORDS = 100_000;
const PAYLOAD_BYTES = 400;

export const firstSync: Row = {
  name: 'first-sync',
  what: `one device receives ${RECORDS} records of ${PAYLOAD_BYTES} bytes`,
  async measure(bench) {
    const space = await bench.stack.newSpace('first');
    await fillForDownload(bench, space, RECORDS, PAYLOAD_BYTES);
    const folder = mkdtempSync(path.join(os.tmpdir(), 'syncline-bench-'));
    try {
      const pages: Buffer[] = [];
      await download(bench, space, (bytes) => pages.push(bytes));
      const file = path.join(folder, 'pages');
      writeFileSync(file, Buffer.concat(pages.flatMap((bytes) => [lengthOf(bytes), bytes])));
      return [await compare(bench, space, file)];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function compare(bench: Bench, space: string, file: string): Promise<Figure> {
  const floor = await serveFloor('stream-pages', { file });
  const floors: number[] = [];
  const values = await times(bench.repeats, async () => {
    floors.push(perSecond(await timed(() => downloadFloor(floor.address))));
    return perSecond(await timed(() => download(bench, space)));
  });
  await floor.close();
  return {
    name: 'first-sync',
    unit: 'records/s',
    values,
    floors,
    goal: atLeast(0.4),
    checked: 'each id arrived once, and the checkpoint counts as many',
  };
}

const perSecond = (ms: number): number => (RECORDS / ms) * 1_000;

/** A device that has nothing yet, up to its first checkpoint. */
async function download(
  { stack: { gateway, tokenFor } }: Bench,
  space: string,
  keep?: (bytes: Buffer) => void,
): Promise<void> {
  const ids = newIds();
  let done: Done | null = null;
  const arrived = new Promise<void>((resolve, reject) => (done = { resolve, reject }));
  const session = await openSession({
    address: gateway,
    token: tokenFor(space),
    device: 'newcomer',
    space,
    onPage: ids.take,
    onCheckpoint({ digests }) {
      if (ids.isWhole() && digests[0]?.count === RECORDS) done?.resolve();
      else done?.reject(new Diverged('the copy is not what its checkpoint says'));
    },
    onEnd: (why) => done?.reject(why),
    ...(keep === undefined ? {} : { onBytes: keep }),
  });
  await arrived.finally(session.close);
}

interface Done {
  readonly resolve: () => void;
  readonly reject: (why: Error) => void;
}

/** Cheap enough to be timed with the rest: the ids are numbers from one on, and all are to come once. */
function newIds() {
  const sum = { count: 0, numbers: 0 };
  return {
    take: ({ entries }: Page): void => {
      for (const { id } of entries) sum.numbers += Number(id.slice(FILLED_PREFIX.length));
      sum.count += entries.length;
    },
    isWhole: () => sum.count === RECORDS && sum.numbers === (RECORDS * (RECORDS + 1)) / 2,
  };
}

async function downloadFloor(address: string): Promise<void> {
  const client = newClient(address);
  const ids = newIds();
  const stream = client.makeServerStreamRequest('/floor/Stream', toWire, fromWire, new Uint8Array(0));
  await new Promise<void>((resolve, reject) => {
    stream.on('data', (bytes: Buffer) => {
      const { message } = messageIn(bytes);
      if (message?.$case === 'page') ids.take(message.page);
    });
    stream.on('error', reject);
    stream.on('end', resolve);
  });
  client.close();
  insist(ids.isWhole(), 'the floor did not send everything');
}

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return length;
}
