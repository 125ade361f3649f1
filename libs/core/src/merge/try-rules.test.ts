import type { DeviceId } from '../ids';
import type { Side } from '../policies/policy';
import { activate, type CollectionRules } from '../rules';
import { bytesOf, REGISTRY, rulesOf, textOf } from '../space.test-fixtures';
import { hlcTime } from '../clock';
import { type RecordedConflict, tryRules } from './try-rules';

const side = (atMs: number, value: unknown): Side => ({
  deleted: value === null,
  payload: value === null ? null : bytesOf(value),
  meta: null,
  time: hlcTime(atMs),
  device: `d${atMs}` as DeviceId,
  number: 1,
});

const met = (given: Partial<RecordedConflict> = {}): RecordedConflict => ({
  kind: 'UPDATE_UPDATE',
  base: { deleted: false, payload: bytesOf({ a: 0, b: 0 }) },
  stored: side(5, { a: 1, b: 0 }),
  incoming: { ...side(3, { a: 0, b: 2 }), schemaVersion: 0 },
  ...given,
});

function tried(rules: Partial<CollectionRules>, conflict = met()) {
  const result = tryRules(activate(rulesOf(rules), REGISTRY), conflict);
  return result && { ...result, payload: textOf(result.payload) };
}

test.each([
  ['last-write-wins', 'stored', '{"a":1,"b":0}', 'LOST'],
  ['client-wins', 'incoming', '{"a":0,"b":2}', 'APPLIED'],
  ['server-wins', 'stored', '{"a":1,"b":0}', 'LOST'],
  ['field-merge', 'merged', '{"a":1,"b":2}', 'MERGED'],
  ['manual', 'none', '{"a":1,"b":0}', 'HELD'],
])('%s would take %s', (policy, resolution, payload, status) => {
  expect(tried({ policy })).toMatchObject({ resolution, payload, status, asked: [] });
});

test('fields that would wait are named', () => {
  const rule = { fields: { a: 'ask' } };
  const conflict = met({ incoming: { ...side(9, { a: 7, b: 2 }), schemaVersion: 0 } });
  expect(tried({ policy: 'field-merge', rule }, conflict)).toMatchObject({
    resolution: 'merged',
    payload: '{"a":1,"b":2}',
    asked: ['a'],
  });
});

test('a merge that comes to what was sent is that', () => {
  const conflict = met({
    stored: side(5, { a: 0, b: 1 }),
    incoming: { ...side(9, { a: 0, b: 2 }), schemaVersion: 0 },
  });
  expect(tried({ policy: 'field-merge' }, conflict)).toMatchObject({
    resolution: 'incoming',
    status: 'APPLIED',
  });
});

test('the rule for deletes counts as it does in earnest', () => {
  const deleted = met({ kind: 'DELETE_UPDATE', incoming: { ...side(3, null), schemaVersion: 0 } });
  expect(tried({ deletes: 'delete-wins' }, deleted)).toMatchObject({ resolution: 'incoming', payload: null });
  expect(tried({ deletes: 'ask' }, deleted)).toMatchObject({ resolution: 'none', payload: '{"a":1,"b":0}' });
});

test('a shape that would not be taken is held, and one that was not taken cannot be tried', () => {
  const schema = { oldest: 0, current: 1, steps: [] };
  const late = met({ incoming: { ...side(3, {}), schemaVersion: 2 } });
  expect(tried({ schema }, late)).toMatchObject({ resolution: 'none', status: 'HELD' });
  expect(tried({ schema }, met({ kind: 'SCHEMA' }))).toBeNull();
});
