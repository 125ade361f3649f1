import { change, eventually, gate, manualTime, pushOf } from '@syncline/port-contracts';
import { commitQueue } from './commit-queue';
import { HOME, WORK } from './merge.test-fixtures';
import type { WaitingPush } from './waiting-pushes';

const TOOK_MS = 20;
const SETTINGS = { commitsMax: 2, batchChangesMax: 1_000, batchBytesMax: 1_000_000 };

const pushOfChanges = (changes: number, space = HOME, critical = false): WaitingPush => ({
  space,
  push: pushOf(
    'd',
    Array.from({ length: changes }, (_, n) => change.create(`r${n}`, n)),
  ),
  bytes: 1,
  critical,
});

function queueWorld() {
  const time = manualTime();
  const commits: number[] = [];
  const queue = commitQueue<WaitingPush>({
    ...SETTINGS,
    clock: time,
    timer: time,
    async commit(batch) {
      commits.push(batch.length);
      await Promise.resolve();
      time.advance(TOOK_MS);
    },
  });
  const add = (pushes: number, changes = 1): void => {
    for (let n = 0; n < pushes; n++) queue.add(pushOfChanges(changes));
  };
  const expectCommits = (...expected: readonly number[]) =>
    eventually(() => expect(commits).toEqual(expected));
  return { queue, time, add, expectCommits };
}

/** Its commits last until they are ended, the oldest first. */
function slowWorld() {
  const time = manualTime();
  const going: { readonly spaces: readonly string[]; readonly end: () => void }[] = [];
  const queue = commitQueue<WaitingPush>({
    ...SETTINGS,
    clock: time,
    timer: time,
    async commit(batch) {
      const ended = gate();
      going.push({ spaces: batch.map(({ space }) => space), end: ended.open });
      await ended.opened;
    },
  });
  const spaces = () => going.map((commit) => commit.spaces);
  const expectGoing = (...expected: readonly (readonly string[])[]) =>
    eventually(() => expect(spaces()).toEqual(expected));
  const end = (): void => going.shift()!.end();
  return { queue, time, end, expectGoing };
}

test('those who were answered together are committed together, once they are there again', async () => {
  const { add, expectCommits } = queueWorld();
  add(3);
  await expectCommits(3);
  add(1);
  add(1);
  await expectCommits(3);
  add(1);
  await expectCommits(3, 3);
});

test('nobody is waited for longer than the last commit took', async () => {
  const { add, time, expectCommits } = queueWorld();
  add(3);
  await expectCommits(3);
  add(1);
  await expectCommits(3);
  time.advance(TOOK_MS - 1);
  await expectCommits(3);
  time.advance(1);
  await expectCommits(3, 1);
});

test.each([
  ['a single push', 1, 1],
  ['a large commit', 2, 500],
])('after %s nobody is waited for', async (_, pushes, changes) => {
  const { add, expectCommits } = queueWorld();
  add(pushes, changes);
  await expectCommits(pushes);
  add(1);
  await expectCommits(pushes, 1);
});

test('a critical push waits for nobody', async () => {
  const { add, queue, expectCommits } = queueWorld();
  add(3);
  await expectCommits(3);
  add(1);
  await expectCommits(3);
  queue.add(pushOfChanges(1, HOME, true));
  await expectCommits(3, 2);
});

test('neither is anybody a while later, or once it ends', async () => {
  const { add, queue, time, expectCommits } = queueWorld();
  add(3);
  await expectCommits(3);
  time.advance(10 * TOOK_MS);
  add(1);
  await expectCommits(3, 1);
  add(4);
  await expectCommits(3, 1, 4);
  add(1);
  await queue.close();
  await expectCommits(3, 1, 4, 1);
});

test('beside a small commit begins no other, and what waits for it shares the next', async () => {
  const { queue, end, expectGoing } = slowWorld();
  queue.add(pushOfChanges(1, HOME));
  await expectGoing([HOME]);
  queue.add(pushOfChanges(1, WORK));
  queue.add(pushOfChanges(1, HOME));
  await expectGoing([HOME]);
  end();
  await expectGoing([WORK, HOME]);
});

test.each([
  ['a large one', pushOfChanges(300, WORK)],
  ['a critical one', pushOfChanges(1, WORK, true)],
])('beside a commit begins %s, unless as many are under way as may be', async (_, other) => {
  const { queue, end, expectGoing } = slowWorld();
  queue.add(pushOfChanges(1, HOME));
  await expectGoing([HOME]);
  queue.add(other);
  await expectGoing([HOME], [WORK]);
  const third = { ...other, space: `${WORK}-3` as typeof WORK };
  queue.add(third);
  await expectGoing([HOME], [WORK]);
  end();
  await expectGoing([WORK], [third.space]);
});

test('a slow commit holds up its own spaces only', async () => {
  const { queue, time, end, expectGoing } = slowWorld();
  queue.add(pushOfChanges(1, HOME));
  await expectGoing([HOME]);
  queue.add(pushOfChanges(300, HOME));
  queue.add(pushOfChanges(1, WORK));
  await expectGoing([HOME]);
  time.advance(TOOK_MS);
  await expectGoing([HOME], [WORK]);
  end();
  await expectGoing([WORK], [HOME]);
});
