import { fillForDownload } from './filled-space';
import { newFleet } from './fleet';
import { openLive } from './live-space';
import { times, together } from './numbers';
import { openMany } from './open-many';
import { changesOf, openPusher, type Pusher } from './pusher';
import { openReader } from './reader';
import { type Bench, insist } from './row';
import { nowMs } from './stopwatch';
import { recordCount } from './store-facts';

/** Something that the services do over and over, and whose price is asked for. */
export interface CostedWork {
  /** One of it. */
  readonly name: string;
  readonly checked: string;
  begin(bench: Bench): Promise<Begun>;
}

export interface Begun {
  /** Does some of it, and tells how much. */
  readonly some: () => Promise<number>;
  /** Insists that nothing was lost. */
  readonly end: () => Promise<void>;
}

const STORED = 'each change answered APPLIED, and every record counted in Postgres';

const SINGLES = { spaces: 8, devicesPerSpace: 8 };
const SINGLES_MS = { quick: 500, full: 3_000 };

const singlePush: CostedWork = {
  name: 'single push',
  checked: STORED,
  async begin(bench) {
    const { spaces, members } = await newFleet(bench, 'cost-single', SINGLES, ({ space, device }) =>
      openPusher(bench, space, device),
    );
    return pushing(bench, spaces, members, () => {
      const untilMs = nowMs() + sized(bench, SINGLES_MS);
      return Promise.all(members.map((pusher) => pusher.pushSinglesUntil(untilMs)));
    });
  },
};

const BATCHING_DEVICES = 8;
const BATCH = 500;
const BATCHES = { quick: 2, full: 8 };

const batchedChange: CostedWork = {
  name: 'batched change',
  checked: STORED,
  async begin(bench) {
    const spaces = await together(BATCHING_DEVICES, () => bench.stack.newSpace('cost-batched'));
    const pushers = await together(BATCHING_DEVICES, (at) => openPusher(bench, spaces[at]!, `pusher-${at}`));
    const batches = sized(bench, BATCHES);
    return pushing(bench, spaces, pushers, () =>
      Promise.all(pushers.map((pusher) => times(batches, () => pusher.push(BATCH)))),
    );
  },
};

function pushing(
  { stack }: Bench,
  spaces: readonly string[],
  pushers: readonly Pusher[],
  push: () => Promise<unknown>,
): Begun {
  return {
    async some() {
      const before = changesOf(pushers);
      await push();
      return changesOf(pushers) - before;
    },
    async end() {
      for (const pusher of pushers) pusher.close();
      const stored = await recordCount(stack, spaces);
      const pushed = changesOf(pushers);
      insist(stored === pushed, `${stored} of ${pushed} acknowledged records are stored`);
    },
  };
}

const WATCHERS = 200;
const LIVE_PER_SECOND = 20;
const LIVE_CHANGES = { quick: 8, full: 60 };

/** With its share of the push: one for all watchers. */
const delivery: CostedWork = {
  name: 'delivery',
  checked: 'every watcher saw each change once and in order, and is at the head in Postgres',
  async begin(bench) {
    const live = await openLive(bench, WATCHERS, LIVE_PER_SECOND);
    return {
      some: async () => (await live.run(sized(bench, LIVE_CHANGES))).length,
      end: () => live.check().finally(live.close),
    };
  },
};

const SYNCED_RECORDS = { quick: 50_000, full: 100_000 };

const syncedRecord: CostedWork = {
  name: 'synced record',
  checked: 'each download had all records, and stood at the head',
  async begin(bench) {
    const space = await bench.stack.newSpace('cost-first');
    const records = sized(bench, SYNCED_RECORDS);
    await fillForDownload(bench, space, records);
    return {
      async some() {
        const { first, close } = await openReader(bench, { space, device: 'newcomer' });
        close();
        insist(
          first.entries === records && first.checkpoint.version === records,
          `${first.entries} of ${records} records came`,
        );
        return first.entries;
      },
      end: () => Promise.resolve(),
    };
  },
};

const RETURNING = { spaces: 10, devicesPerSpace: 10 };
const ROUNDS = { quick: 1, full: 8 };

/** A device that was here before comes, finds nothing new, and goes. */
const opening: CostedWork = {
  name: 'opening',
  checked: 'each session was told that it is at the head, and nothing else',
  async begin(bench) {
    const { members } = await newFleet(bench, 'cost-opening', RETURNING, async ({ space, device }) => {
      const reader = await openReader(bench, { space, device });
      reader.close();
      return { space, device, cursor: reader.first.checkpoint.cursor };
    });
    const openAll = async (): Promise<void> => {
      const readers = await openMany(members.length, (at) => openReader(bench, members[at]!));
      for (const reader of readers) reader.close();
      const surprised = readers.filter(({ first }) => first.entries > 0).length;
      insist(surprised === 0, `${surprised} devices were sent records, and nobody had written any`);
    };
    const rounds = sized(bench, ROUNDS);
    return {
      some: async () => (await times(rounds, openAll)).length * members.length,
      end: () => Promise.resolve(),
    };
  },
};

function sized({ quick }: Bench, sizes: { readonly quick: number; readonly full: number }): number {
  return quick ? sizes.quick : sizes.full;
}

export const COSTED_WORK: readonly CostedWork[] = [
  singlePush,
  batchedChange,
  delivery,
  syncedRecord,
  opening,
];
