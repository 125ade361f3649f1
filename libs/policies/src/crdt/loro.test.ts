import { LoroDoc } from 'loro-crdt';
import { type CrdtEdit, type CrdtReplica, describeCrdtLaws } from '@syncline/port-contracts';
import { loro } from './loro';

function newReplica(id: number): CrdtReplica {
  const doc = new LoroDoc();
  doc.setPeerId(id);
  const [text, map, list] = [doc.getText('text'), doc.getMap('map'), doc.getList('list')];
  /** Where a code point begins. */
  const placeIn = (at: number): number => [...text.toString()].slice(0, at).join('').length;
  const points = (): number => [...text.toString()].length;
  const change = (edit: CrdtEdit): void => {
    switch (edit.kind) {
      case 'type':
        return text.insert(placeIn(edit.at % (points() + 1)), edit.text);
      case 'erase': {
        const at = edit.at % (points() + 1);
        const [from, to] = [placeIn(at), placeIn(Math.min(at + edit.count, points()))];
        return text.delete(from, to - from);
      }
      case 'set':
        return map.set(edit.name, edit.value);
      case 'unset':
        return map.delete(edit.name);
      case 'insert':
        return list.insert(edit.at % (list.length + 1), edit.value);
      case 'remove':
        if (list.length > 0) list.delete(edit.at % list.length, 1);
    }
  };
  return {
    edit(edit) {
      const before = doc.oplogVersion();
      change(edit);
      doc.commit();
      return doc.export({ mode: 'update', from: before });
    },
    take: (update) => void doc.import(update),
    content: () => doc.toJSON() as object,
  };
}

describeCrdtLaws({ engine: loro, newReplica, sameStateInAnyOrder: false });

test('an update whose past is missing is refused', () => {
  const doc = new LoroDoc();
  doc.getText('text').insert(0, 'one');
  doc.commit();
  const before = doc.oplogVersion();
  doc.getText('text').insert(3, 'two');
  doc.commit();
  expect(loro.merge(null, doc.export({ mode: 'update', from: before }))).toMatchObject({
    ok: false,
    reason: 'DEPENDENCY_MISSING',
  });
});
