import fc from 'fast-check';
import { bytesOf, describeOtLaws, textOf } from '@syncline/port-contracts';
import { text } from './text';

const content = fc.string({ unit: 'binary', maxLength: 12 });
const piece = fc.string({ unit: 'binary', minLength: 1, maxLength: 3 });

/** Goes over the text from its start: skips, inserts and deletes, as the library would write them. */
const operationsOn = (payload: string): fc.Arbitrary<string> => {
  const length = [...(JSON.parse(payload) as string)].length;
  const moves = fc.array(
    fc.record({ skip: fc.nat({ max: 4 }), erase: fc.nat({ max: 3 }), put: fc.option(piece) }),
    {
      maxLength: 5,
    },
  );
  return moves.map((all) => {
    const operation: unknown[] = [];
    let left = length;
    for (const { skip, erase, put } of all) {
      const skipped = Math.min(skip, left);
      const erased = Math.min(erase, left - skipped);
      left -= skipped + erased;
      if (skipped > 0) operation.push(skipped);
      if (put !== null) operation.push(put);
      if (erased > 0) operation.push({ d: erased });
    }
    return JSON.stringify(operation);
  });
};

describeOtLaws({ type: text, payloads: content.map((each) => JSON.stringify(each)), operationsOn });

function snapshot(value: string): Uint8Array {
  const result = text.start(bytesOf(JSON.stringify(value)));
  if (!result.ok) throw new Error(result.detail);
  return result.snapshot;
}

function operation(value: unknown): Uint8Array {
  const result = text.check(bytesOf(JSON.stringify(value)));
  if (!result.ok) throw new Error(result.detail);
  return result.operation;
}

function after(value: string, ...operations: Uint8Array[]): string {
  let last = snapshot(value);
  for (const each of operations) {
    const result = text.apply(last, each);
    if (!result.ok) throw new Error(result.detail);
    last = result.snapshot;
  }
  return JSON.parse(textOf(last)) as string;
}

test('places count code points, so no character outside the first plane is torn apart', () => {
  expect(after('😀a😀', operation([1, { d: 1 }, '🎉']))).toBe('😀🎉😀');
  expect(after('😀a😀', operation([2, { d: '😀' }]))).toBe('😀a');
  expect(text.check(bytesOf('["\\ud83d"]'))).toMatchObject({ ok: false, reason: 'INVALID_PAYLOAD' });
});

test('of two inserts at one place, the later one comes first', () => {
  const [earlier, later] = [operation([1, 'E']), operation([1, 'L'])];
  const moved = text.transform(later, earlier, 'later', 0);
  if (!moved.ok) throw new Error(moved.detail);
  expect(after('ab', earlier, moved.operation)).toBe('aLEb');
});

test('an operation that goes beyond the text is refused, also by a delete', () => {
  for (const beyond of [[3, 'x'], [{ d: 3 }], [1, { d: 2 }]])
    expect(text.apply(snapshot('ab'), operation(beyond))).toMatchObject({
      ok: false,
      detail: 'the operation goes beyond the text',
    });
});

test('what a delete says of its content is dropped, and neighbours are joined', () => {
  expect(textOf(operation([1, 1, 'a', 'b', { d: '😀x' }, { d: 1 }, 5]))).toBe('[2,"ab",{"d":3}]');
});

test('operations are not made one of too many parts', () => {
  const scattered = (letter: string, skip: number) =>
    operation(Array.from({ length: 800 }, (_, at) => (at % 2 === 0 ? skip : letter)));
  const first = scattered('a', 4);
  expect(text.compose(first, scattered('b', 7))).toMatchObject({ ok: false });
  expect(text.compose(first, operation([3, 'b']))).toMatchObject({ ok: true });
});

test('operations of too many parts are refused', () => {
  const long = Array.from({ length: 1_001 }, (_, at) => (at % 2 === 0 ? 'x' : 1));
  expect(text.check(bytesOf(JSON.stringify(long)))).toMatchObject({ ok: false });
});
