import type { Change } from '../changes';
import type { HistoryEntry } from '../history';
import { CONFLICTS } from '../ids';
import type { CollectionRules, JsonSchemaReader } from '../rules';
import type { SchemaOperation } from '../schema/declaration';
import {
  chainOf,
  create,
  inWords,
  NOTES,
  outcomesOf,
  patch,
  pushOf,
  remove,
  rulesOf,
  type SpaceGiven,
  type TestSpace,
  testSpace,
  textOf,
  update,
} from '../space.test-fixtures';

/** From {name, phone} to {first, last, telephone, vip}. */
const UP: readonly SchemaOperation[] = [
  { kind: 'split', field: 'name', separator: ' ', into: ['first', 'last'] },
  { kind: 'rename', field: 'phone', to: 'telephone' },
  { kind: 'default', field: 'vip', value: 'false' },
];
const SCHEMA = { current: 2, oldest: 1, steps: [{ toVersion: 2, up: UP, down: [] }] };
const V1 = { schemaVersion: 1 };
const V2 = { schemaVersion: 2 };
const ADA = { name: 'Ada Lovelace', phone: '1' };

const stepped = (given: Partial<CollectionRules> = {}): CollectionRules =>
  rulesOf({ schema: SCHEMA, policy: 'client-wins', ...given });
const spaceOf = (rules: Partial<CollectionRules> = {}, given: SpaceGiven = {}) =>
  testSpace({ rules: [stepped(rules)], ...given });

/** As if its history had been pruned. */
const forget = ({ history }: TestSpace): void => void (history as HistoryEntry[]).splice(0);

