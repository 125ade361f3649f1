import { hlcTime } from '../../clock';
import type { DeviceId } from '../../ids';
import type { Stamp } from '../../records';
import type { FieldConflict, FieldResult, FieldText } from './field-rule';
import { ELEMENT_STAMPS_MAX, listById } from './list-by-id';
import { FIELD_RULE_KINDS, type FieldRule, kindOf } from './registry';

const stamp = (ms: number, device = 'd'): Stamp => ({
  time: hlcTime(ms),
  device: device as DeviceId,
  number: 1,
});
const EARLY = stamp(1, 'early');
const LATE = stamp(2, 'late');

const ABSENT = null;
const UNKNOWN = undefined;

function merge(
  rule: FieldRule,
  texts: readonly [base: FieldText | undefined, stored: FieldText, incoming: FieldText],
  more: Partial<FieldConflict> = {},
): FieldResult {
  const [base, stored, incoming] = texts;
  return kindOf(rule).merge(
    {
      base,
      stored,
      incoming,
      storedStamp: EARLY,
      incomingStamp: LATE,
      elements: null,
      windowMs: 1,
      ...more,
    },
    rule,
  );
}

function outcome(
  rule: FieldRule,
  texts: readonly [base: FieldText | undefined, stored: FieldText, incoming: FieldText],
  more: Partial<FieldConflict> = {},
): string {
  const result = merge(rule, texts, more);
  return result.take === 'merged' ? result.text : result.take;
}

const OLDER = { storedStamp: LATE, incomingStamp: EARLY };

describe('last-write', () => {
  const rule = { kind: 'last-write' } as const;

  test('the later write of the field stands', () => {
    expect(outcome(rule, ['1', '2', '3'])).toBe('incoming');
    expect(outcome(rule, ['1', '2', '3'], OLDER)).toBe('stored');
    expect(outcome(rule, ['1', '2', '2'])).toBe('restamped');
    expect(outcome(rule, ['1', '2', '2'], OLDER)).toBe('stored');
  });

  test('a removal counts as a delete', () => {
    const sameTime = { storedStamp: stamp(5, 'z'), incomingStamp: stamp(5, 'a') };
    expect(outcome(rule, ['1', '2', ABSENT], sameTime)).toBe('incoming');
    expect(outcome(rule, ['1', ABSENT, '2'], { ...sameTime, windowMs: 10 })).toBe('stored');
    expect(outcome(rule, ['1', ABSENT, '2'])).toBe('incoming');
  });
});

describe('text', () => {
  const rule = { kind: 'text' } as const;

  test('words that either side changed are changed', () => {
    expect(outcome(rule, ['"a b c"', '"x b c"', '"a b y"'])).toBe('"x b y"');
    expect(outcome(rule, ['"a \\u0062"', '"a b!"', '"a b"'])).toBe('stored');
    expect(outcome(rule, ['"a b!"', '"a b!"', '"a\\nb!"'])).toBe('incoming');
  });

  test('of words that both changed the later stand', () => {
    expect(outcome(rule, ['"a b c"', '"x b 1"', '"y b c"'])).toBe('"y b 1"');
    expect(outcome(rule, ['"a b c"', '"x b 1"', '"y b c"'], OLDER)).toBe('stored');
    expect(outcome(rule, ['""', '"1 "', '"2 "'])).toBe('"1 2 "');
    expect(outcome(rule, ['""', '"1 "', '"2 "'], OLDER)).toBe('"2 1 "');
  });

  test('without a text to start from, the later whole text stands', () => {
    for (const base of [UNKNOWN, ABSENT, '5']) {
      expect(outcome(rule, [base, '"a b"', '"a c"'])).toBe('incoming');
      expect(outcome(rule, [base, '"a b"', '"a c"'], OLDER)).toBe('stored');
    }
  });

  test('what is no text stands, and among its like the later', () => {
    for (const odd of ['7', 'null', '["a"]', '"\\x"', ABSENT]) {
      expect(outcome(rule, ['"a"', '"b"', odd], OLDER)).toBe('incoming');
      expect(outcome(rule, ['"a"', odd, '"b"'])).toBe('stored');
    }
    expect(outcome(rule, ['"a"', '7', '8'], OLDER)).toBe('stored');
  });
});

describe('counter', () => {
  const rule = { kind: 'counter' } as const;

  test.each([
    ['5', '6', '7', '8'],
    ['5', '6', '6', '7'],
    ['5', '6', '4', '5'],
    ['0', '-2', '-3', '-5'],
    [ABSENT, '1', '1', '2'],
    ['9007199254740990', '9007199254740991', '9007199254740991', '9007199254740992'],
    ['-9007199254740991', '0', '9007199254740991', '18014398509481982'],
    ['0', '12345678901234567890', '1', '12345678901234567891'],
  ])('base %s, stored %s and incoming %s make %s', (base, stored, incoming, sum) => {
    expect(outcome(rule, [base, stored, incoming])).toBe(sum);
  });

  test('what is not a whole number cannot be counted: it stands, and among its like the later', () => {
    for (const odd of ['1.5', '"6"', 'null', '-0', '1e3', ABSENT]) {
      expect(outcome(rule, ['5', '6', odd], OLDER)).toBe('incoming');
      expect(outcome(rule, ['5', odd, '6'])).toBe('stored');
    }
    expect(outcome(rule, ['5', '1.5', '"x"'])).toBe('incoming');
    expect(outcome(rule, ['5', '1.5', '"x"'], OLDER)).toBe('stored');
    expect(outcome(rule, ['1.5', '2', '3'])).toBe('incoming');
    expect(outcome(rule, ['1.5', '2', '3'], OLDER)).toBe('stored');
  });

  test('without the base nobody knows what was added', () => {
    expect(outcome(rule, [UNKNOWN, '6', '7'])).toBe('incoming');
    expect(outcome(rule, [UNKNOWN, '6', '7'], OLDER)).toBe('stored');
  });
});

