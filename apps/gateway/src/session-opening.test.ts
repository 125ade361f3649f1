import { type TestWorld, testWorld } from './gateway.test-fixtures';

// A gateway for each test, on a machine that may have other work to do.
let world: TestWorld;
beforeEach(async () => {
  world = await testWorld();
});
afterEach(() => world.close());

/** The store, with the names of the calls that go to it in their order. */
function heard(calls: string[]): TestWorld['store'] {
  return new Proxy(world.store, {
    get(store, name, receiver) {
      const method: unknown = Reflect.get(store, name, receiver);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]) => {
        calls.push(String(name));
        return Reflect.apply(method, store, args) as unknown;
      };
    },
  });
}

test('a session that opens a space asks the store four things', async () => {
  const calls: string[] = [];
  // Looks at all sessions go on beside, and are not of one.
  const never = { headsMs: 1_000_000, revokedMs: 1_000_000, keepEveryMs: 1_000_000 };
  const gateway = await world.gateway({ store: heard(calls) }, never);
  await gateway.device('first').follow();
  calls.length = 0;
  await gateway.device('second').follow();
  expect(calls).toEqual(['registerDevice', 'access', 'collections', 'open']);
});
