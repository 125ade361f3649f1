import { decodeCursor } from '../cursor';
import { collectionName, type SpaceId, spaceKey } from '../ids';
import { refusal } from '../refusals';
import { WHOLE_SPACE } from '../scope';
import { NOTES } from '../space.test-fixtures';
import {
  announcement,
  atCheckpoint,
  deltaTo,
  hello,
  HOME,
  liveSession,
  signedCursor,
  subscribeTo,
  TENANT,
  testSession,
  type TestSession,
  welcomedSession,
} from './session.test-fixtures';

const WORK = 'work' as SpaceId;
const KIB = 1024;

describe('an announcement', () => {
  test('that begins where the session stands goes out as it came', () => {
    const session = liveSession();
    const announced = announcement(10, 12);
    expect(session.announced(announced)).toEqual(['> page r12', '> checkpoint 12']);
    expect(session.effects[0]).toMatchObject({ message: { entries: announced.entries }, priority: 'live' });
  });

  test('reaches its checkpoint with the checkpoint alone: whoever got no further than the page has no clock of it', () => {
    const session = liveSession();
    session.announced(announcement(10, 12));
    const cursors = session.effects.map((effect) => {
      const cursor = effect.do === 'send' && 'cursor' in effect.message ? effect.message.cursor : null;
      return decodeCursor(cursor!, spaceKey(TENANT, HOME), session.state.setup.keys);
    });
    expect(cursors).toMatchObject([
      { position: 12, checkpoint: 10 },
      { position: 12, checkpoint: 12 },
    ]);
  });

  test.each([
    ['after a gap', announcement(11, 12)],
    ['from before', announcement(9, 12)],
    ['without entries', announcement(10, 12, { entries: null })],
  ])('%s makes the session read', (_what, announced) => {
    expect(liveSession().announced(announced)).toEqual(['read home 10']);
  });

  test('in a newer schema version than the device reads makes its session read, and no other', () => {
    const announced = announcement(10, 12);
    const entries = announced.entries!.map((entry) =>
      entry.kind === 'put' ? { ...entry, record: { ...entry.record, schemaVersion: 2 } } : entry,
    );
    const said = (version: number): string[] => {
      const session = testSession();
      session.message(hello({ schemaVersions: new Map([[NOTES, version]]) }));
      session.authenticated();
      session.message(subscribeTo());
      session.opened({ head: 10, cursor: atCheckpoint(10) });
      const words = session.announced({ ...announced, entries });
      const [effect] = session.effects;
      if (effect?.do === 'read') expect(effect.reader.schemaVersions?.get(NOTES)).toBe(version);
      return words;
    };
    expect([said(1), said(2)]).toEqual([['read home 10'], ['> page r12', '> checkpoint 12']]);
  });

  test.each([
    ['a repeat', announcement(8, 10)],
    ['an older one', announcement(3, 4)],
    ['one from before a restore', announcement(10, 12, { epoch: 0 })],
  ])('%s does nothing', (_what, announced) => {
    expect(liveSession().announced(announced)).toEqual([]);
  });

  test('reordered ones end at the same head', () => {
    const session = liveSession();
    expect(session.announced(announcement(11, 12))).toEqual(['read home 10']);
    expect(session.announced(announcement(10, 11))).toEqual([]);
    expect(session.read(deltaTo(12))).toEqual(['> page r12', '> checkpoint 12']);
    expect(session.announced(announcement(12, 13))).toContain('> checkpoint 13');
  });

  test('of a new epoch starts the space over', () => {
    const session = liveSession();
    expect(session.announced(announcement(3, 4, { epoch: 2 }))).toEqual(['open home EPOCH_CHANGED']);
    expect(session.announced(announcement(10, 12))).toEqual([]);
    session.opened({ epoch: 2, head: 4, reset: refusal('EPOCH_CHANGED') });
    expect(session.read(deltaTo(4, { epoch: 2 }))).toEqual(['> page r4', '> checkpoint 4']);
    // The announcement from before named a version that this epoch has not reached.
    session.nowMs += 5_000;
    expect(session.step({ kind: 'tick' })).toEqual([]);
    expect(session.announced(announcement(4, 5, { epoch: 2 }))).toContain('> checkpoint 5');
  });

  test('during a read leads to another one, at once', () => {
    const session = liveSession();
    session.announced(announcement(10, 12, { entries: null }));
    expect(session.announced(announcement(12, 13))).toEqual([]);
    expect(session.read(deltaTo(12))).toEqual(['> page r12', '> checkpoint 12', 'read home 12']);
  });

  test('that the reader does not know yet is not asked for without end', () => {
    const session = liveSession();
    session.announced(announcement(10, 12, { entries: null }));
    expect(session.read(deltaTo(10))).toEqual(['> page r10', '> checkpoint 10']);
    expect(session.step({ kind: 'tick' })).toEqual([]);
    session.nowMs += 1_000;
    expect(session.step({ kind: 'tick' })).toEqual(['read home 10']);
    expect(session.read(deltaTo(12))).toContain('> checkpoint 12');
  });

  test('is left to a read where records move in and out of the scope', () => {
    const session = welcomedSession();
    session.message({ ...subscribeTo(), scope: { ...WHOLE_SPACE, changedFromMs: 1 } });
    session.opened({ cursor: atCheckpoint(10) });
    expect(session.announced(announcement(10, 11))).toEqual(['read home 10']);
  });

  test('shows only what the scope and the user may have', () => {
    const session = welcomedSession();
    session.message({ ...subscribeTo(), scope: { ...WHOLE_SPACE, collections: [collectionName('tasks')] } });
    session.opened({ cursor: atCheckpoint(10) });
    expect(session.announced(announcement(10, 11))).toEqual(['> checkpoint 11']);
  });
});

