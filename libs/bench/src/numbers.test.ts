import { median, percentile, spread, times, together } from './numbers';

test('the median lies in the middle, between two where there is no middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([10, 1, 2, 3])).toBe(2.5);
});

test('a percentile is a value that was measured, also at the ends', () => {
  const values = Array.from({ length: 100 }, (_, at) => 100 - at);
  expect(percentile(values, 0)).toBe(1);
  expect(percentile(values, 0.5)).toBe(51);
  expect(percentile(values, 0.99)).toBe(100);
  expect(percentile(values, 1)).toBe(100);
  expect(percentile([7], 0.99)).toBe(7);
  expect(percentile([], 0.5)).toBeNaN();
});

test('numbers are put in order as numbers, and what was given stays as it was', () => {
  const values = [10, 9, 100];
  expect([median(values), percentile(values, 0.9)]).toEqual([10, 100]);
  expect(values).toEqual([10, 9, 100]);
});

test('the spread is told as a share of the median', () => {
  expect(spread([90, 100, 120])).toBeCloseTo(0.3);
  expect(spread([5, 5])).toBe(0);
});

test('one after the other, or all at once', async () => {
  const running = { now: 0, most: 0 };
  const work = async (at: number): Promise<number> => {
    running.most = Math.max(running.most, ++running.now);
    await Promise.resolve();
    running.now--;
    return at * 2;
  };
  expect(await times(3, work)).toEqual([0, 2, 4]);
  expect(running.most).toBe(1);
  expect(await together(3, work)).toEqual([0, 2, 4]);
  expect(running.most).toBe(3);
});
