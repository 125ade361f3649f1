import { gate } from '@syncline/port-contracts';
import { keyedLocks } from './keyed-locks';

test('those who wait for a key are served in the order in which they came', async () => {
  const locks = keyedLocks();
  const leave = gate();
  const order: number[] = [];
  const first = locks.hold(['a'], () => leave.opened);
  const waiting = [1, 2, 3].map((n) => locks.hold(['a'], async () => void order.push(n)));
  leave.open();
  await Promise.all([first, ...waiting]);
  expect(order).toEqual([1, 2, 3]);
});

test('work that fails, at once or later, gives its keys back', async () => {
  const locks = keyedLocks();
  const fails = () => {
    throw new Error('at once');
  };
  await expect(locks.hold(['a', 'b'], fails)).rejects.toThrow('at once');
  await expect(locks.hold(['b', 'a'], () => Promise.reject(new Error('later')))).rejects.toThrow('later');
  expect(await locks.hold(['a', 'b'], async () => 'held')).toBe('held');
});
