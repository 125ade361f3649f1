import { type Access, type CollectionRight, SERVICE_DEVICE, userId } from '@syncline/core';
import { change, NOTES, payload, readJson, rulesOf } from '@syncline/port-contracts';
import type { ConflictChoice } from './conflict-choice';
import {
  BOB,
  type ConflictWorld,
  conflictWorld,
  deciding,
  filterOf,
  ID,
  OPERATOR,
  reasonOf,
  valueOf,
} from './conflict-world.test-fixtures';
import { ANN, HOME, HOME_KEY, identityOf } from './flows.test-fixtures';

const KEEP_STORED: ConflictChoice = { kind: 'keep-stored' };
const KEEP_INCOMING: ConflictChoice = { kind: 'keep-incoming' };
const DELETE: ConflictChoice = { kind: 'delete' };
const replaceBy = (value: unknown): ConflictChoice => ({
  kind: 'replace',
  payload: payload(value),
  schemaVersion: null,
});
const fields = (incoming: readonly string[], values: Record<string, unknown> = {}): ConflictChoice => ({
  kind: 'fields',
  incoming,
  values: new Map(Object.entries(values).map(([name, value]) => [name, payload(value)])),
});

const ann = identityOf(ANN);
const bob = identityOf(BOB);
const narrowed = (right: CollectionRight): Access => ({
  role: 'editor',
  collections: new Map([[NOTES, right]]),
});
const READER: Access = { role: 'reader', collections: new Map() };
const EDITOR: Access = { role: 'editor', collections: new Map() };

const undo = { space: HOME, id: ID, overwriteNewer: false };
const reopen = { space: HOME, id: ID, why: '' };

