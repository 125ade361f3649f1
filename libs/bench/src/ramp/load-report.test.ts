import { DEFAULT_BOUNDS, highestHeld, tooMuch } from './load-report';
import { reportOf, stepAt } from './reports.test-fixtures';
import { withoutEffect } from './step';

describe('a ramp', () => {
  const bounds = { p99Ms: 100, refusedShare: 0.01 };

  it('goes on while calls are answered in time', () => {
    expect(tooMuch(stepAt(50, [10, 20, 99]), bounds)).toBeNull();
  });

  it('ends where the slowest take too long', () => {
    expect(tooMuch(stepAt(50, [10, 150]), bounds)).toBe('p99 was 150 ms, 100 ms are allowed');
  });

  it('ends where too many are refused, also inside of an answer', () => {
    expect(tooMuch(withoutEffect(stepAt(50, [10]), 1), bounds)).toBeNull();
    expect(tooMuch(withoutEffect(stepAt(50, [10]), 2), bounds)).toBe(
      '2.0 % of the calls were not answered well, 1.0 % are allowed',
    );
  });

  it('ends where the load itself is too slow to tell anything', () => {
    expect(tooMuch({ ...stepAt(50, [10]), begunPerSecond: 44 }, bounds)).toBe(
      'the load itself could not keep up: 44 of 50 calls were begun in a second',
    );
  });

  it('ends where nothing is answered', () => {
    expect(tooMuch({ ...stepAt(50, [10]), latencyMs: null }, bounds)).toBe('no call was answered well');
  });

  it('knows the highest rate that was within the bounds', () => {
    const slow = stepAt(400, [DEFAULT_BOUNDS.p99Ms + 1]);
    expect(highestHeld(reportOf([stepAt(100, [10]), stepAt(200, [10]), slow]))).toBe(200);
    expect(highestHeld(reportOf([slow]))).toBe(0);
  });
});