describe('the trail of a device', () => {
  const trailOf = (session: TestSession) => session.state.subscriptions.get(HOME)!.trail;

  test('has what it was sent and acknowledged, and when', () => {
    const session = liveSession();
    const startMs = session.nowMs;
    session.nowMs += 1_000;
    session.announced(announcement(10, 12));
    session.nowMs += 1_000;
    session.announced(announcement(13, 14));
    session.read(deltaTo(13, { more: true }));
    session.read(deltaTo(14));
    session.nowMs += 1_000;
    session.message({ kind: 'ack', space: HOME, cursor: signedCursor(HOME, 14) });
    expect(trailOf(session)).toEqual({
      sent: { since: 10, marks: [12, startMs + 1_000, 13, startMs + 2_000, 14, startMs + 2_000] },
      stored: { since: 10, marks: [14, startMs + 3_000] },
    });
  });

  test('outlasts the opening of the space, and is handed over with its end', () => {
    const session = liveSession();
    session.announced(announcement(10, 12));
    const sentAtMs = session.nowMs;
    session.message(subscribeTo());
    session.opened({ cursor: atCheckpoint(12), head: 12 });
    expect(trailOf(session)).toMatchObject({ sent: { since: 10, marks: [12, sentAtMs] } });
    session.step({ kind: 'disconnected' });
    expect(session.effects[0]).toMatchObject({
      do: 'unwatch',
      trail: { sent: { since: 10, marks: [12, sentAtMs] }, stored: { since: 12, marks: null } },
    });
  });

  test('of a device that is only there is nothing but where it began', () => {
    const none = { since: 10, marks: null };
    expect(trailOf(liveSession())).toEqual({ sent: none, stored: none });
  });
});

