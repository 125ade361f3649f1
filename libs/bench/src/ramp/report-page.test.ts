import { compared } from './comparison';
import { loadPicture } from './load-picture';
import { reportPage, stepLine } from './report-page';
import { reportOf, stepAt } from './reports.test-fixtures';
import { withoutEffect } from './step';

const slow = reportOf([stepAt(100, [30]), withoutEffect(stepAt(200, [40]), 80)], {
  stopped: '20.0 % of the calls were not answered well',
});
const fast = reportOf([stepAt(100, [10]), stepAt(200, [40])], { atMs: Date.UTC(2026, 10, 20, 9, 30) });

describe('the page of a report', () => {
  const page = reportPage(slow, compared(slow, fast), 'now.svg');

  it('has a line for each step, with what was refused and why', () => {
    expect(page).toContain('| 100 | 100 | 200 | 200 | 30 ms | 30 ms | 30 ms | 30 ms |  |');
    expect(page).toContain(
      '| 200 | 200 | 400 | 320 | 40 ms | 40 ms | 40 ms | 40 ms | 80 × answered, without effect |',
    );
  });

  it('says how far it went and why no further', () => {
    expect(page).toContain(
      '100 calls a second are within the bounds. It went no further: 20.0 % of the calls were not answered well.',
    );
  });

  it('says what has become slower', () => {
    expect(page).toContain('Compared with 2026-11-20 09:30 UTC, at 100, 200 calls a second:');
    expect(page).toContain('- slower: p50 at 100 calls a second, 30 ms to 30 ms instead of 10 ms to 10 ms');
    expect(page).toContain('- within the bounds up to 100 calls a second, before up to 200');
  });

  it('says when there is nothing to compare with', () => {
    expect(reportPage(slow, null, 'now.svg')).toContain('There is no earlier report to compare with.');
  });
});

describe('the line of a step', () => {
  it('tells of latencies and refusals', () => {
    expect(stepLine(slow.steps[1]!)).toBe(
      '  200 calls/s: 320 of 400 answered, p50 40 ms, p95 40 ms, p99 40 ms; 80 × answered, without effect',
    );
  });
});

describe('the picture of a ramp', () => {
  const ways = (picture: string): string[] =>
    [...picture.matchAll(/<polyline class="line (\w+)( dashed)?"/g)].map(
      ([, colour, dashed]) => `${colour}${dashed ?? ''}`,
    );

  it('draws this ramp, and the last one in another colour behind it', () => {
    expect(ways(loadPicture(slow, fast))).toEqual(['second', 'second dashed', 'first', 'first dashed']);
    expect(ways(loadPicture(slow, null))).toEqual(['first', 'first dashed']);
  });

  it('leaves out a step without any latency', () => {
    const silent = reportOf([stepAt(100, [10]), { ...stepAt(200, [10]), latencyMs: null }]);
    expect(loadPicture(silent, null).match(/<circle/g)).toHaveLength(2);
  });
});