describe('a person decides', () => {
  test.each([
    ['what the server had', KEEP_STORED, { n: 2 }, 'stored', 0],
    ['what the device sent', KEEP_INCOMING, { n: 3 }, 'incoming', 4],
    ['something else', replaceBy({ n: 9 }), { n: 9 }, 'replaced', 4],
    ['nothing at all', DELETE, null, 'deleted', 4],
  ])('that %s stands', async (_what, choice, stands, resolution, resultVersion) => {
    const world = await conflictWorld();
    await world.withConflict();
    world.clock.advance(1_000);
    const told = valueOf(await world.resolve(ann, deciding(choice, { why: 'I know.', seenVersion: 2 })));
    expect(await world.content()).toEqual(stands);
    expect(told.conflict).toMatchObject({
      state: 'resolved',
      resolution,
      decidedBy: 'user',
      decidedByUser: ANN,
      why: 'I know.',
      resultVersion,
      resolvedAtMs: world.clock.nowMs(),
      detectedAtMs: world.clock.nowMs() - 1_000,
      changedSince: false,
    });
    expect(told.record).toMatchObject({ version: resultVersion === 0 ? 2 : 4, deleted: stands === null });
  });

  test.each([
    ['that was there', KEEP_STORED, { n: 2 }, 'stored'],
    ['that came', KEEP_INCOMING, { n: 3 }, 'incoming'],
  ])('that of two contents the one %s stands alone', async (_which, choice, stands, resolution) => {
    const world = await conflictWorld({ policy: 'multi-value' });
    await world.withConflict();
    expect((await world.stored())?.kept).toMatchObject({ kind: 'siblings' });
    const told = valueOf(await world.resolve(ann, deciding(choice)));
    expect(told.conflict).toMatchObject({ state: 'resolved', resolution });
    const record = await world.stored();
    expect([readJson(record?.payload), record?.kept]).toEqual([stands, undefined]);
  });

  test('and devices find it in their ledger and in their copy', async () => {
    const world = await conflictWorld();
    await world.withConflict();
    valueOf(await world.resolve(ann, deciding(KEEP_INCOMING)));
    const read = (await world.store.changes({
      space: HOME_KEY,
      after: 3,
      collections: [],
      recordsMax: 10,
      bytesMax: 10_000,
      clockAfter: 3,
    }))!;
    expect(read.rows.map(({ id, user, device }) => [id, user, device])).toEqual([
      ['a', ANN, SERVICE_DEVICE],
      [ID, ANN, SERVICE_DEVICE],
    ]);
    expect(readJson(read.rows[1]?.payload)).toMatchObject({ state: 'resolved', resolution: 'incoming' });
  });

  test('and what was made of the record since stays when the server wins', async () => {
    const world = await conflictWorld();
    await world.withConflict();
    await world.device('y').push(change.update('a', { n: 7 }, { baseVersion: 2 }));
    valueOf(await world.resolve(ann, deciding(KEEP_STORED)));
    expect(await world.content()).toEqual({ n: 7 });
  });

  test('about a content that is larger than the ledger takes', async () => {
    const world = await conflictWorld({}, { ledgerSideBytesMax: 4 });
    await world.withConflict();
    valueOf(await world.resolve(ann, deciding(KEEP_INCOMING)));
    expect(await world.content()).toEqual({ n: 3 });
  });

  test('and not about what nobody knows any more', async () => {
    const world = await conflictWorld({}, { ledgerSideBytesMax: 4 });
    await world.withConflict();
    valueOf(await world.resolve(ann, deciding(KEEP_STORED)));
    valueOf(await world.reopen(ann, reopen));
    await world.device('y').push(change.update('a', { n: 8 }, { baseVersion: 2 }));
    await world.store.pruneHistory(HOME_KEY, 1, Number.MAX_SAFE_INTEGER, await world.head());
    expect(reasonOf(await world.resolve(ann, deciding(KEEP_INCOMING)))).toBe('VERSION_NOT_FOUND');
    expect(await world.content()).toEqual({ n: 8 });
  });

  test('that a record which is gone comes back, or stays so', async () => {
    const world = await conflictWorld({ deletes: 'ask' });
    await world.device('x').push(change.create('a', { n: 1 }), change.delete('a'));
    await world.device('d').one(change.update('a', { n: 3 }, { baseVersion: 1 }));
    const told = valueOf(await world.resolve(ann, deciding(DELETE)));
    expect([told.conflict.resultVersion, told.record?.deleted]).toEqual([0, true]);
    valueOf(await world.reopen(ann, reopen));
    valueOf(await world.resolve(ann, deciding(KEEP_INCOMING)));
    expect(await world.content()).toEqual({ n: 3 });
  });

  test.each([
    ['of an old shape', { schema: { oldest: 1, current: 2, steps: [] } }, replaceBy({}), 'OK', 2],
    ['that is no JSON', {}, replaceBy(new Uint8Array([255])), 'INVALID_PAYLOAD', 0],
  ])('and the rules hold for a content %s', async (_what, rules, choice, reason, schemaVersion) => {
    const world = await conflictWorld();
    await world.withConflict();
    await world.store.declare(HOME_KEY, rulesOf(NOTES, { policy: 'manual', ...rules }));
    const answer = await world.resolve(ann, deciding(choice));
    expect(reasonOf(answer)).toBe(reason);
    if (answer.ok) expect(answer.value.record?.schemaVersion).toBe(schemaVersion);
    else expect([await world.content(), await world.head()]).toEqual([{ n: 2 }, 3]);
  });

  test('but a shape that the collection does not take stays out', async () => {
    const world = await conflictWorld({ schema: { oldest: 0, current: 1, steps: [] } });
    await world.device('x').push(change.create('a', { n: 1 }));
    await world.device('d').one(change.update('a', { n: 3 }, { baseVersion: 1, schemaVersion: 9 }));
    expect(reasonOf(await world.resolve(ann, deciding(KEEP_INCOMING)))).toBe('SCHEMA_MISMATCH');
    expect(reasonOf(await world.resolve(ann, deciding(KEEP_STORED)))).toBe('OK');
  });
});