describe('max and min', () => {
  test.each([
    ['3', '4', '5', 'incoming', 'stored'],
    ['3', '5', '4', 'stored', 'incoming'],
    ['9', '5', '4', 'stored', 'incoming'],
    ['1', '-5', '-14', 'stored', 'incoming'],
    ['1', '1.5', '1e3', 'incoming', 'stored'],
    ['0', '12345678901234567890', '12345678901234567891', 'incoming', 'stored'],
    ['0', '-12345678901234567890', '-12345678901234567891', 'stored', 'incoming'],
    ['1', '"2024-01-02"', '"2024-01-10"', 'incoming', 'stored'],
    ['1', '"\u{ff5e}"', '"\u{1f600}"', 'incoming', 'stored'],
    ['1', '7', '"a"', 'incoming', 'stored'],
    ['1', '"a"', '7', 'stored', 'incoming'],
    [UNKNOWN, '4', '5', 'incoming', 'stored'],
  ])('base %s, stored %s, incoming %s', (base, stored, incoming, greater, smaller) => {
    expect(outcome({ kind: 'max' }, [base, stored, incoming], OLDER)).toBe(greater);
    expect(outcome({ kind: 'min' }, [base, stored, incoming], OLDER)).toBe(smaller);
  });

  test.each([
    ['"x"', '"\\u0078"'],
    ['1.5', '1.50'],
    ['0', '-0'],
    ['100', '1e2'],
    ['"x"', '"x"'],
  ])('%s and %s have one order, whichever came first', (left, right) => {
    for (const kind of ['max', 'min'] as const) {
      const stands = (stored: string, incoming: string) =>
        outcome({ kind }, ['1', stored, incoming]) === 'incoming' ? incoming : stored;
      expect(stands(left, right)).toBe(stands(right, left));
    }
  });

  test('what cannot be compared stands', () => {
    for (const odd of ['null', '[]', '{}', 'true', ABSENT]) {
      expect(outcome({ kind: 'max' }, ['5', '6', odd], OLDER)).toBe('incoming');
      expect(outcome({ kind: 'max' }, ['5', odd, '6'])).toBe('stored');
    }
  });
});

describe('set-union', () => {
  const rule = { kind: 'set-union' } as const;

  test.each([
    ['["a"]', '["a","c"]', '["a","b"]', '["a","b","c"]'],
    ['["a","b"]', '["b"]', '["a","b","c"]', '["b","c"]'],
    ['["a","b"]', '["b"]', '["a"]', '[]'],
    ['["b","a"]', '["a","b","z"]', '["y","a","b"]', '["b","a","y","z"]'],
    [ABSENT, '["x"]', '["a"]', '["a","x"]'],
    [UNKNOWN, '["x","b"]', '["a","b"]', '["a","b","x"]'],
    ['[]', '[1, 1]', '[{"k":[2]}]', '[1,{"k":[2]}]'],
  ])('base %s, stored %s and incoming %s make %s', (base, stored, incoming, union) => {
    expect(outcome(rule, [base, stored, incoming])).toBe(union);
  });

  test('the same elements in another order give way to a change, and else are a last write', () => {
    expect(outcome(rule, ['["a","b"]', '["a","c"]', '["b","a"]'])).toBe('stored');
    expect(outcome(rule, ['["a","b"]', '["b","a"]', '["a","c"]'], OLDER)).toBe('incoming');
    expect(outcome(rule, ['["a","b"]', '["b","a"]', '[ "a","b"]'])).toBe('incoming');
    expect(outcome(rule, ['["a","b"]', '["b","a"]', '[ "a","b"]'], OLDER)).toBe('stored');
  });

  test('what both wrote in the same words stays as it was written', () => {
    expect(outcome(rule, ['["a"]', '["z","a"]', '["z","a"]'])).toBe('stored');
  });

  test('what is no array stands', () => {
    expect(outcome(rule, ['["a"]', '["a","b"]', '"b"'], OLDER)).toBe('incoming');
    expect(outcome(rule, ['["a"]', ABSENT, '["a","b"]'])).toBe('stored');
  });
});