describe('a page that was encoded where it was read', () => {
  const entries = { count: 2, roughBytes: 300, bytes: new Uint8Array([1, 2, 3]) };

  test('is sent as it came, and counts with what it would take', () => {
    const session = liveSession();
    session.announced(announcement(11, 12));
    const { page, checkpoint } = deltaTo(12);
    const unsent = session.state.unsentBytes;
    expect(session.read({ page: { ...page, entries }, checkpoint })).toEqual([
      '> encoded page of 2',
      '> checkpoint 12',
    ]);
    expect(session.effects[0]).toMatchObject({ message: { entries }, bytes: 364 });
    expect(session.state.unsentBytes - unsent).toBe(364 + 64);
  });

  test('without entries is left out', () => {
    const session = liveSession();
    session.announced(announcement(11, 12));
    const { page, checkpoint } = deltaTo(12);
    const none = { ...entries, count: 0 };
    expect(session.read({ page: { ...page, entries: none }, checkpoint })).toEqual(['> checkpoint 12']);
  });
});

describe('a read that fails', () => {
  test.each(['CURSOR_TOO_OLD', 'EPOCH_CHANGED', 'INVALID_SYNC_STATE'] as const)(
    'for %s starts over',
    (reason) => {
      const session = liveSession();
      session.announced(announcement(11, 12));
      expect(session.notRead(reason)).toEqual([`open home ${reason}`]);
    },
  );

  test('for another reason is tried again later', () => {
    const session = liveSession();
    session.announced(announcement(11, 12));
    expect(session.notRead('UNAVAILABLE')).toEqual([]);
    session.nowMs += 999;
    expect(session.step({ kind: 'tick' })).toEqual([]);
    session.nowMs += 1;
    expect(session.step({ kind: 'tick' })).toEqual(['read home 10']);
  });
});

describe('a slow reader', () => {
  const WINDOW = { sendWindowBytesMax: 40 * KIB, pageBytesMax: 10 * KIB };

  test('gets no bulk beyond its share of the window', () => {
    const session = welcomedSession(WINDOW);
    session.message(subscribeTo());
    session.opened();
    expect(session.read(deltaTo(5, { more: true, bytes: 20 * KIB }))).toEqual(['> page r5']);
    expect(session.step({ kind: 'tick' })).toEqual([]);
    expect(session.step({ kind: 'flushed', bytes: 5 * KIB })).toEqual([]);
    expect(session.step({ kind: 'flushed', bytes: 20 * KIB })).toEqual(['read home 5']);
  });

  test('gets no live page beyond the window, and reads what it missed once there is room', () => {
    const session = liveSession(WINDOW);
    const { entries } = deltaTo(11, { bytes: 50 * KIB }).page;
    expect(session.announced(announcement(10, 11, { entries }))).toContain('> page r11');
    expect(session.announced(announcement(11, 12))).toEqual([]);
    expect(session.announced(announcement(12, 13))).toEqual([]);
    expect(session.step({ kind: 'flushed', bytes: 60 * KIB })).toEqual(['read home 11']);
    expect(session.read(deltaTo(13))).toEqual(['> page r13', '> checkpoint 13']);
  });

  test('still gets control', () => {
    const session = liveSession(WINDOW);
    const { entries } = deltaTo(11, { bytes: 90 * KIB }).page;
    session.announced(announcement(10, 11, { entries }));
    expect(session.step({ kind: 'draining', inMs: 2_000 })).toEqual(['> notice draining']);
  });

  test('of many spaces is not sent a page of each at once; they take turns', () => {
    const session = welcomedSession(WINDOW);
    for (const space of [HOME, WORK]) session.message(subscribeTo(space));
    expect(session.opened()).toContain('read home 0');
    expect(session.opened({}, WORK)).toEqual(['> subscribed', 'save']);
    expect(session.read(deltaTo(5, { more: true }))).toEqual(['> page r5', 'read work 0']);
    expect(session.read(deltaTo(5, { more: true }), WORK)).toEqual(['> page r5', 'read home 5']);
    expect(session.read(deltaTo(10))).toEqual(['> page r10', '> checkpoint 10', 'read work 5']);
  });
});