describe('fields that wait', () => {
  async function withAskedFields(): Promise<ConflictWorld> {
    const world = await conflictWorld({
      policy: 'field-merge',
      rule: { fields: { p: { kind: 'ask' }, q: { kind: 'ask' }, r: { kind: 'ask' } } },
    });
    await world
      .device('x')
      .push(change.create('a', { p: 0, q: 0, r: 0 }), change.update('a', { p: 1, q: 1, r: 1 }));
    await world.device('d').one(change.update('a', { p: 2, q: 2, s: 2 }, { baseVersion: 1 }));
    return world;
  }

  test('take what the device sent, what the server had, or a value of their own', async () => {
    const world = await withAskedFields();
    expect(valueOf(await world.list()).conflicts[0]?.asked).toEqual(['p', 'q', 'r']);
    const told = valueOf(await world.resolve(ann, deciding(fields(['p', 'r'], { q: [7] }))));
    expect(await world.content()).toEqual({ p: 2, q: [7], s: 2 });
    expect(told.conflict.resolution).toBe('merged');
  });

  test.each([
    ['another field', fields(['s'])],
    ['another value', fields([], { s: 1 })],
    ['a field twice', fields(['p'], { p: 1 })],
    ['no JSON', { kind: 'fields', incoming: [], values: new Map([['p', new Uint8Array([255])]]) } as const],
  ])('cannot be decided by %s', async (_what, choice) => {
    const world = await withAskedFields();
    expect(reasonOf(await world.resolve(ann, deciding(choice)))).toBe('INVALID_ARGUMENT');
  });

  test('are no way to decide where none waits', async () => {
    const world = await conflictWorld();
    await world.withConflict();
    expect(reasonOf(await world.resolve(ann, deciding(fields([]))))).toBe('INVALID_ARGUMENT');
  });
});

describe('who may decide', () => {
  test.each([
    ['nobody else', null, 'SPACE_NOT_FOUND'],
    ['a reader', READER, 'PERMISSION_DENIED'],
    ['an editor', EDITOR, 'OK'],
    ['who may read the collection only', narrowed('read'), 'PERMISSION_DENIED'],
    ['who may not see the collection', narrowed('none'), 'CONFLICT_NOT_FOUND'],
  ] as const)('%s', async (_who, access, reason) => {
    const world = await conflictWorld();
    await world.withConflict();
    await world.allow(access);
    expect(reasonOf(await world.resolve(bob, deciding(KEEP_STORED)))).toBe(reason);
    if (reason === 'OK') return;
    valueOf(await world.resolve(ann, deciding(KEEP_STORED)));
    expect(reasonOf(await world.undo(bob, undo))).toBe(reason);
    expect(reasonOf(await world.reopen(bob, reopen))).toBe(reason);
  });

  test('an operator', async () => {
    const world = await conflictWorld();
    await world.withConflict();
    const told = valueOf(await world.resolve(OPERATOR, deciding(KEEP_INCOMING)));
    expect(told.conflict.decidedByUser).toBe('root');
  });

  test('of many at once, an owner alone', async () => {
    const world = await conflictWorld();
    await world.withConflict();
    await world.allow(EDITOR);
    const call = { ...deciding(KEEP_STORED), ids: [ID], filter: filterOf({}) };
    expect(reasonOf(await world.resolveMany(bob, call))).toBe('PERMISSION_DENIED');
    expect(valueOf(await world.resolveMany(ann, call)).resolved).toEqual([ID]);
  });
});

describe('two at once', () => {
  test('one of two who decide at the same moment wins, whatever they decide', async () => {
    for (const choices of [
      [KEEP_INCOMING, replaceBy({ n: 9 })],
      [KEEP_STORED, KEEP_INCOMING],
      [KEEP_STORED, KEEP_STORED],
      [DELETE, KEEP_STORED],
    ]) {
      const world = await conflictWorld();
      await world.withConflict();
      const answers = await Promise.all(choices.map((choice) => world.resolve(ann, deciding(choice))));
      expect(answers.map(reasonOf).sort()).toEqual(['CONFLICT_STATE', 'OK']);
      const won = answers.find((answer) => answer.ok)!;
      const [listed] = valueOf(await world.list()).conflicts;
      expect([listed?.state, listed?.resolution]).toEqual(['resolved', valueOf(won).conflict.resolution]);
    }
  });

  test('who saw an older version is told so, and nothing happens', async () => {
    const world = await conflictWorld();
    await world.withConflict();
    await world.device('y').push(change.update('a', { n: 7 }, { baseVersion: 2 }));
    expect(reasonOf(await world.resolve(ann, deciding(KEEP_INCOMING, { seenVersion: 2 })))).toBe(
      'CHANGED_MEANWHILE',
    );
    expect(await world.content()).toEqual({ n: 7 });
  });

  test('a change that comes in between is noticed where it matters, and looked at again where not', async () => {
    const world = await conflictWorld();
    await world.withConflict();
    const edits = { made: 0 };
    world.between.act = async () => {
      if (edits.made++ === 0) await world.device('y').push(change.update('a', { n: 7 }, { baseVersion: 2 }));
    };
    expect(reasonOf(await world.resolve(ann, deciding(KEEP_INCOMING, { seenVersion: 2 })))).toBe(
      'CHANGED_MEANWHILE',
    );
    edits.made = 1;
    valueOf(await world.resolve(ann, deciding(KEEP_INCOMING)));
    expect(await world.content()).toEqual({ n: 3 });
  });

  test('who is overtaken again and again is told in the end', async () => {
    const world = await conflictWorld();
    await world.withConflict();
    const y = world.device('y');
    world.between.act = async () => {
      const baseVersion = await world.head();
      await y.push(change.update('a', { baseVersion }, { baseVersion }));
    };
    expect(reasonOf(await world.resolve(ann, deciding(KEEP_INCOMING)))).toBe('CHANGED_MEANWHILE');
    expect(valueOf(await world.list()).conflicts[0]?.state).toBe('open');
  });

  test('a device that settles it first goes before', async () => {
    const world = await conflictWorld();
    await world.withConflict();
    world.between.act = () =>
      world.device('y').push(change.update('a', { n: 7 }, { baseVersion: 2, resolves: [ID] }));
    expect(reasonOf(await world.resolve(ann, deciding(KEEP_STORED)))).toBe('CONFLICT_STATE');
    const [told] = valueOf(await world.list()).conflicts;
    expect(told).toMatchObject({ resolution: 'replaced', decidedBy: 'user', decidedByUser: 'user of y' });
  });
});

