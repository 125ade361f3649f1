import { startBenchStack } from '../bench-stack';
import { times } from '../numbers';
import { type Figure, insist, most, type Row } from '../row';
import { pageReads } from '../service-facts';
import { connectionsOf, postgresWork, recordCount } from '../store-facts';
import { BEHIND, blow, newStormWorld, type Storm, STORM_SIZE, type StormWorld } from '../storm-world';
import { until } from '../waiting';

const SECONDS_MAX = 10;
const READS_PER_SPACE_MAX = 5;
/** Where a page ends is found first, and then it is read. */
const SCANS_PER_READ = 2;
const OTHER_READS_MAX = 2;
const CLOSED_MS_MAX = 20_000;
const DEVICES = STORM_SIZE.spaces * STORM_SIZE.devicesPerSpace;

export const storm: Row = {
  name: 'storm',
  what: `a gateway with ${DEVICES} sessions is killed; all come back by themselves, ${BEHIND} changes behind`,
  /** On services of its own, for some of them are killed, and what Postgres counts is to be of nothing else. */
  async measure(bench) {
    const stack = await startBenchStack({ gateways: 2 });
    try {
      const world = await newStormWorld({ ...bench, stack });
      const storms = await times(bench.repeats, async (at) => {
        const one = await blow(world, at * BEHIND);
        bench.say(`  ${told(one)}`);
        return one;
      }).finally(() => close(world));
      return figures(storms, await workBehind(world, storms.length));
    } finally {
      await stack.close();
    }
  },
};

function close({ devices, writers }: StormWorld): void {
  for (const each of [...devices, ...writers]) each.close();
}

/** What all of it was for Postgres, by its own count and by what the delta service told. */
async function workBehind({ bench: { stack }, spaces, devices, writers }: StormWorld, storms: number) {
  const readsTold = await pageReads(stack);
  const sessions = writers.length + devices.length * (1 + storms);
  const services = ['gateway', 'delta'];
  for (const name of stack.stack.services)
    if (services.some((service) => name.startsWith(service))) await stack.stack.stop(name);
  for (const service of services)
    await until(
      async () => (await connectionsOf(stack, service)) === 0,
      CLOSED_MS_MAX,
      () => `the ${service} has connections to Postgres after its end`,
    );
  const { transactions, feedReads } = await postgresWork(stack);
  // A few times a space, the same index tells of its last change: when it is made, and after a push.
  const others = OTHER_READS_MAX * spaces.length * (1 + storms);
  const expected = SCANS_PER_READ * readsTold + others;
  insist(feedReads <= expected, `${readsTold} reads were told, Postgres counts ${feedReads} scans`);
  // Only now, for it would count among the reads.
  const stored = await recordCount(stack, spaces);
  const written = storms * spaces.length * BEHIND;
  insist(stored === written, `${stored} of ${written} acknowledged records are stored`);
  return { sessions, transactionsPerSession: transactions / sessions, feedReads, readsTold };
}

const told = (one: Storm): string =>
  `${one.seconds.toFixed(2)} s, ${one.secondsSinceKill.toFixed(2)} s after the kill; ` +
  `p50 ${one.currentSecondsP50.toFixed(2)} s; ${one.attemptsPerDevice.toFixed(1)} attempts each, ` +
  `the last p50 ${Math.round(one.attemptMsP50)} ms, at most ${Math.round(one.attemptMsMax)} ms; ` +
  `${one.readsPerSpace.toFixed(2)} reads a space; ${one.errors.length} errors`;

function figures(storms: readonly Storm[], work: object): Figure[] {
  const checked = "each device's copy is that of its checkpoint by count and digest, and stands at the head";
  const figure = (name: string, unit: string, value: (one: Storm) => number, goalMax: number) => ({
    name,
    unit,
    values: storms.map(value),
    floors: null,
    goal: most(goalMax),
    checked,
  });
  return [
    { ...figure('storm', 's', ({ seconds }) => seconds, SECONDS_MAX), more: { storms, work } },
    figure('storm reads', 'a space', ({ readsPerSpace }) => readsPerSpace, READS_PER_SPACE_MAX),
    figure('storm errors', 'errors', ({ errors }) => errors.length, 0),
  ];
}
