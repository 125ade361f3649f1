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

test('a document of too many operations is refused, however few bytes they take', () => {
  const doc = new LoroDoc();
  doc.setPeerId('1');
  const body = doc.getText('body');
  body.insert(0, 'x'.repeat(500_000));
  doc.commit();
  const full = loro.merge(null, doc.export({ mode: 'snapshot' }));
  expect(full.ok).toBe(true);
  const before = doc.oplogVersion();
  body.delete(0, 1);
  doc.commit();
  const more = doc.export({ mode: 'update', from: before });
  expect(loro.merge(full.ok ? full.state : null, more)).toMatchObject({
    ok: false,
    reason: 'RECORD_TOO_LARGE',
    detail: 'the document has more than 500000 operations',
  });
  const whole = doc.export({ mode: 'snapshot' });
  expect(whole.length).toBeLessThan(10_000);
  expect(loro.merge(null, whole)).toMatchObject({ ok: false, reason: 'RECORD_TOO_LARGE' });
});

test('what was put at one place many times takes what comes next all the same', () => {
  const doc = new LoroDoc();
  doc.setPeerId('1');
  const body = doc.getText('body');
  for (let at = 0; at < 20_000; at++) body.insert(0, 'x');
  doc.commit();
  const first = loro.merge(null, doc.export({ mode: 'snapshot' }));
  const before = doc.oplogVersion();
  body.insert(5, 'y');
  doc.commit();
  const merged = loro.merge(first.ok ? first.state : null, doc.export({ mode: 'update', from: before }));
  expect(merged).toMatchObject({ ok: true });
  expect(merged.ok && (JSON.parse(new TextDecoder().decode(merged.view)) as { body: string }).body).toBe(
    doc.getText('body').toString(),
  );
});
