import { measureRows } from './measure';
import { type Bench, type Figure, insist, type Row } from './row';

const figure: Figure = {
  name: 'speed',
  unit: '/s',
  values: [1],
  floors: null,
  goal: null,
  checked: 'all of it',
};

const rowOf = (name: string, measure: Row['measure']): Row => ({ name, what: `measures ${name}`, measure });

function quietBench() {
  const said: string[] = [];
  const bench = { quick: true, repeats: 1, say: (line: string) => void said.push(line) };
  return { said, bench: bench as unknown as Bench };
}

test('a row whose data came out different is not reported, whatever it measured, and those behind it are', async () => {
  const { bench, said } = quietBench();
  const stored = { count: 9 };
  const lost = rowOf('lost', async () => {
    insist(stored.count === 10, `${stored.count} of 10 records are stored`);
    return [figure];
  });
  const measured = await measureRows([lost, rowOf('kept', async () => [figure])], bench);
  expect(measured).toMatchObject([
    { row: { name: 'lost' }, figures: [], refused: '9 of 10 records are stored' },
    { row: { name: 'kept' }, figures: [figure], refused: null },
  ]);
  expect(said).toContain('  not reported: 9 of 10 records are stored');
});

test('any other failure is told with the place where it arose', async () => {
  const failing = rowOf('failing', () => Promise.reject(new TypeError('nothing is listening')));
  const [measured] = await measureRows([failing], quietBench().bench);
  expect(measured?.figures).toEqual([]);
  expect(measured?.refused).toMatch(/TypeError: nothing is listening\n\s+at .*measure\.test/);
});

test('rows take turns: none begins before the one ahead of it has ended', async () => {
  const order: string[] = [];
  const rows = ['one', 'two'].map((name) =>
    rowOf(name, async () => {
      order.push(`${name} begins`);
      await Promise.resolve();
      order.push(`${name} ends`);
      return [];
    }),
  );
  await measureRows(rows, quietBench().bench);
  expect(order).toEqual(['one begins', 'one ends', 'two begins', 'two ends']);
});
