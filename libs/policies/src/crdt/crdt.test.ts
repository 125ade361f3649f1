import {
  type CollectionRules,
  deltaOf,
  deviceId,
  imageOf,
  policyRegistry,
  type StoredRecord,
  WHOLE_SPACE,
} from '@syncline/core';
import { memoryStore } from '@syncline/memory';
import {
  change,
  mergingSpace,
  outcomeInWords,
  OWNER,
  readJson,
  rulesOf,
  yjsEditor,
} from '@syncline/port-contracts';
import * as Y from 'yjs';
import { ALL_POLICIES } from '../operations';

const REGISTRY = policyRegistry(ALL_POLICIES);
const told = outcomeInWords;

const stateOf = (record: StoredRecord | undefined): Uint8Array => {
  if (record?.kept?.kind !== 'data' || record.kept.state === null) throw new Error('it has no state');
  return record.kept.state;
};

/** Two devices that hold the same document, and the space that they share it in. */
async function shared(given: Partial<CollectionRules> = {}) {
  const space = await mergingSpace(memoryStore(), REGISTRY, { policy: 'crdt', ...given });
  const [x, y] = [yjsEditor(1), yjsEditor(2)];
  const first = x.insert(0, 'hello');
  y.take(first);
  const [dx, dy] = [space.device('x'), space.device('y')];
  const created = await dx.one(change.operations('a', 'yjs', first));
  return { space, x, y, dx, dy, created };
}

test('a record comes about by its first update, and is one JSON object for who has no engine', async () => {
  const { space, created } = await shared();
  expect(told(created)).toBe('APPLIED');
  const record = await space.record('a');
  expect(readJson(record!.payload)).toEqual({ body: 'hello' });
  expect(record!.kept).toMatchObject({ kind: 'data', type: 'yjs', recent: [] });
  const { bytes } = (await space.store.state(space.space))!;
  expect(bytes).toBe(record!.payload!.length + stateOf(record).length);
});

test('concurrent updates merge without a conflict, and both devices come to the same', async () => {
  const { space, x, y, dx, dy } = await shared();
  const ux = x.insert(5, ' world');
  const uy = y.insert(0, 'oh, ');
  expect(told(await dx.one(change.operations('a', 'yjs', ux, { baseVersion: 1 })))).toBe('APPLIED');
  const merged = await dy.one(change.operations('a', 'yjs', uy, { baseVersion: 1 }));
  expect([told(merged), merged.conflict]).toEqual(['MERGED', null]);
  const record = await space.record('a');
  expect(readJson(record!.payload)).toEqual({ body: 'oh, hello world' });
  for (const each of [x, y]) {
    each.take(stateOf(record));
    expect(each.text()).toBe('oh, hello world');
  }
  expect(merged.record!.kept).toMatchObject({ kind: 'data', type: 'yjs', state: stateOf(record) });
});

test('an update that brings nothing new writes nothing', async () => {
  const { space, x, dx } = await shared();
  const update = x.insert(5, '!');
  await dx.one(change.operations('a', 'yjs', update, { baseVersion: 1 }));
  const again = await space.device('z').one(change.operations('a', 'yjs', update, { baseVersion: 1 }));
  expect([told(again), again.version]).toEqual(['APPLIED', 2]);
  expect((await space.store.state(space.space))!.head).toBe(2);
});

test('an update whose past has not come is rejected, and can be sent again behind it', async () => {
  const { space, x, dy } = await shared();
  const missing = x.insert(5, ' one');
  const late = x.insert(9, ' two');
  expect(told(await dy.one(change.operations('a', 'yjs', late, { baseVersion: 1 })))).toBe(
    'REJECTED DEPENDENCY_MISSING',
  );
  await dy.one(change.operations('a', 'yjs', missing, { baseVersion: 1 }));
  expect(told(await dy.one(change.operations('a', 'yjs', late, { baseVersion: 1 })))).toBe('APPLIED');
  expect(readJson((await space.record('a'))!.payload)).toEqual({ body: 'hello one two' });
});

