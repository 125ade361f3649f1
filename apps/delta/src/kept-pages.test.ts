import { memoryStore } from '@syncline/memory';
import { change, deviceOn, eventually, manualTime } from '@syncline/port-contracts';
import type { ChangesRequest } from '@syncline/ports';
import { HOME } from './delta.test-fixtures';
import { readAhead } from './read-ahead';
import { sharedChanges } from './shared-changes';

const FIRST: ChangesRequest = {
  space: HOME,
  after: 0,
  collections: [],
  recordsMax: 2,
  bytesMax: 1_000_000,
  clockAfter: 0,
};
const ALL = { ...FIRST, recordsMax: 100 };

/** A space of so many records, and a note of each read: after which version. */
async function spaceOf(records: number) {
  const store = memoryStore();
  await store.createSpace(HOME, null);
  const device = deviceOn(store, HOME, 'd');
  let written = 0;
  const push = () => device.push(change.create(`r${++written}`, {}));
  while (written < records) await push();
  const asked: number[] = [];
  const fails = { after: NaN };
  const deltas = {
    changes: async (request: ChangesRequest) => {
      asked.push(request.after);
      if (fails.after === request.after) throw new Error('not now');
      return store.changes(request);
    },
  };
  return { deltas, asked, fails, push };
}

describe('an answer that was read before', () => {
  async function world() {
    const space = await spaceOf(3);
    const clock = manualTime();
    const read = sharedChanges({ deltas: space.deltas, clock, keptMax: 2, keepMs: 1_000 });
    return { ...space, clock, read };
  }

  test('is given to whoever knows of nothing later', async () => {
    const { read, asked } = await world();
    const first = await read({ ...ALL, knownHead: 3 });
    expect(await read({ ...ALL, knownHead: 3 })).toBe(first);
    expect(await read({ ...ALL, knownHead: 2 })).toBe(first);
    expect(asked).toHaveLength(1);
  });

  test('also while it is being read', async () => {
    const { read, asked } = await world();
    const all = await Promise.all(Array.from({ length: 20 }, () => read({ ...ALL, knownHead: 3 })));
    expect(new Set(all).size).toBe(1);
    expect(asked).toHaveLength(1);
  });

  test('is not given to whoever knows of more, and then not to anyone', async () => {
    const { read, asked, push } = await world();
    await read({ ...ALL, knownHead: 3 });
    await push();
    const fresh = await read({ ...ALL, knownHead: 4 });
    expect(fresh?.state.head).toBe(4);
    expect(await read({ ...ALL, knownHead: 3 })).toBe(fresh);
    expect(asked).toHaveLength(2);
  });

  test('is not given to whoever does not say what he knows', async () => {
    const { read, push } = await world();
    await read(ALL);
    await push();
    expect((await read(ALL))?.state.head).toBe(4);
  });

  test('is forgotten after its time, and when there are too many', async () => {
    const { read, asked, clock } = await world();
    await read({ ...ALL, knownHead: 3 });
    clock.advance(1_001);
    await read({ ...ALL, knownHead: 3 });
    expect(asked).toEqual([0, 0]);
    for (const after of [1, 2]) await read({ ...ALL, after, knownHead: 3 });
    await read({ ...ALL, after: 2, knownHead: 3 });
    await read({ ...ALL, knownHead: 3 });
    expect(asked).toEqual([0, 0, 1, 2, 0]);
  });

  test('is not a failure', async () => {
    const { read, fails } = await world();
    fails.after = 0;
    const both = [read({ ...ALL, knownHead: 3 }), read({ ...ALL, knownHead: 3 })];
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    fails.after = NaN;
    expect((await read({ ...ALL, knownHead: 3 }))?.state.head).toBe(3);
  });
});

describe('a page in the middle', () => {
  async function world(records = 5) {
    const space = await spaceOf(records);
    const clock = manualTime();
    const read = readAhead({ deltas: space.deltas, clock, pagesMax: 8, keepMs: 1_000 });
    return { ...space, clock, read };
  }
  const versions = (changes: Awaited<ReturnType<ReturnType<typeof readAhead>>>) =>
    changes!.rows.map(({ version }) => version);

  test('is read before it is asked for; the last one is read when it is', async () => {
    const { read, asked, push } = await world();
    expect(versions(await read(FIRST))).toEqual([1, 2]);
    expect(asked).toEqual([0, 2]);
    expect(versions(await read({ ...FIRST, after: 2 }))).toEqual([3, 4]);
    expect(asked).toEqual([0, 2, 4]);
    await push();
    const last = await read({ ...FIRST, after: 4 });
    expect([versions(last), last!.more, last!.state.head]).toEqual([[5, 6], false, 6]);
    expect(asked).toEqual([0, 2, 4, 4]);
  });

  test('and the one behind it are read for whoever takes what was read before', async () => {
    const { read, asked } = await world(20);
    await read(FIRST);
    await read({ ...FIRST, after: 2 });
    await eventually(() => expect(asked).toEqual([0, 2, 4, 6]));
    await read({ ...FIRST, after: 4 });
    await eventually(() => expect(asked).toEqual([0, 2, 4, 6, 8]));
    const taken = [];
    for (let after = 6, more = true; more; after += 2) {
      const page = await read({ ...FIRST, after });
      taken.push(...versions(page));
      more = page!.more;
    }
    expect(taken).toEqual(Array.from({ length: 14 }, (_, at) => at + 7));
    // The last one is read when it is asked for.
    expect(asked).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 18]);
  });

  test('is read once more where it was not read in time or is too old', async () => {
    const { read, asked, clock, fails } = await world();
    fails.after = 2;
    await read(FIRST);
    fails.after = NaN;
    expect(versions(await read({ ...FIRST, after: 2 }))).toEqual([3, 4]);
    await read(FIRST);
    clock.advance(1_001);
    asked.length = 0;
    expect(versions(await read({ ...FIRST, after: 2 }))).toEqual([3, 4]);
    expect(asked).toEqual([2, 4]);
  });
});
