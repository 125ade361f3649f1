import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import * as sync from 'y-protocols/sync';
import * as fc from 'fast-check';
import * as Y from 'yjs';
import { type CrdtEdit, type CrdtReplica, describeCrdtLaws, textOf } from '@syncline/port-contracts';
import { yjs } from './yjs';

function newReplica(id: number): CrdtReplica {
  const doc = new Y.Doc();
  doc.clientID = id;
  const [text, map, list] = [doc.getText('text'), doc.getMap('map'), doc.getArray('list')];
  const change = (edit: CrdtEdit): void => {
    switch (edit.kind) {
      case 'type':
        return text.insert(edit.at % (text.length + 1), edit.text);
      case 'erase': {
        const at = edit.at % (text.length + 1);
        return text.delete(at, Math.min(edit.count, text.length - at));
      }
      case 'set':
        return void map.set(edit.name, edit.value);
      case 'unset':
        return map.delete(edit.name);
      case 'insert':
        return list.insert(edit.at % (list.length + 1), [edit.value]);
      case 'remove':
        if (list.length > 0) list.delete(edit.at % list.length);
    }
  };
  return {
    edit(edit) {
      const before = Y.encodeStateVector(doc);
      change(edit);
      return Y.encodeStateAsUpdate(doc, before);
    },
    take: (update) => Y.applyUpdate(doc, update),
    content: () => ({ text: text.toJSON(), map: map.toJSON(), list: list.toJSON() as unknown }),
  };
}

describeCrdtLaws({ engine: yjs, newReplica, sameStateInAnyOrder: true });

function merged(state: Uint8Array | null, update: Uint8Array) {
  const result = yjs.merge(state, update);
  if (!result.ok) throw new Error(result.detail);
  return result;
}

const viewOf = (doc: Y.Doc): unknown => JSON.parse(textOf(merged(null, Y.encodeStateAsUpdate(doc)).view));

test('a reader without Yjs sees one field for each root with content', () => {
  const doc = new Y.Doc();
  doc.getText('note').insert(0, 'né😀', { bold: true });
  doc.getArray('list').push([1, new Uint8Array([1, 2]), { a: Number.NaN, b: 2n ** 60n, c: undefined }]);
  const map = doc.getMap('map');
  map.set('inner', new Y.Map([['text', new Y.Text('deep')]]));
  map.set('gone', 1);
  map.delete('gone');
  const paragraph = new Y.XmlElement('p');
  doc.getXmlFragment('page').push([paragraph]);
  paragraph.setAttribute('class', 'x');
  paragraph.push([new Y.XmlText('hello')]);
  doc.getText('empty');
  expect(viewOf(doc)).toEqual({
    note: 'né😀',
    list: [1, [1, 2], { a: null, b: '1152921504606846976', c: null }],
    map: { inner: { text: 'deep' } },
    page: [{ tag: 'p', attributes: { class: 'x' }, children: ['hello'] }],
  });
});

test('what was deleted does not stay', () => {
  const doc = new Y.Doc();
  const text = doc.getText('text');
  let state = merged(null, Y.encodeStateAsUpdate(doc)).state;
  const push = (change: () => void): void => {
    const before = Y.encodeStateVector(doc);
    change();
    ({ state } = merged(state, Y.encodeStateAsUpdate(doc, before)));
  };
  push(() => text.insert(0, 'stays'));
  const small = state.length;
  for (let i = 0; i < 50; i++) {
    push(() => text.insert(5, 'a secret of some length'));
    push(() => text.delete(5, 23));
  }
  expect(textOf(state)).toContain('stays');
  expect(textOf(state)).not.toContain('secret');
  expect(state.length).toBeLessThan(small + 50);
});

test('typing letter by letter, each with an update of its own, comes to one run', () => {
  const doc = new Y.Doc();
  let state: Uint8Array | null = null;
  for (let i = 0; i < 200; i++) {
    const before = Y.encodeStateVector(doc);
    doc.getText('text').insert(i, 'x');
    ({ state } = merged(state, Y.encodeStateAsUpdate(doc, before)));
  }
  expect(state!.length).toBeLessThan(200 + 40);
});

test('an update whose own past is missing is refused, and one that deletes what is missing as well', () => {
  const doc = new Y.Doc();
  const text = doc.getText('text');
  text.insert(0, 'one');
  const first = Y.encodeStateVector(doc);
  text.insert(3, 'two');
  const second = Y.encodeStateAsUpdate(doc, first);
  expect(yjs.merge(null, second)).toMatchObject({ ok: false, reason: 'DEPENDENCY_MISSING' });
  const all = Y.encodeStateVector(doc);
  text.delete(0, 2);
  expect(yjs.merge(null, Y.encodeStateAsUpdate(doc, all))).toMatchObject({
    ok: false,
    reason: 'DEPENDENCY_MISSING',
  });
});

