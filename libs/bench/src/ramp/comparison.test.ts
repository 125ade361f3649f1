import { compared, type Comparison } from './comparison';
import { reportOf, stepAt } from './reports.test-fixtures';
import type { Step } from './step';

describe('a comparison', () => {
  const steady = (rate: number, p50: readonly number[], p95 = p50): Step => ({
    ...stepAt(rate, [10]),
    partsMs: { p50, p95 },
  });
  const said = ({ differences }: Comparison): string[] =>
    differences.map(({ is, rate, quantile }) => `${is} ${rate} ${quantile}`);

  it('finds nothing where both are no further apart than the parts of one', () => {
    const now = reportOf([steady(100, [10, 14, 11], [30, 31, 32])]);
    const last = reportOf([steady(100, [7, 8, 7], [29, 20, 28])]);
    expect(compared(now, last)).toMatchObject({ rates: [100], differences: [], otherwise: [] });
  });

  it('finds slower and faster what is further away than that', () => {
    const slow = reportOf([steady(100, [30, 31, 33], [90, 40, 60]), steady(200, [40, 42])]);
    const fast = reportOf([steady(100, [10, 11, 14], [20, 30, 25]), steady(200, [40, 41])]);
    expect(said(compared(slow, fast))).toEqual(['slower 100 p50']);
    expect(said(compared(fast, slow))).toEqual(['faster 100 p50']);
    expect(compared(slow, fast).differences[0]).toMatchObject({
      nowMs: { least: 30, greatest: 33 },
      lastMs: { least: 10, greatest: 14 },
    });
  });

  it('is about rates that both have, for the same time', () => {
    const now = reportOf([stepAt(100, [30]), stepAt(200, [30])]);
    const last = reportOf([{ ...stepAt(100, [10]), seconds: 6 }, stepAt(400, [10])]);
    expect(compared(now, last)).toMatchObject({ rates: [], differences: [] });
  });

  it('tells how far each of them came, and what else is not as it was', () => {
    const now = reportOf([stepAt(100, [10])], { machine: 'another' });
    const last = reportOf([stepAt(100, [10]), stepAt(200, [10])]);
    expect(compared(now, last)).toMatchObject({
      held: { now: 100, last: 200 },
      otherwise: ['machine: another instead of a machine (2)'],
    });
  });

  it('calls nothing slower that was never answered', () => {
    const silent = { ...stepAt(100, [10]), latencyMs: null, partsMs: { p50: [], p95: [] } };
    expect(compared(reportOf([silent]), reportOf([stepAt(100, [10])])).differences).toEqual([]);
  });
});