describe('taking a decision back', () => {
  test.each([
    ['of a policy that kept what was there', 'server-wins', null, { n: 2 }, { n: 3 }],
    ['of a policy that took what came', 'client-wins', null, { n: 3 }, { n: 2 }],
    ['of a person who kept what was there', 'manual', KEEP_STORED, { n: 2 }, { n: 3 }],
    ['of a person who took what came', 'manual', KEEP_INCOMING, { n: 3 }, { n: 2 }],
    ['of a person who wrote something else', 'manual', replaceBy({ n: 9 }), { n: 9 }, { n: 2 }],
    ['of a person who deleted', 'manual', DELETE, null, { n: 2 }],
  ])('%s brings the other side, or what was before', async (_whose, policy, choice, stands, after) => {
    const world = await conflictWorld({ policy });
    await world.withConflict();
    if (choice !== null) valueOf(await world.resolve(ann, deciding(choice)));
    expect(await world.content()).toEqual(stands);
    const told = valueOf(await world.undo(ann, undo));
    expect(await world.content()).toEqual(after);
    expect(told.conflict).toMatchObject({ state: 'reopened', resolution: 'none', decidedBy: null });
    expect(told.record?.version).toBe((await world.head()) - 1);
  });

  test('can itself be decided against, and that undone', async () => {
    const world = await conflictWorld({ policy: 'server-wins' });
    await world.withConflict();
    valueOf(await world.undo(ann, undo));
    expect(reasonOf(await world.undo(ann, undo))).toBe('CONFLICT_STATE');
    valueOf(await world.resolve(ann, deciding(KEEP_STORED)));
    expect(await world.content()).toEqual({ n: 2 });
    valueOf(await world.undo(ann, undo));
    expect(await world.content()).toEqual({ n: 3 });
  });

  test('of a merge brings back what the server had', async () => {
    const world = await conflictWorld({ policy: 'field-merge' });
    await world.withConflict({ n: 1, a: 1 }, { n: 1, b: 1 });
    expect(await world.content()).toEqual({ n: 1, a: 1, b: 1 });
    valueOf(await world.undo(ann, undo));
    expect(await world.content()).toEqual({ n: 1, a: 1 });
  });

  test('does not sweep away what came later, unless that is wanted', async () => {
    const world = await conflictWorld({ policy: 'server-wins' });
    await world.withConflict();
    await world.device('y').push(change.update('a', { n: 7 }, { baseVersion: 2 }));
    expect(valueOf(await world.list()).conflicts[0]?.changedSince).toBe(true);
    expect(reasonOf(await world.undo(ann, undo))).toBe('CHANGED_MEANWHILE');
    valueOf(await world.undo(ann, { ...undo, overwriteNewer: true }));
    expect(await world.content()).toEqual({ n: 3 });
    expect((await world.store.atVersion(HOME_KEY, 4))?.payload).toEqual(payload({ n: 7 }));
  });

  test('is for those that were decided', async () => {
    const world = await conflictWorld();
    await world.withConflict();
    expect(reasonOf(await world.undo(ann, undo))).toBe('CONFLICT_STATE');
    expect(reasonOf(await world.undo(ann, { ...undo, id: `${NOTES}/d/9` as typeof ID }))).toBe(
      'CONFLICT_NOT_FOUND',
    );
  });

  test('is done once, of two who do it at the same moment', async () => {
    const world = await conflictWorld({ policy: 'server-wins' });
    await world.withConflict();
    const answers = await Promise.all([0, 1].map(() => world.undo(ann, undo)));
    expect(answers.map(reasonOf).sort()).toEqual(['CHANGED_MEANWHILE', 'OK']);
    expect(await world.content()).toEqual({ n: 3 });
  });
});