test('the second encoding of Yjs is refused, not taken for an empty update', () => {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, 'one');
  expect(yjs.merge(null, Y.encodeStateAsUpdateV2(doc))).toMatchObject({
    ok: false,
    reason: 'INVALID_PAYLOAD',
  });
});

test('an update that says something else of items that are there is refused', () => {
  const doc = new Y.Doc();
  doc.getArray('list').push(['x']);
  doc.getMap('map').set('done', null);
  doc.getArray('list').delete(0);
  const { state } = merged(null, Y.encodeStateAsUpdate(doc));
  // Of the element that was deleted it says that there were three.
  const other = Uint8Array.from(state);
  other[Buffer.from(state).indexOf('list') + 'list'.length] = 3;
  expect(merged(null, other).view).toEqual(merged(null, state).view);
  expect(yjs.merge(state, other)).toMatchObject({
    ok: false,
    reason: 'INVALID_PAYLOAD',
    detail: 'the update gives other content to items that are there already',
  });
});

test('an item of no length is refused: each time it came, the state would hold it twice as often', () => {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, 'x');
  const honest = Y.encodeStateAsUpdate(doc);
  // Its last item has the text of one character, which is written as a length and the character; then no deletes.
  const none = Uint8Array.from([...honest.subarray(0, -3), 0, 0]);
  expect(Y.decodeUpdate(none).structs.map(({ length }) => length)).toEqual([0]);
  for (const state of [null, merged(null, honest).state])
    expect(yjs.merge(state, none)).toMatchObject({
      ok: false,
      reason: 'INVALID_PAYLOAD',
      detail: 'it is no update of Yjs in its first encoding',
    });
});

test('an update that comes to something else once it is written and read is refused, though all in it is new', () => {
  const doc = new Y.Doc();
  doc.clientID = 1;
  doc.getArray('a').push(['left']);
  doc.getMap('m').set('inner', new Y.Array());
  (doc.getMap('m').get('inner') as Y.Array<unknown>).push(['right']);
  const { state } = merged(null, Y.encodeStateAsUpdate(doc));
  // One client, one item: between clocks 0 and 2 of client 1, which are no neighbours; clock 1, with all in it, goes.
  const update = Uint8Array.of(1, 1, 2, 0, 8 | 128 | 64, 1, 0, 1, 2, 1, 126, 1, 1, 1, 1, 1);
  const seen = new Y.Doc();
  Y.applyUpdate(seen, state);
  Y.applyUpdate(seen, update);
  expect(seen.getArray('a').toJSON()).toEqual(['left', null]);
  expect(yjs.merge(state, update)).toMatchObject({
    ok: false,
    reason: 'INVALID_PAYLOAD',
    detail: 'the update gives other content to items that are there already',
  });
});

test('lists of very many values are refused, those of tens of thousands and a text of a MiB are not', () => {
  const holding = (value: unknown): Uint8Array => {
    const doc = new Y.Doc();
    doc.getMap('map').set('value', value);
    return Y.encodeStateAsUpdate(doc);
  };
  const refusal = {
    ok: false,
    reason: 'RECORD_TOO_LARGE',
    detail: 'the document has more than 500000 values',
  };
  for (const value of [Array.from({ length: 500_001 }, () => ({})), new Uint8Array(500_001)])
    expect(yjs.merge(null, holding(value))).toMatchObject(refusal);
  const half = holding(Array.from({ length: 300_000 }, () => null));
  const other = new Y.Doc();
  other.getMap('map').set(
    'other',
    Array.from({ length: 300_000 }, () => null),
  );
  expect(yjs.merge(merged(null, half).state, Y.encodeStateAsUpdate(other))).toMatchObject(refusal);
  const honest = [Array.from({ length: 50_000 }, (_, at) => ({ at })), 'x'.repeat(2 ** 20)];
  for (const value of honest) expect(yjs.merge(null, holding(value)).ok).toBe(true);
});

test('what is nested is seen as it was made, at any depth', () => {
  const { value: anything } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom(null, true, 1.5, 'é😀', ''),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'é'), tie('value'), { noNullPrototype: true }),
    ),
  }));
  // Types above, plain values below a depth that differs.
  const typed = (value: unknown, levels: number): unknown => {
    if (levels === 0 || value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return Y.Array.from(value.map((each) => typed(each, levels - 1) as string));
    return new Y.Map(Object.entries(value).map(([name, each]) => [name, typed(each, levels - 1)] as const));
  };
  fc.assert(
    fc.property(anything, fc.nat({ max: 5 }), (value, levels) => {
      const doc = new Y.Doc();
      const element = new Y.XmlElement('p');
      doc.getMap('map').set('value', typed(value, levels));
      doc.getXmlFragment('page').push([element]);
      element.setAttribute('value', typed(value, levels) as string);
      const page = [{ tag: 'p', attributes: { value }, children: [] }];
      expect(viewOf(doc)).toEqual({ map: { value }, page });
    }),
  );
});

