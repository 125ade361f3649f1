import { CRDT_ENGINES, OT_TYPES } from './index';

test('engines and types are found by the names of the protocol', () => {
  expect([...CRDT_ENGINES.keys()]).toEqual(['yjs', 'loro']);
  expect([...OT_TYPES.keys()]).toEqual(['json1', 'text']);
});
