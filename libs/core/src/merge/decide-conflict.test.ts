import type { Access } from '../access';
import type { Change } from '../changes';
import { collectionName, CONFLICTS, type RecordId, SERVICE_DEVICE } from '../ids';
import {
  create,
  inWords,
  NOTES,
  OWNER,
  outcomesOf,
  patch,
  pushOf,
  rulesOf,
  testSpace,
  type TestSpace,
  textOf,
  update,
} from '../space.test-fixtures';
import { encodeDecision, type LedgerDecision } from './ledger-decision';
import { decodeFacts, WAITING_NOT } from './ledger-facts';

const ID = 'notes/d/1' as RecordId;

/** Record `a` stands at version 2, and d's change of version 1 is held at version 3. */
function withOpenConflict(): TestSpace {
  const space = testSpace({ rules: [rulesOf({ policy: 'manual' })] });
  space.write('x', create('a', { n: 1 }), update('a', 0, { n: 2 }));
  space.push('d', update('a', 1, { n: 3 }));
  return space;
}

const KEPT: LedgerDecision = { state: 'resolved', resolution: 'stored', standing: 2, why: 'Looks right.' };
const TAKEN: LedgerDecision = { state: 'resolved', resolution: 'incoming', standing: 2 };

const deciding = (decision: LedgerDecision, base = 3): Change =>
  patch(ID, base, encodeDecision(decision), [], { collection: CONFLICTS });

const decide = (space: TestSpace, changes: readonly Change[], access: Access = OWNER) =>
  outcomesOf(space.merge({ ...pushOf(SERVICE_DEVICE, 1, changes, access), byService: true })).map(inWords);

const factsOf = (space: TestSpace) => {
  const meta = space.record(ID, CONFLICTS)!.meta!;
  return { ...decodeFacts(meta), waits: !textOf(meta)!.includes(WAITING_NOT) };
};