test.each([
  ['whole records', change.create('b', {}), 'REJECTED UNSUPPORTED_CHANGE'],
  ['whole records', change.update('a', {}, { baseVersion: 1 }), 'REJECTED UNSUPPORTED_CHANGE'],
  ['patches', change.patch('a', {}, [], { baseVersion: 1 }), 'REJECTED UNSUPPORTED_CHANGE'],
  ['updates of another engine', change.operations('a', 'loro', 'x'), 'REJECTED UNSUPPORTED_CHANGE'],
  ['what is no update', change.operations('a', 'yjs', 'x', { baseVersion: 1 }), 'REJECTED INVALID_PAYLOAD'],
])('%s are rejected', async (_what, given, expected) => {
  const { dy } = await shared();
  expect(told(await dy.one(given))).toBe(expected);
});

test('a state that is too large is rejected, however small the update is', async () => {
  const { dx, x } = await shared({ recordBytesMax: 100 });
  const update = x.insert(0, 'x'.repeat(120));
  expect(told(await dx.one(change.operations('a', 'yjs', update, { baseVersion: 1 })))).toBe(
    'REJECTED RECORD_TOO_LARGE',
  );
});

describe('a delete', () => {
  test('wins over updates that did not see it, and what they held stays in the ledger', async () => {
    const { space, y, dx, dy } = await shared();
    expect(told(await dx.one(change.delete('a', { baseVersion: 1 })))).toBe('APPLIED');
    const update = y.insert(0, 'lost');
    const lost = await dy.one(change.operations('a', 'yjs', update, { baseVersion: 1 }));
    expect([told(lost), lost.record]).toEqual(['LOST UPDATE_DELETE', null]);
    expect(await space.ledger(lost.conflict!.id)).toMatchObject({
      resolution: 'stored',
      incoming: { operations: 'yjs', deleted: false },
    });
    expect((await space.record('a'))!.kept).toBeUndefined();
  });

  test('wins over what was made on top of an own update that no copy shows yet', async () => {
    const space = await mergingSpace(memoryStore(), REGISTRY, { policy: 'crdt' });
    const [x, y] = [space.device('x'), space.device('y')];
    const editor = yjsEditor(1);
    await x.one(change.operations('a', 'yjs', editor.insert(0, 'mine')));
    await y.one(change.delete('a', { baseVersion: 1 }));
    const onTop = change.operations('a', 'yjs', editor.insert(4, '!'), { after: 1 });
    expect(told(await x.one(onTop))).toBe('LOST UPDATE_DELETE');
  });

  test('wins over updates that it did not see', async () => {
    const { x, dx, dy } = await shared();
    await dx.one(change.operations('a', 'yjs', x.insert(0, '1'), { baseVersion: 1 }));
    expect(told(await dy.one(change.delete('a', { baseVersion: 1 })))).toBe('APPLIED DELETE_UPDATE');
  });

  test('is outlived by an update where the collection says so: all that was there is back', async () => {
    const { space, y, dx, dy } = await shared({ deletes: 'resurrect' });
    await dx.one(change.delete('a', { baseVersion: 1 }));
    const update = y.insert(0, 'back: ');
    const back = await dy.one(change.operations('a', 'yjs', update, { baseVersion: 1 }));
    expect(told(back)).toBe('APPLIED UPDATE_DELETE');
    const record = await space.record('a');
    expect(readJson(record!.payload)).toEqual({ body: 'back: hello' });
    expect(record!.resurrected).toBe(true);
    y.take(stateOf(record));
    expect(y.text()).toBe('back: hello');
  });

  test.each([
    ['with a further edit', true],
    ['with nothing new', false],
  ])('that is asked about is settled by an update that names it, %s', async (_, edits) => {
    const { space, x, dx, dy } = await shared({ deletes: 'ask' });
    const update = x.insert(5, '!');
    await dx.one(change.operations('a', 'yjs', update, { baseVersion: 1 }));
    const held = await dy.one(change.delete('a', { baseVersion: 1 }));
    expect(told(held)).toBe('HELD DELETE_UPDATE');
    const { id } = held.conflict!;
    const { head } = (await space.store.state(space.space))!;
    const naming = change.operations('a', 'yjs', edits ? x.insert(6, '!') : update, {
      baseVersion: head,
      resolves: [id],
    });
    expect(told(await dx.one(naming))).toBe('APPLIED');
    expect(await space.ledger(id)).toMatchObject({ state: 'resolved', resolution: 'replaced' });
    const record = (await space.record('a'))!;
    expect(readJson(record.payload)).toEqual({ body: edits ? 'hello!!' : 'hello!' });
  });

  test('of two that did not know of each other leaves what either begins anew', async () => {
    const { space, dx, dy } = await shared();
    await dx.one(change.delete('a', { baseVersion: 1 }));
    const anew = yjsEditor(9).insert(0, 'new');
    const made = [
      change.delete('a', { baseVersion: 1 }),
      change.operations('a', 'yjs', anew, { baseVersion: 1, after: 1 }),
    ];
    expect((await dy.push(...made)).map(told)).toEqual(['APPLIED', 'APPLIED']);
    expect(readJson((await space.record('a'))!.payload)).toEqual({ body: 'new' });
  });

  test('is followed by a record that begins anew', async () => {
    const { space, dx } = await shared();
    await dx.one(change.delete('a', { baseVersion: 1 }));
    const anew = yjsEditor(9).insert(0, 'new');
    expect(told(await dx.one(change.operations('a', 'yjs', anew, { baseVersion: 2 })))).toBe('APPLIED');
    expect(readJson((await space.record('a'))!.payload)).toEqual({ body: 'new' });
  });
});

