import { encodeUtf8, type Pace, refusal, type SpaceId } from '@syncline/core';
import type { Edit } from './inputs';
import { TestDevice } from './testing/device';
import { FakeServer } from './testing/server';
import { failedChanges } from './view';

const HOME = 'home' as SpaceId;
const PUSH = `push:${HOME}` as const;
const SLOW: Pace = {
  kind: 'pace',
  pushChangesMax: 2,
  pushBytesMax: 10_000,
  delayMs: 3_000,
  nextPollMs: 5_000,
  changesRemaining: 100,
};

const note = (id: string, critical = false): Edit => ({
  kind: 'create',
  collection: 'notes' as Edit['collection'],
  id: id as Edit['id'],
  payload: encodeUtf8('{}'),
  ...(critical ? { critical } : {}),
});

function paced() {
  const device = new TestDevice('a', new FakeServer(HOME));
  device.input({ kind: 'follow', space: HOME });
  device.input({ kind: 'go-online' });
  device.receiveAll();
  device.message(SLOW);
  const change = (...edits: Edit[]) => device.input({ kind: 'change', space: HOME, edits });
  const pushed = () => device.sentOf('push').map(({ changes }) => changes.map(({ number }) => number));
  return { device, change, pushed };
}

test('a critical change waits for no pace, and neither does what was made before it', () => {
  const { device, change, pushed } = paced();
  for (const id of ['r1', 'r2', 'r3']) change(note(id));
  expect(pushed()).toEqual([]);
  expect(device.timers.has(PUSH)).toBe(true);
  change(note('r4', true));
  device.receiveAll();
  expect(pushed()).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(
    device
      .sentOf('push')
      .at(-1)!
      .changes.map(({ critical }) => critical),
  ).toEqual([undefined, true]);
  expect(device.timers.has(PUSH)).toBe(false);
});

test('what is made after it waits again', () => {
  const { device, change, pushed } = paced();
  change(note('r1', true));
  change(note('r2'));
  device.receiveAll();
  expect(pushed()).toEqual([[1]]);
  expect(device.timers.has(PUSH)).toBe(true);
  device.fire(PUSH);
  device.receiveAll();
  expect(pushed()).toEqual([[1], [2]]);
});

test('a refusal holds it like any other', () => {
  const { device, change, pushed } = paced();
  change(note('r1', true));
  device.session!.outbox.length = 0;
  const limited = refusal('RATE_LIMITED', { retryAfterMs: 5_000 });
  device.message({ kind: 'refusal', space: HOME, about: 'push', refusal: limited, closing: false });
  change(note('r2', true));
  expect(pushed()).toEqual([[1]]);
  expect(device.timers.has(PUSH)).toBe(true);
});

test('tried again after it failed, it is as urgent as before', () => {
  const { device, change } = paced();
  change(note('r1', true));
  device.session!.outbox.length = 0;
  const outcome = {
    number: 1,
    status: 'REJECTED',
    version: 0,
    conflict: null,
    record: null,
    reason: 'QUOTA_EXCEEDED',
    message: 'no',
    aheadMs: 0,
    repeated: false,
  } as const;
  device.message({ kind: 'outcomes', space: HOME, outcomes: [outcome] });
  const [failed] = failedChanges(device.state, HOME);
  device.input({ kind: 'retry-failed', space: HOME, failed: failed!.id });
  expect(device.sentOf('push').at(-1)!.changes).toMatchObject([{ number: 2, critical: true }]);
});
