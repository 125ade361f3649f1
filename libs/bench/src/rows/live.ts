import { type Broadcast, openLive } from '../live-space';
import { percentile } from '../numbers';
import { atMost, type Bench, type Figure, type Row } from '../row';
import { broadcastFloor } from './live-floor';

const PER_SECOND = 10;
const WARM_UP_CHANGES = 10;

export const live1 = liveRow(1);
export const live200 = liveRow(200);
export const live1000 = liveRow(1_000);

function liveRow(watchers: number): Row {
  const name = `live-${watchers}`;
  return {
    name,
    what: `10 changes a second on their way to ${watchers === 1 ? 'a watcher' : `${watchers} watchers`}`,
    async measure(bench) {
      const live = await openLive(bench, watchers, PER_SECOND);
      try {
        await live.run(WARM_UP_CHANGES);
        const floor = await broadcastFloor(watchers, live.page(), PER_SECOND);
        const { values, floors } = await compare(bench, live, floor).finally(floor.close);
        await live.check();
        return [
          figure(`${name} p50`, 0.5, values, floors, atMost(1, 4)),
          figure(`${name} p99`, 0.99, values, floors, atMost(2, 10)),
        ];
      } finally {
        await live.close();
      }
    },
  };
}

type Runs = readonly (readonly number[])[];

async function compare(
  { quick, repeats }: Bench,
  live: Broadcast,
  floor: Broadcast,
): Promise<{ readonly values: Runs; readonly floors: Runs }> {
  const changes = quick ? 12 : 60;
  const values: (readonly number[])[] = [];
  const floors: (readonly number[])[] = [];
  await floor.run(WARM_UP_CHANGES);
  for (let repeat = 0; repeat < repeats; repeat++) {
    values.push(await live.run(changes));
    floors.push(await floor.run(changes));
  }
  return { values, floors };
}

function figure(name: string, share: number, values: Runs, floors: Runs, goal: Figure['goal']): Figure {
  const told = (runs: Runs): number[] => runs.map((latencies) => percentile(latencies, share));
  return {
    name,
    unit: 'ms',
    values: told(values),
    floors: told(floors),
    goal,
    checked: 'every watcher saw each change once and in order, and its checkpoint is at the head in Postgres',
  };
}
