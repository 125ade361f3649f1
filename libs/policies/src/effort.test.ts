import {
  type Change,
  type CollectionRules,
  encodeUtf8,
  type MergePlan,
  policyRegistry,
  type Push,
  type SchemaOperation,
  spaceId,
  spaceKey,
  tenantId,
} from '@syncline/core';
import { memoryStore } from '@syncline/memory';
import { change, mergeInto, mergingSpace, pushOf, yjsEditor } from '@syncline/port-contracts';
import * as Y from 'yjs';
import { ALL_POLICIES } from './operations';

const REGISTRY = policyRegistry(ALL_POLICIES);
const SPACE = spaceKey(tenantId('acme'), spaceId('home'));

async function spaceOf(rules: Partial<CollectionRules>) {
  const space = await mergingSpace(memoryStore(), REGISTRY, rules);
  const merge = async (...pushes: readonly Push[]): Promise<MergePlan> =>
    (await mergeInto(space.store, new Map([[SPACE, pushes]]), { registry: REGISTRY })).get(SPACE)!;
  return { space, merge };
}

const answers = ({ results }: MergePlan): readonly unknown[] =>
  results.map((result) =>
    result.kind === 'refused'
      ? result.refusal.reason
      : [...new Set(result.outcomes.map(({ status }) => status))],
  );

const LARGE = 900_000;
const insert = (at: number, text: string): Change =>
  change.operations('a', 'text', [at + 1, text], { baseVersion: 1 });

describe('a push that would hold up others', () => {
  test('for operations on a large record is refused before anything is done, and taken in parts', async () => {
    const { space, merge } = await spaceOf({ policy: 'operational-transform', rule: { type: 'text' } });
    await merge(pushOf('c', [change.create('a', 'x'.repeat(LARGE))]));
    const typed = Array.from({ length: 40 }, (_, at) => insert(at, 'y'));
    const before = await space.store.state(SPACE);
    const refused = await merge(pushOf('x', typed));
    expect(refused.results).toMatchObject([
      { refusal: { reason: 'PUSH_TOO_LARGE', facts: { limit: 'push_work_max' } } },
    ]);
    expect(await space.store.state(SPACE)).toEqual(before);
    expect(answers(await merge(pushOf('x', typed.slice(0, 3))))).toEqual([['APPLIED']]);
  });

  test('is not counted again for what is answered already', async () => {
    const { merge } = await spaceOf({ policy: 'operational-transform', rule: { type: 'text' } });
    await merge(pushOf('c', [change.create('a', 'x'.repeat(LARGE))]));
    const typed = Array.from({ length: 24 }, (_, at) => insert(at, 'y'));
    const whole = pushOf('x', typed);
    const first = { ...whole, changes: whole.changes.slice(0, 12) };
    expect(answers(await merge(first))).toEqual([['APPLIED']]);
    expect(answers(await merge(whole))).toEqual([['APPLIED']]);
  });

  test('for bringing records to another schema version is refused', async () => {
    const up: SchemaOperation[] = [{ kind: 'rename', field: 'old', to: 'new' }];
    const schema = { current: 1, oldest: 0, steps: [{ toVersion: 1, up, down: [] }] };
    const { merge } = await spaceOf({ schema });
    const old = (size: number) =>
      Array.from({ length: 20 }, (_, at) => change.create(`r${at}`, { old: 'x'.repeat(size) }));
    expect(answers(await merge(pushOf('x', old(200_000))))).toEqual(['PUSH_TOO_LARGE']);
    expect(answers(await merge(pushOf('x', old(2_000))))).toEqual([['APPLIED']]);
    expect(answers(await merge(pushOf('y', [change.create('s', { old: 'x'.repeat(200_000) })])))).toEqual([
      ['APPLIED'],
    ]);
  });
});

test('what one device has to have transformed takes nothing from another in the same commit', async () => {
  const { merge } = await spaceOf({ policy: 'operational-transform', rule: { type: 'text' } });
  await merge(pushOf('c', [change.create('a', 'hello')]));
  const type = (device: string, count: number, piece: string) =>
    pushOf(
      device,
      Array.from({ length: count }, () => change.operations('a', 'text', [piece], { baseVersion: 1 })),
    );
  await merge(type('x', 40, 'x'.repeat(900)));
  const [greedy, modest] = answers(await merge(type('y', 350, 'y'), type('z', 1, 'z')));
  expect(greedy).toEqual(['MERGED', 'HELD']);
  expect(modest).toEqual(['MERGED']);
});

test('documents of many items count for more than their bytes', async () => {
  const { merge } = await spaceOf({ policy: 'crdt' });
  const editor = yjsEditor(1);
  const { doc } = editor;
  const list = doc.getArray('list');
  for (let at = 0; at < 9_000; at++) list.insert(0, [at]);
  await merge(pushOf('x', [change.operations('a', 'yjs', Y.encodeStateAsUpdate(doc))]));
  const edits = Array.from({ length: 30 }, () => editor.insert(0, 'x'));
  const push = (count: number) =>
    pushOf(
      'x',
      edits.slice(0, count).map((each) => change.operations('a', 'yjs', each, { baseVersion: 1 })),
      { first: 2 },
    );
  expect(answers(await merge(push(30)))).toEqual(['PUSH_TOO_LARGE']);
  expect(answers(await merge(push(3)))).toEqual([['APPLIED']]);
});

test('operations that are large count for more of what may be transformed', async () => {
  const { merge } = await spaceOf({ policy: 'operational-transform', rule: { type: 'text' } });
  await merge(pushOf('c', [change.create('a', 'x'.repeat(2_000))]));
  const long = encodeUtf8(JSON.stringify(Array.from({ length: 1_000 }, (_, at) => (at % 2 === 0 ? 1 : 'y'))));
  const push = (device: string, count: number) =>
    pushOf(
      device,
      Array.from({ length: count }, () => change.operations('a', 'text', long, { baseVersion: 1 })),
    );
  await merge(push('x', 60));
  expect(answers(await merge(push('y', 60)))).toEqual([['MERGED', 'HELD']]);
});
