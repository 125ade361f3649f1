import { deltaOf, deviceId, imageOf, PAST_WRITES_MAX, policyRegistry, WHOLE_SPACE } from '@syncline/core';
import { memoryStore } from '@syncline/memory';
import {
  change,
  type ChangeGiven,
  mergingSpace,
  type MergingSpace,
  outcomeInWords,
  OWNER,
  readJson,
} from '@syncline/port-contracts';
import { ALL_POLICIES } from '../operations';

const REGISTRY = policyRegistry(ALL_POLICIES);
const told = outcomeInWords;

/** Puts text at a place, counted in characters. */
const insert = (at: number, text: string, given: ChangeGiven = {}) =>
  change.operations('a', 'text', at === 0 ? [text] : [at, text], given);

async function sharing(content: string | object, rule: object = {}, given = {}): Promise<MergingSpace> {
  const policy = 'operational-transform';
  const space = await mergingSpace(memoryStore(), REGISTRY, {
    policy,
    rule: { type: 'text', ...rule },
    ...given,
  });
  await space.device('c').one(change.create('a', content));
  return space;
}

const textOf = async (space: MergingSpace): Promise<unknown> => readJson((await space.record('a'))!.payload);

test('an operation is transformed past what came since its base version', async () => {
  const space = await sharing('hello');
  const [x, y] = [space.device('x'), space.device('y')];
  expect(told(await x.one(insert(0, 'oh, ', { baseVersion: 1 })))).toBe('APPLIED');
  const merged = await y.one(insert(5, ' world', { baseVersion: 1 }));
  expect([told(merged), merged.conflict, readJson(merged.record!.payload)]).toEqual([
    'MERGED',
    null,
    'oh, hello world',
  ]);
  expect(await textOf(space)).toBe('oh, hello world');
});

test('what a device made on top of its own operation is transformed as it saw it', async () => {
  const space = await sharing('hello');
  const [x, y] = [space.device('x'), space.device('y')];
  await x.one(insert(0, 'oh, ', { baseVersion: 1 }));
  // Both were made on version 1: y never saw what x did.
  const chain = [insert(5, ' world', { baseVersion: 1 }), insert(11, '!', { baseVersion: 1, after: 1 })];
  expect((await y.push(...chain)).map(told)).toEqual(['MERGED', 'MERGED']);
  expect(await textOf(space)).toBe('oh, hello world!');
});

test('so it is when others come in between, push after push', async () => {
  const space = await sharing('hello');
  const [x, y] = [space.device('x'), space.device('y')];
  await x.one(insert(0, 'oh, ', { baseVersion: 1 }));
  await y.one(insert(5, ' world', { baseVersion: 1 }));
  await x.one(insert(0, '- ', { baseVersion: 1, after: 1 }));
  await y.one(insert(11, '!', { baseVersion: 1, after: 1 }));
  await y.one(insert(12, '?', { baseVersion: 1, after: 2 }));
  expect(await textOf(space)).toBe('- oh, hello world!?');
});

test('a device whose own operation was taken as it came goes on from its version', async () => {
  const space = await sharing('hello');
  const [x, y] = [space.device('x'), space.device('y')];
  await y.one(insert(5, ' world', { baseVersion: 1 }));
  await x.one(insert(0, 'oh, ', { baseVersion: 2 }));
  expect(told(await y.one(insert(11, '!', { baseVersion: 2, after: 1 })))).toBe('MERGED');
  expect(await textOf(space)).toBe('oh, hello world!');
});

