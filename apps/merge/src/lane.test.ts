import { change, eventually, manualTime, pushOf } from '@syncline/port-contracts';
import { mergeLane } from './lane';
import { HOME } from './merge.test-fixtures';
import type { WaitingPush } from './waiting-pushes';

const TOOK_MS = 20;

function laneWorld() {
  const time = manualTime();
  const commits: number[] = [];
  const lane = mergeLane<WaitingPush>({
    batchChangesMax: 1_000,
    batchBytesMax: 1_000_000,
    clock: time,
    timer: time,
    async commit(batch) {
      commits.push(batch.length);
      await Promise.resolve();
      time.advance(TOOK_MS);
    },
  });
  const push = (changes = 1): WaitingPush => ({
    space: HOME,
    push: pushOf(
      'd',
      Array.from({ length: changes }, (_, n) => change.create(`r${n}`, n)),
    ),
    bytes: 1,
    critical: false,
  });
  const add = (pushes: number, changes = 1): void => {
    for (let n = 0; n < pushes; n++) lane.add(push(changes));
  };
  const expectCommits = (...expected: readonly number[]) =>
    eventually(() => expect(commits).toEqual(expected));
  return { lane, time, push, add, expectCommits };
}

test('those who were answered together are committed together, once they are there again', async () => {
  const { add, expectCommits } = laneWorld();
  add(3);
  await expectCommits(3);
  add(1);
  add(1);
  await expectCommits(3);
  add(1);
  await expectCommits(3, 3);
});

test('nobody is waited for longer than the last commit took', async () => {
  const { add, time, expectCommits } = laneWorld();
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
  const { add, expectCommits } = laneWorld();
  add(pushes, changes);
  await expectCommits(pushes);
  add(1);
  await expectCommits(pushes, 1);
});

test('a critical push waits for nobody', async () => {
  const { add, lane, push, expectCommits } = laneWorld();
  add(3);
  await expectCommits(3);
  add(1);
  await expectCommits(3);
  lane.add({ ...push(), critical: true });
  await expectCommits(3, 2);
});

test('neither is anybody a while later, or once it ends', async () => {
  const { add, lane, time, expectCommits } = laneWorld();
  add(3);
  await expectCommits(3);
  time.advance(10 * TOOK_MS);
  add(1);
  await expectCommits(3, 1);
  add(4);
  await expectCommits(3, 1, 4);
  add(1);
  await lane.idle();
  await expectCommits(3, 1, 4, 1);
});
