// path: libs/core/src/planted-empty.test.ts
// rule: syncline/tests:assertsNothing
import * as fc from 'fast-check';
test('empty', () => undefined); // planted
test.each([1, 2])('calls only %d', (n) => { // planted
  n.toString();
});
const expectSorted = (numbers: number[]): void => expect(numbers).toEqual([...numbers].sort());
test('expects', () => expectSorted([1]));
test('asserts', () => {
  fc.assert(fc.property(fc.integer(), (n) => n === n));
});
