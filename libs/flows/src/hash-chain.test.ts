import {
  type AuditedVersion,
  CHAIN_START,
  type ChainPoint,
  encodeUtf8,
  linkOf,
  type SpaceKey,
} from '@syncline/core';
import { hmacCursorKeys, memoryAnnouncements, memoryStore, sha256 } from '@syncline/memory';
import { change, manualTime, pushOf } from '@syncline/port-contracts';
import type { AuditStore } from '@syncline/ports';
import { chainOf, flowWorld, HOME_KEY } from './flows.test-fixtures';
import { keepSpace } from './keep-space';

const KEYS = hmacCursorKeys([{ id: 1, secret: new Uint8Array(16) }]);
const ANY = Number.MAX_SAFE_INTEGER;
const DAY_MS = 86_400_000;

async function world() {
  const store = memoryStore();
  const clock = manualTime();
  const flows = await flowWorld({ store, announcements: memoryAnnouncements(), clock, keys: KEYS });
  const pushes = { count: 0 };
  return {
    ...flows,
    store,
    clock,
    chain: chainOf(store),
    /** So many versions more. */
    grow: async (versions: number): Promise<void> => {
      const device = `d${++pushes.count}`;
      const creates = Array.from({ length: versions }, (_, n) => change.create(`${device}-${n}`, { n }));
      await flows.pushOne(pushOf(device, creates));
    },
    /** The chain computed from all versions, as whoever checks it does. */
    computed: async (version = ANY): Promise<ChainPoint> => {
      let point: ChainPoint = CHAIN_START;
      for (const each of await store.audited(HOME_KEY, 0, version, ANY)) {
        const link = encodeUtf8(JSON.stringify(linkOf(each)));
        point = { version: each.version, hash: sha256(new Uint8Array([...point.hash, ...link])) };
      }
      return point;
    },
  };
}

test('the chain goes on from where it ends, through all versions', async () => {
  const { chain, grow, computed } = await world();
  expect(await chain.extend(HOME_KEY)).toEqual({ end: CHAIN_START, links: 0 });
  await grow(3);
  expect(await chain.extend(HOME_KEY)).toEqual({ end: await computed(), links: 3 });
  await grow(700);
  expect(await chain.extend(HOME_KEY)).toEqual({ end: await computed(), links: 700 });
  expect(await chain.extend(HOME_KEY)).toMatchObject({ links: 0 });
  expect(await chain.extend('acme/none' as SpaceKey)).toBeNull();
});

test('several who extend it at the same moment make one chain', async () => {
  const { chain, grow, computed } = await world();
  await grow(600);
  const extended = await Promise.all([1, 2, 3, 4].map(() => chain.extend(HOME_KEY)));
  const end = await computed();
  expect(extended.map((each) => each?.end)).toEqual([end, end, end, end]);
  expect(extended.reduce((sum, each) => sum + each!.links, 0)).toBe(600);
});

test('it is known at every version, without being computed from its beginning', async () => {
  const { chain, store, grow, computed } = await world();
  for (const versions of [255, 1, 300, 500]) {
    await grow(versions);
    await chain.extend(HOME_KEY);
  }
  const asked: number[] = [];
  const watched: AuditStore = {
    ...store,
    async audited(...args) {
      const found = await store.audited(...args);
      asked.push(found.length);
      return found;
    },
  };
  for (const version of [1, 255, 256, 257, 600, 1_055, 1_056]) {
    expect(await chainOf(watched).at(HOME_KEY, version)).toEqual(await computed(version));
    expect(asked.splice(0).reduce((sum, count) => sum + count, 0)).toBeLessThan(257);
  }
  expect(await chain.at(HOME_KEY, 0)).toEqual(CHAIN_START);
  expect(await chain.at(HOME_KEY, 9_999)).toEqual(await computed());
  expect(await chain.at('acme/none' as SpaceKey, 1)).toBeNull();
});

test('a new epoch goes on with the same chain', async () => {
  const { chain, store, grow, computed } = await world();
  await grow(2);
  await store.newEpoch(HOME_KEY);
  expect(await chain.extend(HOME_KEY)).toMatchObject({ links: 2 });
  await grow(2);
  expect(await chain.extend(HOME_KEY)).toEqual({ end: await computed(), links: 2 });
});

test('pruning does not change it, and what it leaves behind is enough to go through it again', async () => {
  const { chain, store, grow, pushOne, computed } = await world();
  await grow(5);
  await pushOne(pushOf('x', [change.update('d1-0', { x: 1 }, { baseVersion: 1 })]));
  await chain.extend(HOME_KEY);
  const before = await computed();
  expect(await store.pruneHistory(HOME_KEY, 1, ANY, ANY)).toEqual({ pruned: 1 });
  expect(await computed()).toEqual(before);
  expect(await chain.at(HOME_KEY, 5)).toEqual(await computed(5));
});

test('a space that is kept in order is chained before anything of its history goes', async () => {
  const { store, grow, pushOne, clock, limits, chain } = await world();
  const order: string[] = [];
  const upkeep = {
    ...store,
    pruneHistory: (...args: Parameters<typeof store.pruneHistory>) => {
      order.push(`pruned up to ${args[3]}`);
      return store.pruneHistory(...args);
    },
  };
  const watched = {
    extend: async (space: SpaceKey) => {
      const extended = await chain.extend(space);
      order.push(`chained to ${extended!.end.version}`);
      // Meanwhile more is written: it is not in the chain yet.
      await pushOne(pushOf('y', [change.update('d1-0', { y: 1 }, { baseVersion: 6 })]));
      return extended;
    },
  };
  await grow(5);
  await pushOne(pushOf('x', [change.update('d1-0', { x: 1 }, { baseVersion: 1 })]));
  clock.advance(31 * DAY_MS);
  const keep = keepSpace({
    deltas: store,
    conflicts: store,
    devices: store,
    syncLog: store,
    upkeep,
    chain: watched,
    clock,
    limits: { ...limits, historyPerRecordMax: 1 },
  });
  expect(await keep(HOME_KEY)).toMatchObject({ chained: 6, history: 1 });
  expect(order).toEqual(['chained to 6', 'pruned up to 6']);
});

test('where what was chained has been changed, the chain that was kept is told, and so is the change', async () => {
  const { store, chain, grow } = await world();
  await grow(600);
  const { end } = (await chain.extend(HOME_KEY))!;
  const changed = (version: AuditedVersion): AuditedVersion =>
    version.version === 300 ? { ...version, user: 'mallory' as never } : version;
  const audit: AuditStore = {
    ...store,
    audited: async (...args) => (await store.audited(...args)).map(changed),
  };
  const broken: number[] = [];
  const tampered = chainOf(audit, { broken: (_, version) => void broken.push(version) });
  const told: ChainPoint[] = [];
  for await (const part of tampered.after(HOME_KEY, CHAIN_START, 600))
    for (const { version, hash } of part) told.push({ version: version.version, hash });
  expect(told).toHaveLength(600);
  expect(broken).toEqual([511, 600]);
  expect(told.at(-1)).toEqual(end);
});
