import fc from 'fast-check';
import { versionIndex } from './version-index';

interface Row {
  readonly version: number;
  readonly name: string;
}

const readAll = (index: ReturnType<typeof versionIndex<Row>>, after: number): Row[] => {
  const rows: Row[] = [];
  index.walk(after, (row) => rows.push(row) > 0);
  return rows;
};

test('it is an ordered list of what was appended and not dropped', () => {
  const step = fc.record({ drops: fc.boolean(), pick: fc.nat(), grows: fc.nat({ max: 2 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), fc.nat({ max: 500 }), (steps, after) => {
      const index = versionIndex<Row>();
      const model: Row[] = [];
      let version = 0;
      for (const { drops, pick, grows } of steps) {
        if (drops && model.length > 0) {
          const [row] = model.splice(pick % model.length, 1);
          index.drop(row!);
        } else {
          version += grows;
          const row = { version, name: `row ${pick}` };
          index.append(row);
          model.push(row);
        }
      }
      expect(readAll(index, after)).toEqual(model.filter((row) => row.version > after));
    }),
  );
});

test('rows of one version are told apart when one is dropped', () => {
  const index = versionIndex<Row>();
  const rows = ['a', 'b', 'c'].map((name) => ({ version: 7, name }));
  for (const row of rows) index.append(row);
  index.drop(rows[1]!);
  expect(readAll(index, 6).map(({ name }) => name)).toEqual(['a', 'c']);
});

test('reading stops when the visitor has enough', () => {
  const index = versionIndex<Row>();
  for (let version = 1; version <= 100; version++) index.append({ version, name: '' });
  const visited: number[] = [];
  index.walk(50, ({ version }) => visited.push(version) < 3);
  expect(visited).toEqual([51, 52, 53]);
});

test('a version that goes back, and a row that is not there, are mistakes', () => {
  const index = versionIndex<Row>();
  const row = { version: 5, name: 'a' };
  index.append(row);
  expect(() => index.append({ version: 4, name: 'b' })).toThrow(RangeError);
  expect(() => index.drop({ ...row })).toThrow(RangeError);
});
