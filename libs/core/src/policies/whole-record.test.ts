import { hlcTime } from '../clock';
import type { DeviceId } from '../ids';
import { encodeUtf8 } from '../utf8';
import { clientWins } from './client-wins';
import { lastWriteWins } from './last-write-wins';
import { manual } from './manual';
import type { Conflict, Side } from './policy';
import { serverWins } from './server-wins';

const side = (ms: number, device: string, text: string | null): Side => ({
  time: hlcTime(ms),
  device: device as DeviceId,
  number: 1,
  deleted: text === null,
  payload: text === null ? null : encodeUtf8(text),
  meta: null,
});

function conflict<Rule>(stored: Side, incoming: Side, rule: Rule): Conflict<Rule> {
  return { kind: 'UPDATE_UPDATE', base: null, stored, incoming, rule };
}

describe('last-write-wins', () => {
  const take = (stored: Side, incoming: Side, windowMs = 1) =>
    lastWriteWins.resolve(conflict(stored, incoming, { windowMs })).take;

  test('the later write stands, whoever pushed first', () => {
    expect(take(side(5, 'b', 'x'), side(6, 'a', 'y'))).toBe('incoming');
    expect(take(side(6, 'b', 'x'), side(5, 'a', 'y'))).toBe('stored');
  });

  test('at the same time a delete stands against an update', () => {
    expect(take(side(5, 'b', 'x'), side(5, 'a', null))).toBe('incoming');
    expect(take(side(5, 'a', null), side(5, 'b', 'x'))).toBe('stored');
    expect(take(side(5, 'a', null), side(6, 'b', 'x'))).toBe('incoming');
  });

  test('the window says what the same time is', () => {
    expect(take(side(1_900, 'a', 'x'), side(1_100, 'b', 'y'), 1_000)).toBe('incoming');
    expect(take(side(2_000, 'a', 'x'), side(1_999, 'b', 'y'), 1_000)).toBe('stored');
  });

  test('its reason names what stands', () => {
    const { why } = lastWriteWins.resolve(conflict(side(5, 'b', 'x'), side(6, 'a', null), { windowMs: 1 }));
    expect(why).toBe("The device's delete is the later write.");
  });

  test.each([[0], [-1], [1.5], ['1'], [2 ** 53], [null]])('a window of %p is refused', (windowMs) => {
    expect(lastWriteWins.parseRule({ windowMs })).toEqual({
      ok: false,
      problems: [{ field: 'windowMs', description: 'must be an integer of at least 1' }],
    });
  });

  test('without a rule the window is a millisecond', () => {
    expect(lastWriteWins.parseRule(null)).toEqual({ ok: true, rule: { windowMs: 1 } });
  });

  test('a rule that is no object is refused', () => {
    expect(lastWriteWins.parseRule([])).toEqual({
      ok: false,
      problems: [{ field: '', description: 'must be an object' }],
    });
  });
});

test('server-wins keeps what is stored, client-wins takes what comes, whatever the clocks say', () => {
  const early = side(1, 'a', 'x');
  const late = side(9, 'b', 'y');
  for (const [stored, incoming] of [
    [early, late],
    [late, early],
  ] as const) {
    expect(serverWins.resolve(conflict(stored, incoming, {})).take).toBe('stored');
    expect(clientWins.resolve(conflict(stored, incoming, {})).take).toBe('incoming');
  }
});

test('manual decides nothing, except where there is nothing to decide', () => {
  const take = (stored: string | null, incoming: string | null) =>
    manual.resolve(conflict(side(1, 'a', stored), side(2, 'b', incoming), {})).take;
  expect(take('x', 'y')).toBe('neither');
  expect(take('x', 'xy')).toBe('neither');
  expect(take('x', null)).toBe('neither');
  expect(take(null, 'x')).toBe('neither');
  expect(take('x', 'x')).toBe('stored');
  expect(take(null, null)).toBe('stored');
});