describe('a decision of a person', () => {
  test('is written into the ledger, and leaves the record as it is', () => {
    const space = withOpenConflict();
    expect(decide(space, [deciding(KEPT)])).toEqual(['APPLIED']);
    expect(space.ledger(ID)).toMatchObject({
      ...KEPT,
      resolvedBy: { device: SERVICE_DEVICE, user: `user of ${SERVICE_DEVICE}`, number: 1 },
      resolvedAtMs: space.nowMs,
      resultVersion: 0,
      standing: 2,
      stored: { json: { n: 2 } },
      incoming: { json: { n: 3 } },
    });
    expect([space.record('a')?.version, space.state.head]).toEqual([2, 4]);
  });

  test('goes with a change of the record', () => {
    const space = withOpenConflict();
    expect(decide(space, [update('a', 2, { n: 3 }), deciding(TAKEN)])).toEqual(['APPLIED', 'APPLIED']);
    expect(space.ledger(ID)).toMatchObject({ ...TAKEN, resultVersion: 4, standing: 4 });
    expect([textOf(space.record('a')?.payload), space.state.head]).toEqual(['{"n":3}', 5]);
    // In the history, both are what one change did.
    expect(space.history.slice(-2).map(({ id, version, number }) => [id, version, number])).toEqual([
      ['a', 4, 1],
      [ID, 5, 1],
    ]);
  });

  test('of a later push is not taken for one that wrote the record', () => {
    const space = withOpenConflict();
    decide(space, [update('a', 2, { n: 5 })]);
    decide(space, [deciding({ ...KEPT, standing: 4 })]);
    expect(space.ledger(ID)).toMatchObject({ resultVersion: 0, standing: 4 });
  });

  test('can be taken back and made again', () => {
    const space = withOpenConflict();
    decide(space, [deciding(KEPT)]);
    decide(space, [deciding({ state: 'reopened', standing: 2 }, 4)]);
    expect(space.ledger(ID)).toMatchObject({ state: 'reopened', resolution: 'stored', why: KEPT.why });
    decide(space, [
      update('a', 2, { n: 9 }),
      deciding({ state: 'reopened', resolution: 'none', standing: 2 }, 5),
    ]);
    expect(space.ledger(ID)).toMatchObject({ state: 'reopened', resolution: 'none', resultVersion: 6 });
    decide(space, [deciding(TAKEN, 7)]);
    expect(space.ledger(ID)?.state).toBe('resolved');
  });

  test('moves the conflict among those that wait, or out of them', () => {
    const space = withOpenConflict();
    expect(factsOf(space)).toEqual({
      state: 'open',
      kind: 'UPDATE_UPDATE',
      id: 'a',
      policy: 'manual',
      devices: ['x', 'd'],
      users: ['user of x', 'user of d'],
      detectedAtMs: space.nowMs,
      waits: true,
    });
    decide(space, [deciding(KEPT)]);
    expect(factsOf(space)).toMatchObject({ state: 'resolved', waits: false });
    decide(space, [deciding({ state: 'reopened', standing: 2 }, 4)]);
    expect(factsOf(space)).toMatchObject({ state: 'reopened', waits: true });
  });

  test.each([
    ['the record has moved on', [update('a', 1, {}), deciding(TAKEN)], 'CHANGED_MEANWHILE'],
    ['the conflict has', [update('a', 2, {}), deciding(TAKEN, 2)], 'CHANGED_MEANWHILE'],
    [
      'the record cannot be written',
      [update('a', 2, new Uint8Array([255])), deciding(TAKEN)],
      'INVALID_PAYLOAD',
    ],
    [
      'its shape is not taken',
      [update('a', 2, {}, { schemaVersion: 7 }), deciding(TAKEN)],
      'SCHEMA_MISMATCH',
    ],
  ])('is taken as a whole or not at all: %s', (_why, changes, reason) => {
    const space = withOpenConflict();
    expect(decide(space, changes)).toEqual([`REJECTED ${reason}`, `REJECTED ${reason}`]);
    expect([space.ledger(ID)?.state, space.state.head]).toEqual(['open', 3]);
  });

  test('is made once: of two who decide at the same moment, the second one learns of the first', () => {
    const space = withOpenConflict();
    const push = (changes: readonly Change[]) =>
      ({ ...pushOf(SERVICE_DEVICE, 1, changes), byService: true }) as const;
    const plan = space.merge(push([deciding(KEPT)]), push([update('a', 2, { n: 3 }), deciding(TAKEN)]));
    expect([0, 1].flatMap((index) => outcomesOf(plan, index).map(inWords))).toEqual([
      'APPLIED',
      'REJECTED CHANGED_MEANWHILE',
      'REJECTED CHANGED_MEANWHILE',
    ]);
    expect([space.ledger(ID)?.resolution, space.record('a')?.version]).toEqual(['stored', 2]);
  });

  test('is for those who may write the record', () => {
    const space = withOpenConflict();
    const reader: Access = { role: 'reader', collections: new Map() };
    const narrowed: Access = { role: 'owner', collections: new Map([[NOTES, 'read']]) };
    const elsewhere: Access = { role: 'owner', collections: new Map([[collectionName('tasks'), 'read']]) };
    expect([reader, narrowed, elsewhere].map((access) => decide(space, [deciding(KEPT)], access))).toEqual([
      ['REJECTED PERMISSION_DENIED'],
      ['REJECTED PERMISSION_DENIED'],
      ['APPLIED'],
    ]);
  });

  test('is not made by a device, which writes nothing into the ledger', () => {
    const space = withOpenConflict();
    expect(space.push('d', deciding(KEPT)).map(inWords)).toEqual(['REJECTED COLLECTION_RESERVED']);
  });

  test.each([
    ['another kind of change', update(ID, 3, {}, { collection: CONFLICTS }), 'UNSUPPORTED_CHANGE'],
    ['no decision', patch(ID, 3, { state: 'gone' }, [], { collection: CONFLICTS }), 'UNSUPPORTED_CHANGE'],
    ['no such conflict', patch('notes/d/9', 0, KEPT, [], { collection: CONFLICTS }), 'CONFLICT_NOT_FOUND'],
    ['no id', { ...deciding(KEPT, 0), id: '\u0000' as RecordId }, 'INVALID_ID'],
  ])('is nothing else: %s', (_what, change, reason) => {
    expect(decide(withOpenConflict(), [change])).toEqual([`REJECTED ${reason}`]);
  });

  test('is found under an id that is longer than those of records', () => {
    const device = 'd'.repeat(240);
    const collection = collectionName('n'.repeat(64));
    const space = testSpace({ rules: [rulesOf({ policy: 'manual', collection })] });
    space.write('x', create('a', 1, { collection }), update('a', 0, 2, { collection }));
    space.push(device, update('a', 1, 3, { collection }));
    const id = `${collection}/${device}/1`;
    expect(decide(space, [patch(id, 3, KEPT, [], { collection: CONFLICTS })])).toEqual(['APPLIED']);
    expect(space.ledger(id)?.state).toBe('resolved');
  });
});
