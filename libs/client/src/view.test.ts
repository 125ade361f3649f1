import { type CollectionName, decodeUtf8, encodeUtf8, type RecordId, type SpaceId } from '@syncline/core';
import type { Edit } from './inputs';
import { TestDevice } from './testing/device';
import { FakeServer } from './testing/server';
import { viewAll, viewCollection } from './view';

const HOME = 'home' as SpaceId;
const ROOMS = 'rooms' as CollectionName;
const DOORS = 'doors' as CollectionName;

const edit = (kind: 'create' | 'update', collection: CollectionName, id: string, text: string): Edit => ({
  kind,
  collection,
  id: id as RecordId,
  payload: encodeUtf8(text),
});

test('a collection is seen alone, with what only this device has and without what it deleted', () => {
  const a = new TestDevice('a', new FakeServer(HOME));
  const change = (...edits: Edit[]) => a.input({ kind: 'change', space: HOME, edits });
  const see = (collection: CollectionName) =>
    viewCollection(a.state, HOME, collection)
      .map(({ id, payload, local }) => `${id} ${decodeUtf8(payload)}${local ? ' local' : ''}`)
      .sort();
  a.input({ kind: 'follow', space: HOME });
  a.input({ kind: 'go-online' });
  a.receiveAll();
  change(edit('create', ROOMS, 'same', '{"of":"rooms"}'), edit('create', DOORS, 'same', '{"of":"doors"}'));
  change(edit('create', ROOMS, 'gone', '{}'));
  a.receiveAll();
  expect(see(ROOMS)).toEqual(['gone {}', 'same {"of":"rooms"}']);
  expect(see(DOORS)).toEqual(['same {"of":"doors"}']);
  a.cut();
  change({ kind: 'delete', collection: ROOMS, id: 'gone' as RecordId });
  change(edit('update', ROOMS, 'same', '{"of":"me"}'), edit('create', ROOMS, 'new', '{}'));
  expect(see(ROOMS)).toEqual(['new {} local', 'same {"of":"me"} local']);
  expect(see(DOORS)).toEqual(['same {"of":"doors"}']);
  expect(viewAll(a.state, HOME)).toHaveLength(3);
  expect(viewCollection(a.state, HOME, 'walls' as CollectionName)).toEqual([]);
  expect(viewCollection(a.state, 'elsewhere' as SpaceId, ROOMS)).toEqual([]);
});