describe('list-by-id', () => {
  const rule = { kind: 'list-by-id', idField: 'id' } as const;
  const el = (id: string, v: number) => `{"id":${id},"v":${v}}`;
  const list = (...elements: string[]) => `[${elements.join(',')}]`;
  const base = list(el('2', 0), el('1', 0), el('3', 0));

  test('each element is merged by itself, in the order of the base, then of the ids', () => {
    const stored = list(el('2', 5), el('1', 0), el('3', 0), el('"z"', 1));
    const incoming = list(el('"m"', 1), el('3', 0), el('2', 0));
    expect(outcome(rule, [base, stored, incoming])).toBe(
      list(el('2', 5), el('3', 0), el('"m"', 1), el('"z"', 1)),
    );
  });

  test('both changed one element: its own stamp decides, not that of the list', () => {
    const stored = list(el('2', 5), el('1', 0), el('3', 0));
    const incoming = list(el('2', 6), el('1', 0), el('3', 0));
    const stampedAt = (ms: number) => ({ elements: { all: stamp(0), own: new Map([['2', stamp(ms)]]) } });
    expect(outcome(rule, [base, stored, incoming], stampedAt(1))).toBe(incoming);
    expect(outcome(rule, [base, stored, incoming], { ...stampedAt(9), storedStamp: stamp(0) })).toBe(
      'stored',
    );
  });

  test('removed here and changed there: by stamps, a removal counting as a delete', () => {
    const removed = list(el('1', 0), el('3', 0));
    const changed = list(el('2', 7), el('1', 0), el('3', 0));
    expect(outcome(rule, [base, removed, changed])).toBe(changed);
    expect(outcome(rule, [base, removed, changed], OLDER)).toBe('stored');
    expect(outcome(rule, [base, changed, removed])).toBe(removed);
    const sameTime = { storedStamp: stamp(5, 'z'), incomingStamp: stamp(5, 'a') };
    expect(outcome(rule, [base, changed, removed], sameTime)).toBe(removed);
  });

  test('the same element written by both keeps the later stamp', () => {
    const both = list(el('2', 5), el('1', 0), el('3', 0));
    const result = merge(rule, [base, both, both]);
    expect(result).toEqual({
      take: 'merged',
      text: both,
      elements: { all: EARLY, own: new Map([['2', LATE]]) },
    });
    expect(outcome(rule, [base, both, both], OLDER)).toBe('stored');
  });

  test('an unknown base takes nothing away', () => {
    expect(outcome(rule, [UNKNOWN, list(el('1', 1)), list(el('2', 2))])).toBe(list(el('1', 1), el('2', 2)));
  });

  test('elements are known by the declared field', () => {
    const byKey = { kind: 'list-by-id', idField: 'key' } as const;
    expect(outcome(byKey, ['[]', '[{"key":"b"}]', '[{"key":"a"}]'])).toBe('[{"key":"a"},{"key":"b"}]');
  });

  test.each([['[1]'], ['[{"v":1}]'], [list(el('1', 0), el('1', 1))], ['[{"id":null}]'], ['{}'], [ABSENT]])(
    '%s is no list of elements and stands',
    (odd) => {
      expect(outcome(rule, [base, list(el('2', 5)), odd], OLDER)).toBe('incoming');
      expect(outcome(rule, [base, odd, list(el('2', 5))])).toBe('stored');
    },
  );

  test('a write of the list stamps what it changed, came with and took away', () => {
    const after = list(el('2', 0), el('3', 1), el('4', 0));
    const known = { all: EARLY, own: new Map([['9', EARLY]]) };
    const stamps = listById.stampElements!(base, after, known, LATE, rule);
    expect(stamps).toEqual({
      all: EARLY,
      own: new Map([
        ['9', EARLY],
        ['3', LATE],
        ['4', LATE],
        ['1', LATE],
      ]),
    });
    expect(listById.stampElements!('1', after, known, LATE, rule)).toEqual({ all: LATE, own: new Map() });
    expect(listById.stampElements!(base, '1', known, LATE, rule)).toBeNull();
  });

  test('only so many stamps of elements are kept, the latest ones', () => {
    const own = new Map(Array.from({ length: ELEMENT_STAMPS_MAX }, (_, at) => [`"${at}"`, stamp(at)]));
    const stamps = listById.stampElements!(base, list(), { all: EARLY, own }, stamp(5_000), rule);
    expect(stamps!.own.size).toBe(ELEMENT_STAMPS_MAX);
    expect(stamps!.own.has('1')).toBe(true);
    expect(stamps!.own.has('"2"')).toBe(false);
    expect(stamps!.own.has('"3"')).toBe(true);
  });
});

describe('ask', () => {
  test('a person decides, unless both wrote the same', () => {
    expect(outcome({ kind: 'ask' }, ['1', '2', '3'])).toBe('asked');
    expect(outcome({ kind: 'ask' }, ['1', ABSENT, '3'])).toBe('asked');
    expect(outcome({ kind: 'ask' }, ['1', '3', '3'])).toBe('stored');
  });
});

test('only asking and merging of text depend on who comes first', () => {
  const dependent = Object.entries(FIELD_RULE_KINDS)
    .filter(([, kind]) => !kind.orderFree)
    .map(([name]) => name);
  expect(dependent).toEqual(['text', 'ask']);
});
