import { circuitBreaker } from './circuit-breaker';

const SETTINGS = { breakerFailures: 3, breakerPauseMs: 1_000 };

function opened(atMs: number) {
  const breaker = circuitBreaker(SETTINGS);
  for (let failed = 0; failed < SETTINGS.breakerFailures; failed++) breaker.failed(atMs);
  return breaker;
}

test('some failures in a row open it, and one answer in between begins the row anew', () => {
  const breaker = circuitBreaker(SETTINGS);
  breaker.failed(0);
  breaker.failed(0);
  breaker.succeeded();
  breaker.failed(0);
  breaker.failed(0);
  expect(breaker.mayCall(0)).toBe(true);
  breaker.failed(0);
  expect([breaker.state, breaker.mayCall(999)]).toEqual(['open', false]);
});

test('after a pause one call is tried, and no second one beside it', () => {
  const breaker = opened(5_000);
  expect(breaker.mayCall(5_999)).toBe(false);
  expect(breaker.mayCall(6_000)).toBe(true);
  expect([breaker.state, breaker.mayCall(6_000)]).toEqual(['trying', false]);
  expect([5_999, 6_000].map((nowMs) => opened(5_000).refuses(nowMs))).toEqual([true, false]);
  expect([breaker.refuses(6_000), circuitBreaker(SETTINGS).refuses(0)]).toEqual([true, false]);
});

test('the call that is tried closes it, or has it stay open for as long again', () => {
  const breaker = opened(0);
  breaker.mayCall(1_000);
  breaker.failed(1_200);
  expect([breaker.state, breaker.mayCall(2_199)]).toEqual(['open', false]);
  expect(breaker.mayCall(2_200)).toBe(true);
  breaker.succeeded();
  expect([breaker.state, breaker.mayCall(2_200), breaker.mayCall(2_200)]).toEqual(['closed', true, true]);
});

test('a call that was left off says nothing: another one is tried', () => {
  const breaker = opened(0);
  breaker.mayCall(1_000);
  breaker.leftOff();
  expect([breaker.state, breaker.mayCall(1_000)]).toEqual(['open', true]);
});

test('a clock that was set back does not keep it open', () => {
  expect(opened(50_000).mayCall(10)).toBe(true);
});