test('of json1 as of text: moves, lists and numbers meet in one record', async () => {
  const space = await mergingSpace(memoryStore(), REGISTRY, { policy: 'operational-transform' });
  const [x, y] = [space.device('x'), space.device('y')];
  await x.one(change.create('a', { list: ['one', 'two'], count: 1 }));
  const op = (operation: unknown, given: ChangeGiven) => change.operations('a', 'json1', operation, given);
  await x.one(op(['list', 0, { i: 'zero' }], { baseVersion: 1 }));
  await y.push(
    op(['list', 1, { r: true }], { baseVersion: 1 }),
    op(['count', { ena: 4 }], { baseVersion: 1, after: 1 }),
  );
  expect(await textOf(space)).toEqual({ list: ['zero', 'one'], count: 5 });
});

describe('what comes too late to be transformed', () => {
  const late = (space: MergingSpace) => space.device('y').one(insert(5, ' world', { baseVersion: 1 }));

  /** A whole record came in between: nobody knows where in it the operation belongs. */
  async function replacedMeanwhile(rule: object): Promise<MergingSpace> {
    const space = await sharing('hello', rule);
    await space.device('x').one(change.update('a', 'hallo', { baseVersion: 1 }));
    return space;
  }

  test.each([
    ['ask', 'HELD UPDATE_UPDATE', 'hallo', 'none'],
    ['stored', 'LOST UPDATE_UPDATE', 'hallo', 'stored'],
    ['apply', 'MERGED UPDATE_UPDATE', 'hallo world', 'incoming'],
  ])('goes by the rule %s', async (rule, status, content, resolution) => {
    const space = await replacedMeanwhile({ late: rule });
    const outcome = await late(space);
    expect(told(outcome)).toBe(status);
    expect(await textOf(space)).toBe(content);
    expect(await space.ledger(outcome.conflict!.id)).toMatchObject({
      resolution,
      incoming: { json: rule === 'apply' ? 'hallo world' : 'hello world' },
    });
  });

  test('is settled by an operation that names it', async () => {
    const space = await replacedMeanwhile({});
    const { id } = (await late(space)).conflict!;
    const { head } = (await space.store.state(space.space))!;
    const named = insert(5, ' world', { baseVersion: head, resolves: [id] });
    expect(told(await space.device('z').one(named))).toBe('APPLIED');
    expect(await space.ledger(id)).toMatchObject({ state: 'resolved', resolution: 'replaced' });
  });

  test('is held where it does not fit what is stored, even if it were to be applied', async () => {
    const space = await sharing('hello', { late: 'apply' });
    await space.device('x').one(change.update('a', 'hi', { baseVersion: 1 }));
    expect(told(await late(space))).toBe('HELD UPDATE_UPDATE');
    expect(await textOf(space)).toBe('hi');
  });

  test('is what history has forgotten', async () => {
    const space = await sharing('hello');
    const x = space.device('x');
    for (let version = 1; version <= 3; version++) await x.one(insert(0, '-', { baseVersion: version }));
    await space.store.pruneHistory(space.space, 1, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    const outcome = await late(space);
    expect(told(outcome)).toBe('HELD UPDATE_UPDATE');
    expect(await space.ledger(outcome.conflict!.id)).toMatchObject({ incoming: { operations: 'text' } });
  });

  test('is what would have to pass more than so many versions', async () => {
    const space = await sharing('');
    const x = space.device('x');
    const pushMax = 1_000;
    for (let made = 0; made <= PAST_WRITES_MAX; made += pushMax)
      await x.push(
        ...Array.from({ length: pushMax }, (_, at) => insert(0, '-', { baseVersion: 1, after: made + at })),
      );
    const { head } = (await space.store.state(space.space))!;
    expect(told(await space.device('y').one(insert(0, 'late', { baseVersion: 1 })))).toBe(
      'HELD UPDATE_UPDATE',
    );
    const inTime = insert(0, 'in time', { baseVersion: head - PAST_WRITES_MAX });
    expect(told(await space.device('z').one(inTime))).toBe('MERGED');
  });

  test('is what takes too long: a chain is carried past the others as a whole, within bounds', async () => {
    const space = await sharing('');
    const x = space.device('x');
    const others = 20;
    const long = '-'.repeat(600);
    await x.push(
      ...Array.from({ length: others }, (_, at) => insert(0, long, { baseVersion: 1, after: at })),
    );
    const chain = Array.from({ length: 900 }, (_, at) => insert(at, 'y', { baseVersion: 1, after: at }));
    const outcomes = (await space.device('y').push(...chain)).map(told);
    const merged = outcomes.filter((each) => each === 'MERGED').length;
    expect(merged).toBeGreaterThan(200);
    expect(new Set(outcomes.slice(merged))).toEqual(new Set(['HELD UPDATE_UPDATE']));
    expect(await textOf(space)).toBe('y'.repeat(merged) + long.repeat(others));
  });

  test('is what collides in so many places that it takes too long', async () => {
    const space = await sharing({}, { type: 'json1' });
    const setting = (fields: number, baseVersion: number, by: string) => {
      const value = { ...(baseVersion > 1 ? { r: true } : {}), i: `${by}${baseVersion}` };
      const parts = Array.from({ length: fields }, (_, at) => [`k${100 + at}`, value]);
      return change.operations('a', 'json1', parts, { baseVersion });
    };
    const others = space.device('x');
    for (let version = 1; version <= 9; version++) await others.one(setting(90, version, 'x'));
    expect(told(await space.device('y').one(setting(5, 1, 'y')))).toBe('MERGED');
    expect(told(await space.device('z').one(setting(90, 1, 'z')))).toBe('HELD UPDATE_UPDATE');
  });

  test.each([1_000, 100])('is not what two have written for hours, sent %i at a time', async (pushMax) => {
    const space = await sharing('|');
    const write = async (name: string, letter: string, from: number) => {
      const device = space.device(name);
      for (let after = 0; after < 1_000; after += pushMax) {
        const edits = Array.from({ length: pushMax }, (_, at) =>
          insert(from + after + at, letter, { baseVersion: 1, after: after + at }),
        );
        expect(new Set((await device.push(...edits)).map(told))).toEqual(
          new Set([name === 'x' ? 'APPLIED' : 'MERGED']),
        );
      }
    };
    await write('x', 'a', 1);
    await write('y', 'b', 0);
    expect(await textOf(space)).toBe(`${'b'.repeat(1_000)}|${'a'.repeat(1_000)}`);
  });

  test('is what its device has partly from others, of which the order is not known', async () => {
    const space = await sharing('');
    const [y, z] = [space.device('y'), space.device('z')];
    await space.device('x').one(insert(0, 'AAAA', { baseVersion: 1 }));
    const reliesOn = { seen: [], dependencies: new Map([[deviceId('x'), 1]]), artifacts: [] };
    expect(told(await y.one({ ...insert(4, 'y', { baseVersion: 1 }), reliesOn }))).toBe('APPLIED');
    expect(told(await z.one(insert(0, 'z', { baseVersion: 2 })))).toBe('MERGED');
    const onTop = insert(5, '!', { baseVersion: 1, after: 1 });
    expect(told(await y.one({ ...onTop, reliesOn }))).toBe('HELD UPDATE_UPDATE');
    expect(await textOf(space)).toBe('zAAAAy');
  });

  test('takes with it what was made on top', async () => {
    const space = await replacedMeanwhile({});
    const y = space.device('y');
    const held = await y.push(
      insert(5, ' world', { baseVersion: 1 }),
      insert(11, '!', { baseVersion: 1, after: 1 }),
    );
    expect(held.map(told)).toEqual(['HELD UPDATE_UPDATE', 'HELD UPDATE_UPDATE']);
    expect(await space.ledger(held[1]!.conflict!.id)).toMatchObject({ incoming: { json: 'hello world!' } });
  });
});

describe('a delete', () => {
  test('wins over operations that did not see it', async () => {
    const space = await sharing('hello');
    await space.device('x').one(change.delete('a', { baseVersion: 1 }));
    const lost = await space.device('y').one(insert(5, '!', { baseVersion: 1 }));
    expect(told(lost)).toBe('LOST UPDATE_DELETE');
    expect(await space.ledger(lost.conflict!.id)).toMatchObject({ incoming: { json: 'hello!' } });
  });

  test('is outlived by operations where the collection says so', async () => {
    const space = await sharing('hello', {}, { deletes: 'resurrect' });
    await space.device('x').one(change.delete('a', { baseVersion: 1 }));
    expect(told(await space.device('y').one(insert(5, '!', { baseVersion: 1 })))).toBe(
      'APPLIED UPDATE_DELETE',
    );
    expect(await textOf(space)).toBe('hello!');
  });

  test('that was seen leaves nothing to operate on', async () => {
    const space = await sharing('hello');
    const x = space.device('x');
    await x.one(change.delete('a', { baseVersion: 1 }));
    expect(told(await x.one(insert(0, '!', { baseVersion: 2 })))).toBe('REJECTED RECORD_NOT_FOUND');
  });
});

test('operations of a shape that the collection does not take are rejected', async () => {
  const space = await sharing('hello', {}, { schema: { current: 2, oldest: 2, steps: [] } });
  const x = space.device('x');
  await x.one(change.create('b', 'hello', { schemaVersion: 2 }));
  const made = change.operations('b', 'text', ['!'], { baseVersion: 1, schemaVersion: 1 });
  expect(told(await space.device('y').one(made))).toBe('REJECTED SCHEMA_MISMATCH');
});

test.each([
  ['what is no operation', change.operations('a', 'text', { not: 'one' }), 'INVALID_PAYLOAD'],
  ['what goes beyond the text', insert(99, 'x', { baseVersion: 1 }), 'INVALID_PAYLOAD'],
  ['another type', change.operations('a', 'json1', [], { baseVersion: 1 }), 'UNSUPPORTED_CHANGE'],
  ['a patch', change.patch('a', {}, [], { baseVersion: 1 }), 'UNSUPPORTED_CHANGE'],
  ['a payload that is no text', change.update('a', { no: 'text' }, { baseVersion: 1 }), 'INVALID_PAYLOAD'],
  ['operations on nothing', change.operations('b', 'text', ['x']), 'RECORD_NOT_FOUND'],
])('%s is rejected', async (_what, given, reason) => {
  const space = await sharing('hello');
  expect(told(await space.device('y').one(given))).toBe(`REJECTED ${reason}`);
  expect(await textOf(space)).toBe('hello');
});

test('a device at the version before gets the operation as it was committed', async () => {
  const space = await sharing(`hello ${'world '.repeat(9)}`);
  await space.device('x').one(insert(0, 'oh, ', { baseVersion: 1 }));
  await space.device('y').one(insert(5, '!', { baseVersion: 1 }));
  const row = (await space.record('a'))!;
  const { epoch, head, digests } = (await space.store.state(space.space))!;
  const slice = { epoch, head, digests, rows: [row], more: false, clock: new Map<never, number>() };
  const cursor = { epoch, position: 2, checkpoint: 2, asOf: head, scope: { a: 0, b: 0 } };
  const entriesOf = (device: string) => {
    const takes = { takesPatches: true, takesOperations: true, takesOwn: true, mayHoldMore: false };
    const reader = { device: deviceId(device), scope: WHOLE_SPACE, access: OWNER, ...takes };
    return deltaOf(reader, cursor, slice).page.entries;
  };
  for (const device of ['x', 'y']) {
    const [entry] = entriesOf(device);
    expect(entry).toMatchObject({ kind: 'operations', type: 'text', previousVersion: 2 });
    expect(entry?.kind === 'operations' && entry.operations.map((each) => readJson(each))).toEqual([
      [9, '!'],
    ]);
  }
  expect(imageOf(row)!.kept).toBeUndefined();
});
