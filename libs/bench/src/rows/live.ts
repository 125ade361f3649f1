import type { Page } from '@syncline/proto';
import { newAudience } from '../audience';
import { creating, payloadOf } from '../changes';
import { percentile } from '../numbers';
import { sendByTheClock } from '../open-loop';
import { openMany } from '../open-many';
import { atMost, type Bench, type Figure, insist, type Row } from '../row';
import { messageIn, openSession } from '../session';
import { steadyWriter } from '../steady-writer';
import { headsOf } from '../store-facts';
import { until } from '../waiting';
import { broadcastFloor } from './live-floor';

const PER_SECOND = 10;
const PAYLOAD_BYTES = 214;
const WARM_UP_CHANGES = 10;
const PREFIX = 'record-';
const SETTLES_WITHIN_MS = 10_000;

/** Someone who writes by the clock, and others who see it; all stay connected from run to run. */
export interface Broadcast {
  /** How long after it was due each of the changes was seen, by each of the watchers. */
  run(changes: number): Promise<readonly number[]>;
  readonly close: () => Promise<void>;
}

interface Live extends Broadcast {
  /** As a watcher was sent it. */
  readonly page: () => Buffer;
  /** Insists that everything was applied, and that all watchers are where the space is. */
  check(): Promise<void>;
}

export const live1 = liveRow(1);
export const live200 = liveRow(200);
export const live1000 = liveRow(1_000);

function liveRow(watchers: number): Row {
  const name = `live-${watchers}`;
  return {
    name,
    what: `10 changes a second on their way to ${watchers === 1 ? 'a watcher' : `${watchers} watchers`}`,
    async measure(bench) {
      const live = await openLive(bench, watchers);
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

async function openLive({ stack }: Bench, watchers: number): Promise<Live> {
  const space = await stack.newSpace('live');
  const common = { address: stack.gateway, token: stack.tokenFor(space), space };
  const audience = newAudience(watchers);
  const versions = new Array<number>(watchers).fill(0);
  const staged = Array.from({ length: watchers }, (): number[] => []);
  const ended: Error[] = [];
  let page: Buffer | null = null;
  const sessions = await openMany(watchers, (watcher) =>
    openSession({
      ...common,
      device: `watcher-${watcher}`,
      onPage: ({ entries }: Page) => {
        for (const { id } of entries) staged[watcher]!.push(Number(id.slice(PREFIX.length)));
      },
      // A device shows what a page brought when the checkpoint behind it has come, not before.
      onCheckpoint({ version }) {
        versions[watcher] = version;
        for (const change of staged[watcher]!.splice(0)) audience.saw(watcher, change);
      },
      onEnd: (why) => void ended.push(why),
      ...(watcher > 0 ? {} : { onBytes: (bytes: Buffer) => void (page ??= pageIn(bytes)) }),
    }),
  );
  const writing = await openSession({ ...common, device: 'writer', uploadOnly: true });
  const writer = steadyWriter(writing);
  return {
    page: () => page!,
    async run(changes) {
      await sendByTheClock({
        perSecond: PER_SECOND,
        count: changes,
        send(_, dueMs) {
          const change = writer.written;
          audience.due(change, dueMs);
          writer.write(creating(change + 1, `${PREFIX}${change}`, payloadOf(PAYLOAD_BYTES, change)));
        },
      });
      return audience.haveSeen(writer.written);
    },
    async check() {
      const { written, failure } = writer;
      insist(failure === null, `the writer failed: ${failure?.message}`);
      insist(ended.length === 0, `${ended.length} sessions ended: ${ended[0]?.message}`);
      const head = (await headsOf(stack, [space])).get(space);
      const behind = (): number => versions.filter((version) => version !== head).length;
      await until(
        () => behind() === 0 && writer.applied === written,
        SETTLES_WITHIN_MS,
        () => `${writer.applied} of ${written} changes were applied, ${behind()} watchers are not at ${head}`,
      );
    },
    close: async () => {
      for (const session of [writing, ...sessions]) session.close();
    },
  };
}

function pageIn(bytes: Buffer): Buffer | null {
  return messageIn(bytes).message?.$case === 'page' ? Buffer.from(bytes) : null;
}