describe('a change in an older shape', () => {
  test('is stored in the newest, and its device is told so', () => {
    const space = spaceOf();
    const outcomes = space.push('old', create('a', ADA, V1));
    expect(outcomes.map(inWords)).toEqual(['APPLIED']);
    expect(space.record('a')).toMatchObject({ schemaVersion: 2, asSent: false, patch: null });
    expect(textOf(space.record('a')!.payload)).toBe(
      '{"first":"Ada","last":"Lovelace","telephone":"1","vip":false}',
    );
  });

  test('keeps what its shape cannot hold as its device saw it', () => {
    const space = spaceOf();
    space.push('new', create('a', { first: 'Ada', last: 'L', telephone: '1', vip: true, x: [1.0] }, V2));
    space.write('old', update('a', 0, { name: 'Ada Lovelace', phone: '1', x: [1] }, V1));
    expect(textOf(space.record('a')!.payload)).toBe(
      '{"first":"Ada","last":"Lovelace","telephone":"1","vip":true,"x":[1]}',
    );
    space.write('old', patch('a', 0, { phone: '2' }, [], V1));
    expect(textOf(space.record('a')!.payload)).toContain('"telephone":"2","vip":true');
  });

  test('stays a patch where it says in the newest shape what it said in its own', () => {
    const space = spaceOf();
    space.push('new', create('a', { first: 'Ada', telephone: '1', vip: true }, V2));
    space.write('old', patch('a', 0, { phone: '2' }, [], V1));
    const { patch: kept, ...record } = space.record('a')!;
    expect([textOf(kept?.set), kept?.remove]).toEqual(['{"telephone":"2"}', []]);
    expect(record).toMatchObject({ schemaVersion: 2, asSent: false });
    space.write('old', patch('a', 0, { name: 'Grace Hopper' }, [], V1));
    expect(space.record('a')).toMatchObject({ patch: null });
    expect(textOf(space.record('a')!.payload)).toBe(
      '{"first":"Grace","last":"Hopper","telephone":"2","vip":true}',
    );
  });

  test('that is the same to the byte in the newest shape was stored as it was sent', () => {
    const space = spaceOf();
    space.push('new', create('a', { x: 1, vip: true }, V2));
    space.write('old', update('a', 0, { vip: true, x: 2 }, V1));
    expect(space.record('a')).toMatchObject({ schemaVersion: 2, asSent: true });
  });

  test('builds on the own changes before it, in one push as in several', () => {
    for (const together of [true, false]) {
      const space = spaceOf();
      const changes = chainOf(1, [
        create('a', ADA, V1),
        patch('a', 0, { phone: '2' }, [], V1),
        patch('a', 0, { name: 'Ada King' }, [], V1),
        update('a', 0, { name: 'Ada King', phone: '3' }, V1),
      ]);
      const pushes = together ? [changes] : changes.map((each) => [each]);
      for (const each of pushes) {
        const outcomes = outcomesOf(space.merge(pushOf('old', each[0]!.number, each)));
        expect(outcomes.map(inWords)).toEqual(each.map(() => 'APPLIED'));
      }
      expect(textOf(space.record('a')!.payload)).toBe(
        '{"first":"Ada","last":"King","telephone":"3","vip":false}',
      );
    }
  });

  test('meets others in the newest shape: fields merge with what a new device wrote meanwhile', () => {
    const space = spaceOf({ policy: 'field-merge' });
    space.push('new', create('a', { first: 'Ada', last: 'L', telephone: '1', vip: false }, V2));
    space.push('new', { ...patch('a', 1, { vip: true, last: 'Lovelace' }, [], V2) });
    const [outcome] = space.push('old', update('a', 1, { name: 'Ada L', phone: '2' }, V1));
    expect(inWords(outcome!)).toContain('MERGED UPDATE_UPDATE resolved');
    expect(textOf(space.record('a')!.payload)).toBe(
      '{"first":"Ada","last":"Lovelace","telephone":"2","vip":true}',
    );
  });

  test('whose base nobody knows any more keeps what stands of all that its shape cannot hold', () => {
    const space = spaceOf();
    space.push('new', create('a', { first: 'Ada', telephone: '1', vip: true }, V2));
    forget(space);
    space.push('other', update('a', 1, { first: 'Ada', telephone: '7', vip: true }, V2));
    forget(space);
    space.push('old', update('a', 1, { name: 'Ada', phone: '2' }, V1));
    expect(textOf(space.record('a')!.payload)).toBe('{"first":"Ada","telephone":"2","vip":true}');
  });

  test('of a shape that is not taken any more is held, and so is one that was never declared', () => {
    const space = spaceOf({ schema: { ...SCHEMA, oldest: 2 } });
    const outcomes = [V1, { schemaVersion: 3 }].flatMap((given, at) =>
      space.push('old', create(`a${at}`, ADA, given)),
    );
    expect(outcomes.map(inWords)).toEqual(['HELD SCHEMA open', 'HELD SCHEMA open']);
    expect(space.ledger('notes/old/1')?.why).toBe(
      'The change has schema version 1; the collection takes 2 to 2.',
    );
  });

  test('that cannot be converted is a conflict with its reason, and nothing is lost of it', () => {
    const space = spaceOf();
    const changes: Change[] = [create('a', { name: 5 }, V1), create('b', { name: 'B', first: 'x' }, V1)];
    expect(space.push('old', ...changes).map(inWords)).toEqual(['HELD SCHEMA open', 'HELD SCHEMA open']);
    expect(space.ledger('notes/old/1')).toMatchObject({
      why: 'Version 2 needs a split of name, but it is not a text.',
      incoming: { schemaVersion: 1 },
    });
    expect(textOf(space.record('notes/old/1', CONFLICTS)!.payload)).toContain('{"name":5}');
    expect(space.ledger('notes/old/2')?.why).toContain('there is a field first already');
  });

  test('is checked as it is stored: against the JSON Schema, and for its size', () => {
    const readJsonSchema: JsonSchemaReader = () => ({
      ok: true,
      check: (payload) =>
        textOf(payload)!.includes('"last"') ? [] : [{ field: '/last', description: 'is missing' }],
    });
    const space = spaceOf({ jsonSchema: '{}', recordBytesMax: 64 }, { readJsonSchema });
    const outcomes = space.push(
      'old',
      create('a', ADA, V1),
      create('b', { name: 'Cher' }, V1),
      create('c', { name: 'Ada Lovelace', phone: '1'.repeat(20) }, V1),
    );
    expect(outcomes.map(inWords)).toEqual([
      'APPLIED',
      'REJECTED INVALID_PAYLOAD',
      'REJECTED RECORD_TOO_LARGE',
    ]);
  });

  test('is known again when it is sent again', () => {
    const space = spaceOf();
    const first = pushOf('old', 1, [create('a', ADA, V1)]);
    space.merge(first);
    expect(outcomesOf(space.merge(first)).map(inWords)).toEqual(['APPLIED repeated']);
    const other = outcomesOf(space.merge(pushOf('old', 1, [create('a', { name: 'B' }, V1)])));
    expect(other.map(inWords)).toEqual(['REJECTED CHANGE_NUMBER_REUSED repeated']);
  });

  test('of a person, by the service, is a whole record: nothing of the newer one stays', () => {
    const space = spaceOf();
    space.push('new', create('a', { first: 'Ada', telephone: '1', vip: true }, V2));
    const restored = { ...pushOf('sys.service', 1, [update('a', 1, ADA, V1)]), byService: true as const };
    expect(outcomesOf(space.merge(restored)).map(inWords)).toEqual(['APPLIED']);
    expect(textOf(space.record('a')!.payload)).toBe(
      '{"first":"Ada","last":"Lovelace","telephone":"1","vip":false}',
    );
    const unfit = {
      ...pushOf('sys.service', 2, [update('a', 2, { name: 5 }, V1)]),
      byService: true as const,
    };
    const [outcome] = outcomesOf(space.merge(unfit));
    expect([outcome!.reason, outcome!.message]).toEqual([
      'SCHEMA_MISMATCH',
      expect.stringContaining('it is not a text') as string,
    ]);
  });
});

