import * as Y from 'yjs';
import { haveSameItems } from './yjs-same';

type Edit = (doc: Y.Doc) => void;

function written(client: number, ...edits: readonly Edit[]): Y.Doc {
  const doc = new Y.Doc();
  doc.clientID = client;
  for (const edit of edits) edit(doc);
  return doc;
}

function read(doc: Y.Doc): Y.Doc {
  const again = new Y.Doc();
  Y.applyUpdate(again, Y.encodeStateAsUpdate(doc));
  return again;
}

const letters: Edit = (doc) => {
  for (const letter of 'hello') doc.getText('text').insert(doc.getText('text').length, letter);
};
const list: Edit = (doc) => doc.getArray('list').push([1, 2, 3]);
const nested =
  (value: string): Edit =>
  (doc) =>
    doc.getMap('map').set('inner', new Y.Map([['name', value]]));
const erase: Edit = (doc) => doc.getText('text').delete(1, 2);

test('a document has the items of the one that it was read from, also where neighbours have become one', () => {
  const doc = written(1, letters, list, nested('a'), nested('b'), erase);
  expect(haveSameItems(doc, read(doc))).toBe(true);
  expect(haveSameItems(read(doc), doc)).toBe(true);
});

test.each<[string, Y.Doc, Y.Doc]>([
  ['something is deleted in one', written(1, letters), written(1, letters, erase)],
  ['one has more of a list', written(1, list), written(1, list, list)],
  ['one has another root', written(1, letters), written(1, letters, list)],
  ['others wrote the same', written(1, letters), written(2, letters)],
  ['items have other numbers', written(1, letters, list), written(1, list, letters)],
  ['another value stands under a name', written(1, nested('a')), written(1, nested('a'), nested('b'))],
  [
    'what is nested has more in it',
    written(1, nested('a')),
    written(1, nested('a'), (doc) => void (doc.getMap('map').get('inner') as Y.Map<number>).set('n', 1)),
  ],
])('documents differ where %s', (_, one, other) => {
  expect(haveSameItems(one, other)).toBe(false);
  expect(haveSameItems(other, one)).toBe(false);
});
