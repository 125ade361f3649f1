import { createHash } from 'node:crypto';
import { type Change, type Outcome, OutcomeStatus } from '@syncline/proto';
import type { BenchStack } from './bench-stack';
import { creating, payloadOf, updating } from './changes';
import { times } from './numbers';
import { type Bench, type Figure, insist } from './row';
import { openSession } from './session';
import { announcementStream, KEPT_TABLES, type KeptTable, sizeOf, type StreamSize } from './stored-sizes';
import { until } from './waiting';

const RECORDS = 1_000;
const PAYLOAD_BYTES = 214;
const ANNOUNCED_CHANGES = 50;
const ANNOUNCED_WITHIN_MS = 10_000;
const ID_CHARACTERS = 32;

/** What stays of records that were created and updated once, and of the news of one change. */
export async function storedBytes(bench: Bench): Promise<Figure[]> {
  const measured = await times(bench.repeats, (repeat) => writeAndWeigh(bench, repeat));
  const checked =
    'each change answered APPLIED, and as many rows and messages are there as there were changes';
  const figure = (of: string, values: readonly number[]): Figure => ({
    name: `costs ${of}`,
    unit: 'bytes',
    values,
    floors: null,
    goal: null,
    checked,
  });
  return [
    ...KEPT_TABLES.map((table) =>
      figure(
        `${table} row`,
        measured.map(({ rows }) => rows[table]),
      ),
    ),
    figure(
      'announcement',
      measured.map(({ announcement }) => announcement),
    ),
  ];
}

interface Weighed {
  readonly rows: Readonly<Record<KeptTable, number>>;
  readonly announcement: number;
}

async function writeAndWeigh(bench: Bench, repeat: number): Promise<Weighed> {
  const { stack } = bench;
  const space = await stack.newSpace('cost-stored');
  const empty = await announcementStream(stack);
  const session = await openSession({
    address: stack.gateway,
    token: stack.tokenFor(space),
    device: `writer-${repeat}`,
    space,
    uploadOnly: true,
  });
  const push = async (changes: readonly Change[]): Promise<readonly number[]> => {
    const { outcomes } = await session.push(changes);
    const isWhole = outcomes.length === changes.length && outcomes.every(isApplied);
    insist(isWhole, 'a change was not applied');
    return outcomes.map(({ version }) => version);
  };
  const numbers = Array.from({ length: RECORDS }, (_, at) => at + 1);
  const versions = await push(numbers.map((number) => creating(number, idOf(number), contentOf(number))));
  await push(
    numbers.map((number, at) =>
      updating(RECORDS + number, idOf(number), contentOf(RECORDS + number), versions[at]!),
    ),
  );
  const rows = await weighRows(stack, space);
  const before = await grown(stack, empty, 2);
  for (let number = 2 * RECORDS + 1; number <= 2 * RECORDS + ANNOUNCED_CHANGES; number++)
    await push([creating(number, idOf(number), contentOf(number))]);
  const after = await grown(stack, before, ANNOUNCED_CHANGES);
  session.close();
  return { rows, announcement: (after.bytes - before.bytes) / ANNOUNCED_CHANGES };
}

const isApplied = ({ status }: Outcome): boolean => status === OutcomeStatus.APPLIED;

/** As long as most ids are, and as little in order. */
const idOf = (number: number): string =>
  createHash('sha256').update(String(number)).digest('hex').slice(0, ID_CHARACTERS);

const contentOf = (seed: number): Uint8Array => payloadOf(PAYLOAD_BYTES, seed);

async function weighRows(stack: BenchStack, space: string): Promise<Weighed['rows']> {
  const expected: Record<KeptTable, number> = {
    records: RECORDS,
    history: 2 * RECORDS,
    receipts: 2 * RECORDS,
  };
  const bytes = {} as Record<KeptTable, number>;
  for (const table of KEPT_TABLES) {
    const { rows, bytesPerRow } = await sizeOf(stack, table, space);
    insist(rows === expected[table], `${rows} of ${expected[table]} rows are in ${table}`);
    bytes[table] = bytesPerRow;
  }
  return bytes;
}

/** The stream, once it holds so many messages more. */
async function grown(stack: BenchStack, { messages }: StreamSize, by: number): Promise<StreamSize> {
  let now = await announcementStream(stack);
  await until(
    async () => {
      now = await announcementStream(stack);
      return now.messages >= messages + by;
    },
    ANNOUNCED_WITHIN_MS,
    () => `${now.messages - messages} of ${by} announcements are kept`,
  );
  insist(now.messages === messages + by, `${now.messages - messages} announcements for ${by} pushes`);
  return now;
}
