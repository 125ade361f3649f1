import type { Measured } from './measure';
import { atLeast, atMost, type Figure, least, most, type Row } from './row';
import { reportOf, tableOf, told } from './table';

const row: Row = { name: 'speed', what: 'how fast it is', measure: () => Promise.resolve([]) };

const figureOf = (more: Partial<Figure>): Figure => ({
  name: 'speed',
  unit: '/s',
  values: [100, 300, 200],
  floors: null,
  goal: null,
  checked: 'all of it',
  ...more,
});

describe('what is told of a figure', () => {
  test('are medians, of the ratios as well: each value is compared with the floor beside it', () => {
    const { value, floor, ratio, goal, reached } = told(figureOf({ floors: [100, 100, 1_000] }));
    expect({ value, floor, ratio, goal, reached }).toEqual({
      value: 200,
      floor: 100,
      ratio: 1,
      goal: null,
      reached: null,
    });
  });

  test.each([
    [atLeast(0.5), 200, true],
    [atLeast(0.6), 240, false],
    [atMost(0.5), 200, true],
    [atMost(0.4, 39), 199, false],
    [atMost(0.4, 40), 200, true],
  ])('a goal of %p beside a floor of 400 asks for %p', (goal, asked, reached) => {
    expect(told(figureOf({ floors: [400, 400, 400], goal }))).toMatchObject({ goal: asked, reached });
  });

  test('a goal is held against each repeat and the floor beside it', () => {
    const floors = [100, 400, 250];
    expect(told(figureOf({ floors, goal: atLeast(0.7) }))).toMatchObject({ goal: 175, reached: true });
    expect(told(figureOf({ floors, goal: atLeast(0.9) }))).toMatchObject({ goal: 225, reached: false });
    expect(told(figureOf({ floors, goal: atMost(0.8) }))).toMatchObject({
      value: 200,
      goal: 200,
      reached: true,
    });
    expect(told(figureOf({ floors, goal: atMost(0.7) }))).toMatchObject({ goal: 175, reached: false });
  });

  test.each([
    [least(200), true],
    [least(201), false],
    [most(200), true],
    [most(199), false],
  ])('without a floor, %p is the whole of it', (goal, reached) => {
    expect(told(figureOf({ goal }))).toMatchObject({ goal: goal.plus, floor: null, ratio: null, reached });
  });
});

const measured = (figures: readonly Figure[], refused: string | null = null): Measured => ({
  row,
  figures,
  refused,
  tookMs: 12.4,
});

test('the table has a line for each figure, in columns', () => {
  const text = tableOf([
    measured([figureOf({ floors: [400, 400, 400], goal: atLeast(0.6) })]),
    measured([figureOf({ name: 'delay', unit: 'ms', values: [1.234, 1.234], goal: most(20) })]),
  ]);
  const cells = text.split('\n').map((line) => line.split(/ {2,}/));
  expect(cells[1]).toEqual(['speed', '200 /s', '400', '0.50', '100 %', '≥ 240', 'missed']);
  expect(cells[2]).toEqual(['delay', '1.23 ms', '–', '–', '0 %', '≤ 20.0', 'reached']);
  expect(new Set(text.split('\n').map(({ length }) => length)).size).toBe(1);
});

test('a row that lost something has no figures, in the table or for programs', () => {
  const lost = [measured([], 'two records are missing')];
  expect(tableOf(lost)).toContain('not reported');
  expect(reportOf(lost, {})).toMatchObject({
    rows: [{ name: 'speed', refused: 'two records are missing', figures: [] }],
  });
});

test('programs are told all values, and how it was checked that nothing was lost', () => {
  const report = reportOf([measured([figureOf({ more: { points: [1, 2] } })])], { quick: true });
  expect(report).toMatchObject({
    options: { quick: true },
    rows: [{ tookMs: 12, figures: [{ values: [100, 300, 200], checked: 'all of it', points: [1, 2] }] }],
  });
  expect(JSON.stringify(report)).not.toContain('refused');
});