test('what is restored may be of a version that devices do not speak any more, as long as there are steps', () => {
  const space = spaceOf({ schema: { ...SCHEMA, oldest: 2 } });
  space.push('new', create('a', { first: 'Ada' }, V2));
  const restoring = (number: number, schemaVersion: number) => ({
    ...pushOf('sys.service', number, [update('a', 1, ADA, { schemaVersion })]),
    byService: true as const,
  });
  const [none] = outcomesOf(space.merge(restoring(1, 0)));
  expect(none!.message).toMatch(/^Version 0 has no step; there are versions 1 to 2\. /);
  expect(outcomesOf(space.merge(restoring(2, 1))).map(inWords)).toEqual(['APPLIED']);
  expect(textOf(space.record('a')!.payload)).toContain('"first":"Ada","last":"Lovelace"');
});

describe('what is stored in an older shape', () => {
  /** Written before there were steps. */
  const stored = (rules: Partial<CollectionRules> = {}, ...records: unknown[]) => {
    const space = spaceOf({ schema: { current: 1, oldest: 1, steps: [] }, ...rules });
    for (const [at, each] of records.entries()) space.push('old', create('abc'[at]!, each, V1));
    space.declare(stepped(rules));
    return space;
  };

  test('stays as it is until it is changed', () => {
    const space = stored({}, ADA);
    const before = space.record('a');
    space.push('new', create('b', { first: 'B' }, V2));
    expect(space.record('a')).toBe(before);
  });

  test('is merged in the newest shape, and stored in it then; others get it whole', () => {
    const space = stored({}, ADA);
    space.write('new', patch('a', 0, { vip: true }, [], V2));
    expect(space.record('a')).toMatchObject({ schemaVersion: 2, patch: null, asSent: false });
    expect(textOf(space.record('a')!.payload)).toBe(
      '{"first":"Ada","last":"Lovelace","telephone":"1","vip":true}',
    );
    space.write('old', patch('a', 0, { phone: '2' }, [], V1));
    expect(textOf(space.record('a')!.patch?.set)).toBe('{"telephone":"2"}');
    expect(space.state.bytes).toBe(space.record('a')!.payload!.length);
  });

  test('is the base of a merge as it was seen, in the newest shape', () => {
    const space = stored({ policy: 'field-merge' }, ADA);
    space.push('new', patch('a', 1, { last: 'King' }, [], V2));
    space.push('old', patch('a', 1, { phone: '2' }, [], V1));
    expect(textOf(space.record('a')!.payload)).toBe(
      '{"first":"Ada","last":"King","telephone":"2","vip":false}',
    );
  });

  test('keeps what is known of when its fields were written, under their new names', () => {
    const merged = (atMs: number) => {
      const space = stored({ policy: 'field-merge' }, { phone: '1', kept: 1 });
      space.declare(stepped({ policy: 'field-merge', schema: { current: 1, oldest: 1, steps: [] } }));
      space.push('w', patch('a', 1, { phone: '2' }, [], { ...V1, atMs: 100 }));
      space.declare(stepped({ policy: 'field-merge' }));
      space.push('late', patch('a', 1, { phone: '9', kept: 9 }, [], { ...V1, atMs }));
      return textOf(space.record('a')!.payload);
    };
    expect(merged(50)).toBe('{"kept":9,"telephone":"2","vip":false}');
    expect(merged(150)).toBe('{"kept":9,"telephone":"9","vip":false}');
  });

  test('and what of it cannot be converted may be deleted and replaced, and is held against anything else', () => {
    const space = stored({}, { name: 5 }, { name: 6 }, { name: 7 });
    const outcomes = [
      space.push('new', patch('a', 1, { vip: true }, [], V2)),
      space.push('new', update('b', 2, { first: 'B' }, V2)),
      space.push('other', update('c', 2, { first: 'C' }, V2)),
      space.push('new', remove('c', 3)),
    ].flat();
    expect(outcomes.map(inWords)).toEqual([
      'HELD SCHEMA open {"name":5}',
      'APPLIED',
      'HELD SCHEMA open {"name":7}',
      'APPLIED',
    ]);
    expect(space.ledger('notes/new/1')?.why).toBe(
      'What is stored, in version 1, could not be brought to 2. Version 2 needs a split of name, but it is not a text.',
    );
    expect(textOf(space.record('b')!.payload)).toBe('{"first":"B"}');
  });
});

test('who did not get their way is given what stands in the shape that they read', () => {
  const space = spaceOf({ policy: 'server-wins' });
  space.push('new', create('a', { first: 'Ada', last: 'L', vip: true }, V2));
  space.push('new', update('a', 1, { first: 'Ada', last: 'King', vip: true }, V2));
  const lost = pushOf('old', 1, [update('a', 1, { name: 'Ada B' }, V1)]);
  const told = { ...lost, schemaVersions: new Map([[NOTES, 1]]) };
  const [outcome] = outcomesOf(space.merge(told));
  expect(inWords(outcome!)).toBe('LOST UPDATE_UPDATE resolved {"name":"Ada King","vip":true}');
  expect(outcome!.record?.schemaVersion).toBe(1);
  const [newest] = outcomesOf(space.merge({ ...lost, device: 'x' as never }));
  expect(newest!.record).toMatchObject({ schemaVersion: 2 });
});
