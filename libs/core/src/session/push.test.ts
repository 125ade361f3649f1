import type { SpaceId } from '../ids';
import { DEFAULT_LIMITS } from '../limits';
import { refusal } from '../refusals';
import { imageOf } from '../records';
import { create, testSpace } from '../space.test-fixtures';
import {
  announcement,
  HOME,
  liveSession,
  outcome,
  pushTo,
  subscribeTo,
  type TestSession,
  welcomedSession,
} from './session.test-fixtures';

const refused = (session: TestSession, reason: Parameters<typeof refusal>[0]) =>
  session.step({
    kind: 'pushed',
    space: HOME,
    ticket: session.ticket(),
    answer: { result: { kind: 'refused', refusal: refusal(reason) }, changesRemaining: 1_000 },
  });

test('pushes of a space go one at a time, in order', () => {
  const session = liveSession();
  expect(session.message(pushTo(1))).toEqual(['push home 1']);
  expect(session.message(pushTo(2))).toEqual([]);
  expect(session.message(pushTo(3))).toEqual([]);
  expect(session.pushed([1])).toEqual(['> outcomes 1', '> pace', 'push home 2']);
  expect(session.pushed([2])).toEqual(['> outcomes 2', '> pace', 'push home 3']);
});

test('spaces do not wait for each other', () => {
  const session = liveSession();
  const work = 'work' as SpaceId;
  session.message(subscribeTo(work));
  session.opened({}, work);
  expect(session.message(pushTo(1))).toEqual(['push home 1']);
  expect(session.message(pushTo(1, 1, work))).toEqual(['push work 1']);
});

test('a refused push takes those behind it along, for they would leave a gap', () => {
  const session = liveSession();
  for (const first of [1, 2, 3]) session.message(pushTo(first));
  expect(refused(session, 'UNAVAILABLE')).toEqual(['> refuse push UNAVAILABLE']);
  expect(session.message(pushTo(1, 3))).toEqual(['push home 1,2,3']);
});

test('the queue has an end', () => {
  const session = liveSession({ pushesQueuedMax: 2 });
  for (const first of [1, 2, 3]) session.message(pushTo(first));
  expect(session.message(pushTo(4))).toEqual(['> refuse push RATE_LIMITED']);
  expect(session.effects).toMatchObject([{ message: { refusal: { retryAfterMs: 1_000 } } }]);
});

test.each([
  ['without a subscription', welcomedSession(), pushTo(1), 'NOT_SUBSCRIBED'],
  ['of too many changes', liveSession({ pushChangesMax: 2 }), pushTo(1, 3), 'PUSH_TOO_LARGE'],
  ['of nothing', liveSession(), pushTo(1, 0), 'INVALID_ARGUMENT'],
])('a push %s is refused before anyone is asked', (_what, session, message, reason) => {
  expect(session.message(message)).toEqual([`> refuse push ${reason}`]);
});

test('a push waits until its space is open, and goes under the access that was found', () => {
  const session = welcomedSession();
  session.message(subscribeTo());
  expect(session.message(pushTo(1))).toEqual([]);
  expect(session.opened()).toContain('push home 1');
});

test('a draining server takes no new push and answers those under way', () => {
  const session = liveSession();
  session.message(pushTo(1));
  session.message(pushTo(2));
  session.step({ kind: 'draining', inMs: 0 });
  expect(session.message(pushTo(3))).toEqual(['> refuse push DRAINING']);
  expect(session.pushed([1])).toContain('push home 2');
});

test('a push under way is answered also after its subscription was replaced', () => {
  const session = liveSession();
  session.message(pushTo(1));
  session.message(pushTo(2));
  const { ticket } = session.state.subscriptions.get(HOME)!;
  session.message(subscribeTo());
  const answer = { result: { kind: 'outcomes', outcomes: [outcome(1)] }, changesRemaining: 1_000 } as const;
  expect(session.step({ kind: 'pushed', space: HOME, ticket, answer })).toContain('> outcomes 1');
  expect(session.opened()).toContain('push home 2');
});

test('after a restore, what waits is refused: its numbers and bases mean something else now', () => {
  const session = liveSession();
  session.announced(announcement(1, 2, { epoch: 2 }));
  session.message(pushTo(7));
  expect(session.opened({ epoch: 2, reset: refusal('EPOCH_CHANGED') })).toEqual([
    '> subscribed',
    '> refuse push EPOCH_CHANGED',
    '> reset EPOCH_CHANGED',
    'save',
    'read home 0',
  ]);
  expect(session.message(pushTo(1))).toEqual(['push home 1']);
});

test('other resets leave waiting pushes alone', () => {
  const session = welcomedSession();
  session.message(subscribeTo());
  session.message(pushTo(7));
  expect(session.opened({ reset: refusal('CURSOR_TOO_OLD') })).toContain('push home 7');
});

test('outcomes with much to tell come in several messages, in order', () => {
  const session = liveSession({ messageBytesMax: 4_096 });
  session.message(pushTo(1, 5));
  const violations = [{ field: 'payload/x', description: 'x'.repeat(400) }];
  const rejected = { status: 'REJECTED', message: 'x'.repeat(500), violations } as const;
  expect(session.pushed([1, 2, 3, 4, 5], rejected)).toEqual([
    '> outcomes 1,2',
    '> outcomes 3,4',
    '> outcomes 5',
    '> pace',
  ]);
});

test('outcomes that bring large records come in several messages, in order', () => {
  const space = testSpace();
  space.push('x', create('a', 'x'.repeat(900)));
  const record = imageOf(space.record('a')!);
  const session = liveSession({ messageBytesMax: 4_096 });
  session.message(pushTo(1, 5));
  expect(session.pushed([1, 2, 3, 4, 5], { status: 'LOST', record })).toEqual([
    '> outcomes 1,2',
    '> outcomes 3,4',
    '> outcomes 5',
    '> pace',
  ]);
});

describe('the pace', () => {
  const after = (session: TestSession, answeredInMs: number): number => {
    session.message(pushTo(1));
    session.nowMs += answeredInMs;
    session.pushed([1]);
    return session.state.pace.pushChangesMax;
  };

  test('grows while answers are quick, halves when one is slow, and stays within its bounds', () => {
    const session = liveSession();
    expect([10, 10, 600, 600].map((ms) => after(session, ms))).toEqual([150, 225, 112, 56]);
    for (let round = 0; round < 20; round++) after(session, 600);
    expect(after(session, 600)).toBe(10);
    for (let round = 0; round < 20; round++) after(session, 10);
    expect(after(session, 10)).toBe(DEFAULT_LIMITS.pushChangesMax);
  });

  test('tells to wait when the rate limit leaves nothing', () => {
    const session = liveSession();
    session.message(pushTo(1));
    session.step({
      kind: 'pushed',
      space: HOME,
      ticket: session.ticket(),
      answer: { result: { kind: 'outcomes', outcomes: [outcome(1)] }, changesRemaining: -99 },
    });
    expect(session.effects.at(-1)).toMatchObject({
      message: { kind: 'pace', delayMs: 1_000, changesRemaining: -99 },
    });
  });
});
