// path: libs/flows/src/planted-clock.test.ts
// rule: syncline/effects:clock
test('reads the clock', () => {
  expect(Date.now()).toBeGreaterThan(0); // planted
});
