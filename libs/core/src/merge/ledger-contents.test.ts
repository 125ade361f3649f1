import { CONFLICTS } from '../ids';
import { create, rulesOf, testSpace, textOf, update } from '../space.test-fixtures';
import { encodeUtf8 } from '../utf8';
import { ledgerContent } from './ledger-contents';

function contentsAfter(stored: unknown, incoming: unknown, ledgerSideBytesMax = 100) {
  const rules = [rulesOf({ policy: 'manual', json: false })];
  const space = testSpace({ rules, limits: { ledgerSideBytesMax } });
  space.write('x', create('a', 0), update('a', 0, stored));
  space.push('d', update('a', 1, incoming));
  const { payload } = space.record('notes/d/1', CONFLICTS)!;
  return (['stored', 'incoming'] as const).map((side) => ledgerContent(payload!, side));
}

test('JSON comes back as it was written', () => {
  const written = '{ "big": 12345678901234567890.10, "json": "\\u00e9" }';
  expect(contentsAfter(encodeUtf8(written), [1, { json: 2 }]).map(textOf)).toEqual([
    written,
    '[1,{"json":2}]',
  ]);
});

test.each([0, 1, 2, 3, 4, 5, 64])('other bytes come back (%d of them)', (length) => {
  const bytes = Uint8Array.from({ length }, (_, index) => 255 - index * 3);
  expect(contentsAfter(bytes, bytes, 64)).toEqual([bytes, bytes]);
});

test('what was left out is not there', () => {
  expect(contentsAfter('xxxxxxxxxx', 'x', 10).map(textOf)).toEqual([null, '"x"']);
});

test('a ledger that cannot be read has nothing', () => {
  expect(ledgerContent(encodeUtf8('nothing'), 'stored')).toBeNull();
});
