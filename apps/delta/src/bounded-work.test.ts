import { eventually, gate } from '@syncline/port-contracts';
import { boundedWork } from './bounded-work';

function held() {
  const shut = gate();
  const began: number[] = [];
  const work = (n: number) => async () => {
    began.push(n);
    await shut.opened;
    return n;
  };
  return { shut, began, work };
}

test('so much runs at once, the rest in turn, and beyond that nothing', async () => {
  const { shut, began, work } = held();
  const bounded = boundedWork(2, 2);
  const runs = [1, 2, 3, 4, 5].map((n) => bounded.run(work(n)));
  expect(await runs[4]).toBeNull();
  expect([began, bounded.running, bounded.waiting]).toEqual([[1, 2], 2, 2]);
  shut.open();
  expect(await Promise.all(runs)).toEqual([1, 2, 3, 4, null]);
  await bounded.idle();
  expect([began, bounded.running, bounded.waiting]).toEqual([[1, 2, 3, 4], 0, 0]);
});

test('whoever has gone is not worked for, and gives the turn on', async () => {
  const { shut, began, work } = held();
  const bounded = boundedWork(1, 9);
  const [early, late] = [new AbortController(), new AbortController()];
  early.abort();
  expect(await bounded.run(work(0), early.signal)).toBeNull();
  const runs = [bounded.run(work(1)), bounded.run(work(2), late.signal), bounded.run(work(3))];
  late.abort();
  expect(await runs[1]).toBeNull();
  shut.open();
  expect(await Promise.all(runs)).toEqual([1, null, 3]);
  expect(began).toEqual([1, 3]);
});

test('work that fails gives its turn on as well', async () => {
  const bounded = boundedWork(1, 9);
  const failing = bounded.run(() => Promise.reject(new Error('no')));
  const next = bounded.run(async () => 'done');
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('done');
  await eventually(() => expect(bounded.running).toBe(0));
});