test('deep, wide and overlapping updates are refused in no time', () => {
  const deep = new Y.Doc();
  let list = deep.getArray('list');
  for (let i = 0; i < 200; i++) {
    const below = new Y.Array<unknown>();
    list.push([below]);
    list = below;
  }
  expect(yjs.merge(null, Y.encodeStateAsUpdate(deep))).toMatchObject({
    ok: false,
    detail: expect.stringContaining('nested deeper') as string,
  });

  const wide = new Y.Doc();
  wide.getArray('list').push(Array.from({ length: 20_002 }, () => new Y.Map()));
  const update = Y.encodeStateAsUpdate(wide);
  expect(yjs.merge(null, update)).toMatchObject({ ok: false, reason: 'RECORD_TOO_LARGE' });

  expect(yjs.merge(null, contested(5_001))).toMatchObject({ ok: false, reason: 'RECORD_TOO_LARGE' });

  // Says that a client has 2^27 items, and holds none of them.
  expect(yjs.merge(null, counts(1, 2 ** 27, 1, 0))).toMatchObject({ ok: false });
  // Deletes 0 to 4 and then 2 to 6 of client 1.
  expect(yjs.merge(null, counts(0, 1, 1, 2, 0, 5, 2, 5))).toMatchObject({
    ok: false,
    reason: 'INVALID_PAYLOAD',
  });
});

/** The bytes of a list of numbers, each as Yjs writes counts. */
function counts(...values: number[]): Uint8Array {
  const encoder = encoding.createEncoder();
  for (const each of values) encoding.writeVarUint(encoder, each);
  return encoding.toUint8Array(encoder);
}

/** Each client has a first character behind the second one of the client before, and its second at the very start. */
function contested(clients: number): Uint8Array {
  const encoder = encoding.createEncoder();
  const put = (...values: number[]): void => encoding.writeUint8Array(encoder, counts(...values));
  const [character, behind] = [4, 4 | 128];
  const atRoot = (name: number, letter: number): void => put(character, 1, 1, name, 1, letter);
  put(clients);
  for (let client = clients; client > 0; client--) {
    put(2, client, 0);
    if (client === 1) atRoot(122, 97);
    else {
      encoding.writeUint8(encoder, behind);
      put(client - 1, 1, 1, 97);
    }
    atRoot(116, 98);
  }
  put(0);
  return encoding.toUint8Array(encoder);
}

test('a document in which every item is compared with every other is refused in time', () => {
  expect(yjs.merge(null, contested(200))).toMatchObject({ ok: true });
  expect(yjs.merge(null, contested(4_000))).toMatchObject({
    ok: false,
    reason: 'RECORD_TOO_LARGE',
    detail: 'too many items were put at the same place',
  });
  const doc = new Y.Doc();
  Y.applyUpdate(doc, contested(1_000));
  expect(doc.getText('t')).toHaveLength(1_999);
});

test('an editor that speaks y-protocols gets and gives everything by its two steps', () => {
  const server = new Y.Doc();
  server.getText('text').insert(0, 'from the server');
  let { state } = merged(null, Y.encodeStateAsUpdate(server));

  const editor = new Y.Doc();
  editor.getMap('map').set('from', 'the editor');
  const asks = encoding.createEncoder();
  sync.writeSyncStep1(asks, editor);
  const asked = decoding.createDecoder(encoding.toUint8Array(asks));
  expect(decoding.readVarUint(asked)).toBe(sync.messageYjsSyncStep1);
  const answer = encoding.createEncoder();
  encoding.writeVarUint(answer, sync.messageYjsSyncStep2);
  encoding.writeVarUint8Array(answer, Y.diffUpdate(state, decoding.readVarUint8Array(asked)));
  // The server's own first step: what it knows.
  encoding.writeVarUint(answer, sync.messageYjsSyncStep1);
  encoding.writeVarUint8Array(answer, Y.encodeStateVectorFromUpdate(state));

  const heard = decoding.createDecoder(encoding.toUint8Array(answer));
  const said = encoding.createEncoder();
  while (decoding.hasContent(heard)) sync.readSyncMessage(heard, said, editor, 'server');
  const reply = decoding.createDecoder(encoding.toUint8Array(said));
  expect(decoding.readVarUint(reply)).toBe(sync.messageYjsSyncStep2);
  const result = merged(state, decoding.readVarUint8Array(reply));
  ({ state } = result);

  const both = { text: 'from the server', map: { from: 'the editor' } };
  expect(JSON.parse(textOf(result.view))).toEqual(both);
  expect(editor.getText('text').toJSON()).toBe(both.text);
});
