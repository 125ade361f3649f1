import fc from 'fast-check';
import { change, pushOf } from '@syncline/port-contracts';
import { HOME, WORK } from './merge.test-fixtures';
import { type WaitingPush, waitingPushes } from './waiting-pushes';

interface Given {
  readonly device?: string;
  readonly critical?: boolean;
  readonly changes?: number;
  readonly bytes?: number;
  readonly space?: WaitingPush['space'];
}

const waiting = ({
  device = 'd',
  critical = false,
  changes = 1,
  bytes = 1,
  space = HOME,
}: Given): WaitingPush => ({
  space,
  push: pushOf(
    device,
    Array.from({ length: changes }, (_, n) => change.create(`r${n}`, n)),
  ),
  bytes,
  critical,
});

const queueOf = (...pushes: readonly WaitingPush[]) => {
  const queue = waitingPushes();
  for (const push of pushes) queue.add(push);
  return queue;
};

test('takes as many as fit, in their order, and always one', () => {
  const pushes = [3, 4, 5, 20, 1].map((changes) => waiting({ changes, bytes: changes * 10 }));
  const queue = queueOf(...pushes);
  const take = (changesMax: number, bytesMax: number) => {
    const taken = queue.take(changesMax, bytesMax);
    queue.done(taken);
    return taken.map(({ push }) => push.changes.length);
  };
  expect(take(8, 1_000)).toEqual([3, 4]);
  expect(take(100, 99)).toEqual([5]);
  expect(take(1, 1)).toEqual([20]);
  expect([take(100, 100), take(1, 1), queue.length]).toEqual([[1], [], 0]);
});

test('nothing more is taken of a space until what was taken of it is done', () => {
  const [a, b, c, d] = [HOME, HOME, WORK, HOME].map((space) => waiting({ space, changes: 2 }));
  const queue = queueOf(a!, b!, c!);
  expect(queue.take(2, 99)).toEqual([a]);
  queue.add(d!);
  queue.add(waiting({ space: HOME, critical: true }));
  expect(queue.free).toEqual({ pushes: 1, changes: 2, critical: 0 });
  expect(queue.take(99, 99)).toEqual([c]);
  expect(queue.take(99, 99)).toEqual([]);
  queue.done([a!]);
  expect(queue.free).toEqual({ pushes: 3, changes: 5, critical: 1 });
  expect(queue.take(99, 99)).toHaveLength(3);
});

test('critical pushes go ahead, among each other in their order, and past no earlier push of their device and space', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((device) => waiting({ device }));
  const [x, y, ownOfB, otherSpaceOfB] = [
    waiting({ device: 'x', critical: true }),
    waiting({ device: 'y', critical: true }),
    waiting({ device: 'b', critical: true }),
    waiting({ device: 'b', critical: true, space: WORK }),
  ];
  const queue = queueOf(a!, b!, c!, x, ownOfB, y, otherSpaceOfB);
  expect(queue.take(99, 99)).toEqual([x, y, otherSpaceOfB, a, b, ownOfB, c]);
});

test('whatever comes, the pushes of a device in a space stay in their order, and none is lost', () => {
  const anyPush = fc.record({
    device: fc.constantFrom('a', 'b', 'c'),
    critical: fc.boolean(),
    space: fc.constantFrom(HOME, WORK),
  });
  fc.assert(
    fc.property(
      fc.array(fc.oneof(anyPush, fc.constantFrom('take' as const, 'done' as const)), { maxLength: 40 }),
      (steps) => {
        const queue = waitingPushes();
        const added: WaitingPush[] = [];
        const taken: WaitingPush[] = [];
        for (const step of steps) {
          if (step === 'take') taken.push(...queue.take(2, 99));
          else if (step === 'done') queue.done(taken);
          else {
            const push = waiting(step);
            added.push(push);
            queue.add(push);
          }
        }
        queue.done(taken);
        taken.push(...queue.take(Infinity, Infinity));
        const ofOne = (pushes: readonly WaitingPush[], device: string, space: string) =>
          pushes.filter((each) => each.push.device === device && each.space === space);
        expect(taken).toHaveLength(added.length);
        for (const device of ['a', 'b', 'c']) {
          for (const space of [HOME, WORK]) {
            const [came, went] = [ofOne(added, device, space), ofOne(taken, device, space)];
            expect(went.every((push, index) => push === came[index])).toBe(true);
          }
        }
      },
    ),
  );
});
