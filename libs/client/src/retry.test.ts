import { REASONS } from '@syncline/core';
import { REFUSAL_ACTIONS, refusalAction, retryDelayMs } from './retry';

test('delays grow to half a minute and no further', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7, 50].map((failures) => retryDelayMs(failures, 0.999999));
  expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test('chance cuts a delay down to half of it and not below', () => {
  expect(retryDelayMs(4, 0)).toBe(4_000);
  expect(retryDelayMs(4, 0.5)).toBe(6_000);
});

test('what the server asks for goes before the backoff, until tries fail in a row', () => {
  expect(retryDelayMs(1, 0, 10)).toBe(10);
  expect(retryDelayMs(3, 0, 60_000)).toBe(60_000);
  expect(retryDelayMs(3, 0.5, 60_000)).toBe(66_000);
  expect(retryDelayMs(3, 0, 0)).toBe(2_000);
});

test('every reason has an action', () => {
  expect(Object.keys(REFUSAL_ACTIONS).sort()).toEqual(Object.keys(REASONS).sort());
});

test('what was refused can change what a reason means', () => {
  expect(refusalAction('INVALID_ARGUMENT', 'push')).toBe('shrink');
  expect(refusalAction('INVALID_ARGUMENT', 'subscribe')).toBe('stop');
  expect(refusalAction('INVALID_ARGUMENT', 'presence')).toBe('tell');
  expect(refusalAction('AUTH_EXPIRED', 'hello')).toBe('token');
  expect(refusalAction('CHANGE_NUMBER_GAP', 'push')).toBe('renumber');
  expect(refusalAction('INTERNAL', null)).toBe('wait');
});