test('a record from before the collection took updates is refused, not overwritten', async () => {
  const space = await mergingSpace(memoryStore(), REGISTRY, {});
  const device = space.device('x');
  await device.one(change.create('a', { body: 'old' }));
  await space.store.declare(space.space, rulesOf('notes', { policy: 'crdt' }));
  const update = yjsEditor(1).insert(0, 'new');
  expect(told(await device.one(change.operations('a', 'yjs', update, { baseVersion: 1 })))).toBe(
    'REJECTED UNSUPPORTED_CHANGE',
  );
});

test('a device gets the updates that it lacks, or the whole state where that is not much more', async () => {
  const { space, x, dx } = await shared();
  x.insert(0, 'a long text that nobody wants to be sent again '.repeat(9));
  await dx.one(change.operations('a', 'yjs', Y.encodeStateAsUpdate(x.doc), { baseVersion: 1 }));
  const updates = ['!', '?'].map((text) => x.insert(0, text));
  for (const [at, update] of updates.entries())
    await dx.one(change.operations('a', 'yjs', update, { baseVersion: 2 + at }));
  const row = (await space.record('a'))!;
  const { epoch, head, digests } = (await space.store.state(space.space))!;
  const slice = { epoch, head, digests, rows: [row], more: false, clock: new Map<never, number>() };
  const entriesFrom = (checkpoint: number, takesOperations: boolean, position = checkpoint) => {
    const cursor = { epoch, position, checkpoint, asOf: head, scope: { a: 0, b: 0 } };
    const takes = { takesPatches: true, takesOperations, takesOwn: true, mayHoldMore: false };
    const reader = { device: deviceId('z'), scope: WHOLE_SPACE, access: OWNER, ...takes };
    return deltaOf(reader, cursor, slice).page.entries;
  };
  expect(entriesFrom(3, true)).toMatchObject([
    { kind: 'operations', type: 'yjs', previousVersion: 3, operations: updates.slice(1) },
  ]);
  expect(entriesFrom(2, true)).toMatchObject([{ previousVersion: 2, operations: updates }]);
  // Between two pages of one run, a device may hold what the earlier page told of it.
  const behindAPage = entriesFrom(2, true, 3);
  for (const entries of [entriesFrom(3, false), entriesFrom(1, true), entriesFrom(0, true), behindAPage])
    expect(entries).toEqual([{ kind: 'put', record: imageOf(row) }]);
});
