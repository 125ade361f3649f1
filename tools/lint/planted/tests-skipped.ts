// path: libs/core/src/planted-skipped.test.ts
// rule: syncline/tests:skipped
test.skip('a', () => expect(1).toBe(1)); // planted
test.only('b', () => expect(1).toBe(1)); // planted
test.todo('c'); // planted
xit('d', () => expect(1).toBe(1)); // planted
fdescribe('e', () => undefined); // planted
describe.skip('f', () => undefined); // planted
it['only']('g', () => expect(1).toBe(1)); // planted
test.concurrent.skip('h', async () => expect(1).toBe(1)); // planted
test.only.each([1])('i %d', (n) => expect(n).toBe(1)); // planted
test('j', () => expect([1].some(Boolean)).toBe(true));