describe('opening a conflict again', () => {
  test('leaves the record as it is, and what was decided until somebody decides anew', async () => {
    const world = await conflictWorld({ policy: 'server-wins' });
    await world.withConflict();
    const told = valueOf(await world.reopen(ann, { ...reopen, why: 'Look again.' }));
    expect(told.conflict).toMatchObject({ state: 'reopened', resolution: 'stored', why: 'Look again.' });
    expect([await world.content(), told.record?.version]).toEqual([{ n: 2 }, 2]);
    expect(reasonOf(await world.reopen(ann, reopen))).toBe('CONFLICT_STATE');
    valueOf(await world.resolve(ann, deciding(KEEP_INCOMING)));
    expect(await world.content()).toEqual({ n: 3 });
    expect(reasonOf(await world.resolve(ann, deciding(KEEP_INCOMING)))).toBe('CONFLICT_STATE');
  });
});

describe('many at once', () => {
  async function withThree(): Promise<ConflictWorld> {
    const world = await conflictWorld();
    for (const id of ['a', 'b', 'c']) {
      const x = world.device(`x${id}`);
      await x.push(change.create(id, { n: 1 }), change.update(id, { n: 2 }));
      await world
        .device(`d${id}`)
        .one(change.update(id, { n: 3 }, { baseVersion: (await world.head()) - 1 }));
    }
    return world;
  }
  const idOf = (id: string) => `${NOTES}/d${id}/1` as typeof ID;
  const many = (given: object) => ({ ...deciding(KEEP_INCOMING), ids: [], filter: filterOf({}), ...given });

  test('each is decided by itself, and what cannot be is named with the reason', async () => {
    const world = await withThree();
    valueOf(await world.resolve(ann, deciding(KEEP_STORED, { id: idOf('b') })));
    const ids = ['a', 'b', 'b', 'none'].map(idOf);
    const told = valueOf(await world.resolveMany(ann, many({ ids })));
    expect(told).toEqual({
      resolved: [idOf('a')],
      failed: new Map([
        [idOf('b'), 'CONFLICT_STATE'],
        [idOf('none'), 'CONFLICT_NOT_FOUND'],
      ]),
      more: false,
    });
    expect(await Promise.all(['a', 'b', 'c'].map((id) => world.content(id)))).toEqual([
      { n: 3 },
      { n: 2 },
      { n: 2 },
    ]);
  });

  test('all that wait and fit are', async () => {
    const world = await withThree();
    const told = valueOf(await world.resolveMany(ann, many({ filter: filterOf({ device: 'db' as never }) })));
    expect(told.resolved).toEqual([idOf('b')]);
    const rest = valueOf(await world.resolveMany(ann, many({ filter: filterOf({}) })));
    expect([[...rest.resolved].sort(), rest.more]).toEqual([[idOf('a'), idOf('c')], false]);
    const none = valueOf(await world.resolveMany(ann, many({})));
    expect([none.resolved, none.more]).toEqual([[], false]);
  });

  test('a conflict that was decided is none of them', async () => {
    const world = await withThree();
    const filter = filterOf({ state: 'resolved' });
    expect(valueOf(await world.resolveMany(ann, many({ filter }))).resolved).toEqual([]);
  });
});

test('a user who is no member learns of nothing', async () => {
  const world = await conflictWorld();
  await world.withConflict();
  expect(reasonOf(await world.find(identityOf(userId('eve')), { space: HOME, id: ID }))).toBe(
    'SPACE_NOT_FOUND',
  );
});
