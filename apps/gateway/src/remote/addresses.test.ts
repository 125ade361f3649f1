import { type Lookup, targetAddresses } from './addresses';
import { rendezvous } from './rendezvous';

const lookup: Lookup = async (host) => {
  if (host === 'merge')
    return [
      { address: '10.0.0.2', family: 4 },
      { address: '10.0.0.1', family: 4 },
    ];
  if (host === 'six') return [{ address: '::1', family: 6 }];
  throw new Error(`there is no ${host}`);
};

test.each([
  ['dns:///merge:7410', 'merge', ['10.0.0.1:7410', '10.0.0.2:7410']],
  ['dns:merge:7410', 'merge', ['10.0.0.1:7410', '10.0.0.2:7410']],
  ['merge:1', 'merge', ['10.0.0.1:1', '10.0.0.2:1']],
  ['six:2', 'six', ['[::1]:2']],
  ['merge:1,six:2', null, ['10.0.0.1:1', '10.0.0.2:1', '[::1]:2']],
  ['ipv4:10.0.0.9:7410,10.0.0.3:7410,10.0.0.9:7410', null, ['10.0.0.3:7410', '10.0.0.9:7410']],
  ['ipv6:[::1]:7410', null, ['[::1]:7410']],
])('%s', async (target, serverName, addresses) => {
  const found = targetAddresses(target, lookup);
  expect([found.serverName, await found.resolve()]).toEqual([serverName, addresses]);
});

test('what is no address is said at once, what is not found when it is looked for', async () => {
  expect(() => targetAddresses('merge', lookup)).toThrow('merge is not host:port');
  await expect(targetAddresses('nowhere:1', lookup).resolve()).rejects.toThrow('there is no nowhere');
});

describe('rendezvous', () => {
  const places = ['a:1', 'b:1', 'c:1', 'd:1'].map((address) => ({ address }));
  const keys = Array.from({ length: 2_000 }, (_, n) => `acme/space-${n}`);
  const firstOf = (key: string, among: typeof places) => rendezvous(key, among)[0]!.address;

  test('is the same for everyone, whatever the order of the places', () => {
    for (const key of keys.slice(0, 50))
      expect(rendezvous(key, places)).toEqual(rendezvous(key, [...places].reverse()));
  });

  test('spreads the keys', () => {
    const counts = new Map<string, number>();
    for (const key of keys) counts.set(firstOf(key, places), (counts.get(firstOf(key, places)) ?? 0) + 1);
    for (const { address } of places) expect(counts.get(address)).toBeGreaterThan(400);
  });

  test('when a place goes, only its keys move', () => {
    const left = places.filter(({ address }) => address !== 'b:1');
    for (const key of keys) {
      const before = firstOf(key, places);
      if (before !== 'b:1') expect(firstOf(key, left)).toBe(before);
    }
  });
});
