import { ghzCall, stepAt } from './reports.test-fixtures';
import { stepOf, withoutEffect } from './step';

const ASKED = { rate: 100, seconds: 1 };

describe('a step', () => {
  it('counts what was answered well, and times only that', () => {
    const details = [
      ghzCall(0, 10),
      ghzCall(10, 20),
      ghzCall(20, 5_000, ['Unavailable', 'connection refused']),
    ];
    const step = stepOf({ details }, ASKED);
    expect([step.calls, step.answered]).toEqual([3, 2]);
    expect(step.latencyMs).toEqual({ p50: 20, p95: 20, p99: 20, max: 20 });
  });

  it('names refusals by the reason of the service, and by what was said where that is all there is', () => {
    const details = [
      ghzCall(0, 1, ['ResourceExhausted', 'Too much in too short a time. Wait for the given delay.']),
      ghzCall(1, 1, [
        'ResourceExhausted',
        'The record is over the limit. Move large content to an artifact. (x: 5 asked)',
      ]),
      ghzCall(2, 1, ['FailedPrecondition', 'expected 17']),
      ghzCall(3, 1, ['FailedPrecondition', 'expected 4']),
    ];
    expect(stepOf({ details }, ASKED).refused).toEqual({
      RATE_LIMITED: 1,
      RECORD_TOO_LARGE: 1,
      'FailedPrecondition: expected #': 2,
    });
  });

  it('tells how many calls a second were begun in fact, from when they began and not from when they ended', () => {
    const details = [ghzCall(0, 900), ghzCall(50, 10), ghzCall(100, 1)];
    expect(stepOf({ details }, ASKED).begunPerSecond).toBeCloseTo(20, 0);
  });

  it('takes the step apart by the time at which calls began', () => {
    const details = Array.from({ length: 100 }, (_, at) => ghzCall(at * 10, at < 80 ? 5 : 50));
    expect(stepOf({ details }, ASKED).partsMs.p50.map(Math.round)).toEqual([5, 5, 5, 5, 50]);
  });

  it('has no latency where nothing was answered well', () => {
    expect(stepOf({ details: null }, ASKED)).toMatchObject({ calls: 0, answered: 0, latencyMs: null });
  });

  it('does not count as answered what had no effect', () => {
    const step = stepAt(50, [10]);
    expect(withoutEffect(step, 0)).toEqual(step);
    expect(withoutEffect(step, 3)).toMatchObject({
      answered: 97,
      refused: { 'answered, without effect': 3 },
    });
  });
});
