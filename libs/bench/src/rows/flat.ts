import { Direction } from '@syncline/proto';
import { updating } from '../changes';
import { newCopy } from '../copy';
import { FILLER, filledId, filledPayload, fillSpace } from '../filled-space';
import { median, times } from '../numbers';
import { newPoller, type Poller } from '../poller';
import { openReader, type Reader } from '../reader';
import { atMost, type Bench, type Figure, insist, type Row } from '../row';
import { openSession } from '../session';
import { nowMs, timed } from '../stopwatch';

const SIZES = { '1k': 1_000, '100k': 100_000, '1M': 1_000_000 } as const;
type Size = keyof typeof SIZES;
const ALL = Object.keys(SIZES) as Size[];
/** What the others are compared with. */
const LEAST: Size = '1k';
const BEHIND = 100;
const WARM_UP_ROUNDS = 30;

const TASKS = {
  check: 'each check was answered by nothing but a checkpoint at the head',
  poll: 'each answer said that there is nothing to do',
  delta: `each delta had just the ${BEHIND} changed records, and copies from a whole download match its checkpoint`,
} as const;
type Task = keyof typeof TASKS;
const ALL_TASKS = Object.keys(TASKS) as Task[];

export const flat: Row = {
  name: 'flat',
  what: `empty checks, and deltas of ${BEHIND} changes, in spaces of ${Object.values(SIZES).join(', ')} records`,
  async measure(bench) {
    const spaces = {} as Record<Size, Standing>;
    for (const size of ALL) spaces[size] = await prepare(bench, SIZES[size]);
    await inRounds(spaces, WARM_UP_ROUNDS);
    const rounds = bench.quick ? 60 : 150;
    const repeats = await times(bench.repeats, () => inRounds(spaces, rounds));
    for (const { reader, poller } of Object.values(spaces)) {
      reader.close();
      poller.close();
    }
    const valuesOf = (task: Task, size: Size): number[] => repeats.map((each) => median(each[task][size]));
    const others = ALL.filter((size) => size !== LEAST);
    return ALL_TASKS.flatMap((task) =>
      others.map((size): Figure => ({
        name: `flat ${task} ${size}`,
        unit: 'ms',
        values: valuesOf(task, size),
        floors: valuesOf(task, LEAST),
        goal: atMost(1.2),
        checked: TASKS[task],
      })),
    );
  },
};

/** A space whose last changes are known to one cursor and not to the other. */
interface Standing {
  readonly head: number;
  readonly behind: Uint8Array;
  readonly current: Uint8Array;
  readonly reader: Reader;
  readonly poller: Poller;
}

async function prepare(bench: Bench, records: number): Promise<Standing> {
  const space = await bench.stack.newSpace('flat');
  const from = nowMs();
  const behind = await fillSpace(bench, space, records);
  bench.say(`  ${records} records put in place in ${Math.round(nowMs() - from)} ms`);
  const head = records + BEHIND;
  await changeSome(bench, space, records);
  const reader = await openReader(bench, { space, device: 'reader', cursor: behind });
  const { entries, checkpoint } = reader.first;
  insist(entries === BEHIND && checkpoint.version === head, `a delta of ${entries} to ${checkpoint.version}`);
  // Of a million, this takes longer than all the rest.
  if (!bench.quick || records < SIZES['1M']) await insistOnCopy(bench, space, records);
  const poller = newPoller(bench, space, 'poller');
  return { head, behind, current: checkpoint.cursor, reader, poller };
}

/** All over the space, by the device that has written it. */
async function changeSome(bench: Bench, space: string, records: number): Promise<void> {
  const { stack } = bench;
  const session = await openSession({
    address: stack.gateway,
    token: stack.tokenFor(space),
    device: FILLER,
    space,
    uploadOnly: true,
  });
  const step = records / BEHIND;
  const { outcomes } = await session.push(
    Array.from({ length: BEHIND }, (_, at) => {
      const number = Math.floor(step * at) + 1;
      return updating(records + at + 1, filledId(number), filledPayload(records + at + 1), number);
    }),
  );
  session.close();
  insist(
    outcomes.length === BEHIND && outcomes.every(({ status }) => status === 1),
    'an update was not applied',
  );
}

async function insistOnCopy(bench: Bench, space: string, records: number): Promise<void> {
  const copy = newCopy();
  const newcomer = await openReader(bench, { space, device: 'newcomer', onPage: copy.take });
  newcomer.close();
  copy.insistOn(newcomer.first.checkpoint);
  insist(copy.records() === records, `${copy.records()} of ${records} records arrived`);
}

type Times = Record<Task, Record<Size, number[]>>;

const noTimes = (): Times => ({
  check: { '1k': [], '100k': [], '1M': [] },
  poll: { '1k': [], '100k': [], '1M': [] },
  delta: { '1k': [], '100k': [], '1M': [] },
});

/**
 * All sizes take turns, each as often at the beginning as at the end: what the machine does besides, and what is
 * still going on of the task before, falls on each of them alike.
 */
async function inRounds(spaces: Record<Size, Standing>, rounds: number): Promise<Times> {
  const taken = noTimes();
  for (let round = 0; round < rounds; round++)
    for (const task of ALL_TASKS)
      for (const size of turned(ALL, round))
        taken[task][size].push(await timed(() => DO[task](spaces[size])));
  return taken;
}

function turned<Value>(values: readonly Value[], by: number): Value[] {
  const at = by % values.length;
  return [...values.slice(at), ...values.slice(0, at)];
}

const DO: Record<Task, (standing: Standing) => Promise<void>> = {
  async check({ reader, current, head }) {
    const { entries, checkpoint } = await reader.readFrom(current);
    insist(entries === 0 && checkpoint.version === head, `an empty check brought ${entries} entries`);
  },
  async poll({ poller, current, head }) {
    const { plan } = await poller.check(current);
    insist(plan.direction === Direction.NONE && plan.head === head, 'a poll found something to do');
  },
  async delta({ reader, behind, head }) {
    const { entries, checkpoint } = await reader.readFrom(behind);
    insist(entries === BEHIND && checkpoint.version === head, `a delta brought ${entries} entries`);
  },
};
