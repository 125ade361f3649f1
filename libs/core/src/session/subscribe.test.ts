import type { Access } from '../access';
import { collectionName, type SpaceId } from '../ids';
import { refusal } from '../refusals';
import { EMPTY_DIGEST } from '../digest';
import { OWNER } from '../space.test-fixtures';
import {
  announcement,
  atCheckpoint,
  deltaTo,
  HOME,
  liveSession,
  opening,
  pushTo,
  signedCursor,
  subscribeTo,
  welcomedSession,
} from './session.test-fixtures';

const WORK = 'work' as SpaceId;
const presence = (space = HOME) =>
  ({ kind: 'presence', space, status: 'online', text: '', batteryPercent: null, link: 'wifi' }) as const;
const othersPresence = {
  kind: 'presence',
  space: HOME,
  message: { kind: 'presence', space: HOME, device: 'x', user: 'bob', status: 'away', text: '' },
} as never;

describe('opening', () => {
  test('from nothing reads to the head, page by page', () => {
    const session = welcomedSession();
    expect(session.message(subscribeTo())).toEqual(['watch home', 'open home']);
    expect(session.opened()).toEqual(['> subscribed', 'save', 'read home 0']);
    expect(session.read(deltaTo(5, { more: true }))).toEqual(['> page r5', 'read home 5']);
    expect(session.read(deltaTo(10))).toEqual(['> page r10', '> checkpoint 10']);
  });

  test('at the head needs no read', () => {
    const session = welcomedSession();
    session.message(subscribeTo());
    const notes = collectionName('notes');
    const digests = new Map([[notes, EMPTY_DIGEST]]);
    expect(session.opened({ cursor: atCheckpoint(10), digests })).toEqual([
      '> subscribed',
      'save',
      '> checkpoint 10',
    ]);
    expect(session.effects.at(-1)).toMatchObject({ message: { digests } });
  });

  test('at the head tells a device that told its own digests only of what differs', () => {
    const notes = collectionName('notes');
    const digests = new Map([[notes, EMPTY_DIGEST]]);
    for (const mismatched of [[], [notes]]) {
      const session = welcomedSession();
      session.message({ ...subscribeTo(), digests });
      session.opened({ cursor: atCheckpoint(10), digests, mismatched });
      const told = mismatched.length === 0 ? new Map() : digests;
      expect(session.effects.at(-1)).toMatchObject({ message: { kind: 'checkpoint', digests: told } });
    }
  });

  test('an empty space from nothing reaches its checkpoint', () => {
    const session = welcomedSession();
    session.message(subscribeTo());
    const { cursor } = opening({ head: 0 });
    expect(session.opened({ head: 0, cursor: { ...cursor, asOf: 0 } })).toContain('read home 0');
  });

  test('misses nothing that is announced meanwhile', () => {
    const session = welcomedSession();
    session.message(subscribeTo());
    expect(session.announced(announcement(10, 11))).toEqual([]);
    expect(session.opened({ cursor: atCheckpoint(10) })).toEqual(['> subscribed', 'save', 'read home 10']);
  });

  test('that has to start over says why', () => {
    const session = welcomedSession();
    session.message(subscribeTo());
    expect(session.opened({ reset: refusal('CURSOR_TOO_OLD') })).toEqual([
      '> subscribed',
      '> reset CURSOR_TOO_OLD',
      'save',
      'read home 0',
    ]);
  });

  test('that is refused leaves nothing behind', () => {
    const session = welcomedSession();
    session.message(subscribeTo());
    expect(session.notOpened('SPACE_NOT_FOUND')).toEqual([
      'unwatch home',
      '> refuse subscribe SPACE_NOT_FOUND',
    ]);
    expect(session.message(pushTo(1))).toEqual(['> refuse push NOT_SUBSCRIBED']);
  });

  test('a second time takes the place of the first, whose answers are stale', () => {
    const session = welcomedSession();
    session.message(subscribeTo());
    const first = session.ticket();
    expect(session.message(subscribeTo())).toEqual(['open home']);
    expect(session.step({ kind: 'opened', space: HOME, ticket: first, opening: opening() })).toEqual([]);
    expect(
      session.step({ kind: 'not-opened', space: HOME, ticket: first, refusal: refusal('INTERNAL') }),
    ).toEqual([]);
    session.opened();
    const second = session.ticket();
    session.message(subscribeTo());
    expect(session.step({ kind: 'read', space: HOME, ticket: second, delta: deltaTo(10) })).toEqual([]);
    expect(session.opened()).toContain('read home 0');
  });

  test('of two spaces is independent', () => {
    const session = welcomedSession();
    session.message(subscribeTo());
    session.message(subscribeTo(WORK));
    expect(session.opened()).toContain('read home 0');
    expect(session.opened({ cursor: atCheckpoint(10) }, WORK)).toContain('> checkpoint 10');
    expect(session.announced(announcement(10, 11), WORK)).toEqual(['> page r11', '> checkpoint 11']);
    expect(session.message({ kind: 'unsubscribe', space: HOME })).toEqual(['unwatch home', 'save']);
    expect(session.announced(announcement(10, 11))).toEqual([]);
    expect(session.announced(announcement(11, 12), WORK)).toContain('> checkpoint 12');
  });

  test('of too many spaces is refused', () => {
    const session = welcomedSession({ spacesPerSessionMax: 1 });
    session.message(subscribeTo());
    expect(session.message(subscribeTo(WORK))).toEqual(['> refuse subscribe TOO_MANY_SUBSCRIPTIONS']);
    expect(session.message(subscribeTo())).toEqual(['open home']);
  });

  test('of a space without a proper name is refused', () => {
    expect(welcomedSession().message(subscribeTo('' as SpaceId))).toEqual(['> refuse subscribe INVALID_ID']);
  });
});

describe('modes', () => {
  test('upload-only gets no pages', () => {
    const session = welcomedSession();
    session.message(subscribeTo(HOME, 'upload-only'));
    expect(session.opened()).toEqual(['> subscribed', 'save']);
    expect(session.announced(announcement(10, 11))).toEqual([]);
    expect(session.step({ kind: 'tick' })).toEqual([]);
    expect(session.message(pushTo(1))).toEqual(['push home 1']);
    expect(session.pushed([1])).toContain('> outcomes 1');
  });

  test('upload-only learns that the space was restored', () => {
    const session = welcomedSession();
    session.message(subscribeTo(HOME, 'upload-only'));
    session.opened();
    expect(session.announced(announcement(3, 4, { epoch: 2 }))).toEqual(['open home EPOCH_CHANGED']);
  });

  test('download-only takes no pushes', () => {
    const session = welcomedSession();
    session.message(subscribeTo(HOME, 'download-only'));
    session.opened();
    expect(session.message(pushTo(1))).toEqual(['> refuse push WRONG_MODE']);
  });

  describe('check-only', () => {
    const plan = {} as never;
    const asked = () => {
      const session = welcomedSession();
      expect(session.message(subscribeTo(HOME, 'check-only'))).toEqual(['plan home']);
      return { session, ticket: session.state.lastTicket };
    };

    test('is answered once and leaves no subscription', () => {
      const { session, ticket } = asked();
      const planned = { kind: 'planned', space: HOME, ticket, plan } as const;
      expect(session.step(planned)).toEqual(['> plan']);
      expect(session.step(planned)).toEqual([]);
      expect(session.state.subscriptions.size).toBe(0);
    });

    test('that fails is told, also beside a subscription', () => {
      const { session, ticket } = asked();
      session.message(subscribeTo());
      session.opened();
      expect(
        session.step({ kind: 'not-opened', space: HOME, ticket, refusal: refusal('UNAVAILABLE') }),
      ).toEqual(['> refuse subscribe UNAVAILABLE']);
      expect(session.message(pushTo(1))).toEqual(['push home 1']);
    });

    test('cannot be asked for without end', () => {
      const session = welcomedSession({ spacesPerSessionMax: 2 });
      for (const _ of [1, 2]) expect(session.message(subscribeTo(HOME, 'check-only'))).toEqual(['plan home']);
      expect(session.message(subscribeTo(HOME, 'check-only'))).toEqual([
        '> refuse subscribe TOO_MANY_SUBSCRIPTIONS',
      ]);
    });
  });
});

describe('access', () => {
  const hidden: Access = { role: 'owner', collections: new Map([[collectionName('notes'), 'none']]) };
  const readOnly: Access = { role: 'reader', collections: new Map() };

  test('that shows less starts the space over', () => {
    const session = liveSession();
    expect(session.step({ kind: 'access', space: HOME, access: hidden })).toEqual([
      'open home ACCESS_CHANGED',
    ]);
    expect(session.opened({ access: hidden, reset: refusal('ACCESS_CHANGED') })).toEqual([
      '> subscribed',
      '> reset ACCESS_CHANGED',
      'save',
      'read home 0',
    ]);
  });

  test('that shows the same holds from the next push on, and downloads nothing again', () => {
    const session = liveSession();
    expect(session.step({ kind: 'access', space: HOME, access: readOnly })).toEqual([]);
    session.message(pushTo(1));
    expect(session.effects).toMatchObject([{ do: 'push', access: readOnly }]);
    expect(session.announced(announcement(10, 11))).toContain('> checkpoint 11');
  });

  test('that changes while the space is being opened is asked for once more', () => {
    const session = welcomedSession();
    session.message(subscribeTo());
    const first = session.ticket();
    expect(session.step({ kind: 'access', space: HOME, access: hidden })).toEqual(['open home']);
    expect(session.step({ kind: 'opened', space: HOME, ticket: first, opening: opening() })).toEqual([]);
    expect(session.opened({ access: hidden })).toContain('> subscribed');
  });

  test.each(['opening', 'open'])('that is withdrawn ends the subscription, also while %s', (when) => {
    const session = welcomedSession();
    session.message(subscribeTo());
    if (when === 'open') session.opened({ access: OWNER });
    const { ticket } = session.state.subscriptions.get(HOME)!;
    expect(session.step({ kind: 'access', space: HOME, access: null })).toEqual([
      '> refuse  PERMISSION_DENIED',
      'unwatch home',
      'save',
    ]);
    expect(session.step({ kind: 'opened', space: HOME, ticket, opening: opening() })).toEqual([]);
    expect(session.step({ kind: 'read', space: HOME, ticket, delta: deltaTo(10) })).toEqual([]);
    expect(session.announced(announcement(10, 11))).toEqual([]);
  });
});

describe('presence', () => {
  test('is neither shown nor seen before the space is open', () => {
    const session = welcomedSession();
    session.message(subscribeTo());
    expect(session.message(presence())).toEqual([]);
    expect(session.step(othersPresence)).toEqual([]);
    expect(session.opened({ cursor: atCheckpoint(10) })).toEqual([
      '> subscribed',
      'show-presence home',
      'save',
      '> checkpoint 10',
    ]);
    expect(session.message(presence())).toEqual(['show-presence home']);
    expect(session.step(othersPresence)).toEqual(['> presence']);
  });

  test('is never shown in a space that the user may not enter', () => {
    const session = welcomedSession();
    session.message(subscribeTo());
    session.message(presence());
    session.notOpened('SPACE_NOT_FOUND');
    expect(session.message(presence())).toEqual(['> refuse presence NOT_SUBSCRIBED']);
  });
});

describe('acknowledging', () => {
  const ack = { kind: 'ack', space: HOME, cursor: signedCursor(HOME) } as const;

  test('is passed on and remembered for another gateway', () => {
    const session = liveSession();
    expect(session.message(ack)).toEqual(['acknowledge home', 'save']);
    expect(session.effects).toMatchObject([{ do: 'acknowledge', version: 10 }, {}]);
    expect(session.effects.at(-1)).toMatchObject({
      session: { subscriptions: [{ space: HOME, cursor: ack.cursor }] },
    });
  });

  test('is repeated now and then, so that a device that stays and hears nothing new counts as seen', () => {
    const session = liveSession({ offlineHorizonMs: 1_000_000 });
    session.message(ack);
    session.nowMs += 9_999;
    expect(session.step({ kind: 'tick' })).toEqual([]);
    session.nowMs += 1;
    expect(session.step({ kind: 'tick' })).toEqual(['acknowledge home']);
    expect(session.effects).toMatchObject([{ cursor: ack.cursor, version: null }]);
    expect(session.step({ kind: 'tick' })).toEqual([]);
  });

  test('is remembered of a device that opens at its checkpoint, though it says nothing more', () => {
    const session = welcomedSession({ offlineHorizonMs: 1_000_000 });
    const { cursor } = ack;
    session.message({ ...subscribeTo(), cursor });
    session.opened({ cursor: atCheckpoint(10) });
    expect(session.effects).toContainEqual(
      expect.objectContaining({
        session: expect.objectContaining({
          subscriptions: [expect.objectContaining({ cursor })],
        }) as unknown,
      }),
    );
    expect(session.step({ kind: 'tick' })).toEqual(['acknowledge home']);
    expect(session.effects).toMatchObject([{ cursor, version: null }]);
  });

  test('says nothing about a subscription that has been started over since', () => {
    const session = liveSession();
    session.announced(announcement(1, 2, { epoch: 2 }));
    expect(session.message(ack)).toEqual([]);
    session.opened({ epoch: 2, reset: refusal('EPOCH_CHANGED') });
    expect(session.effects).toContainEqual(
      expect.objectContaining({
        do: 'save',
        session: expect.objectContaining({
          subscriptions: [expect.objectContaining({ cursor: null })],
        }) as unknown,
      }),
    );
  });

  test('needs a subscription', () => {
    expect(welcomedSession().message(ack)).toEqual(['> refuse ack NOT_SUBSCRIBED']);
  });

  test.each([
    ['nobody issued', new Uint8Array([9])],
    ['was issued for another space', signedCursor(WORK)],
  ])('is refused with a cursor that %s, and nothing of it is remembered', (_, cursor) => {
    const session = liveSession();
    expect(session.message({ ...ack, cursor })).toEqual(['> refuse ack INVALID_CURSOR']);
    session.message(ack);
    expect(session.effects.at(-1)).toMatchObject({
      session: { subscriptions: [{ space: HOME, cursor: ack.cursor }] },
    });
  });
});

test('unsubscribing twice is told', () => {
  const session = liveSession();
  session.message({ kind: 'unsubscribe', space: HOME });
  expect(session.message({ kind: 'unsubscribe', space: HOME })).toEqual([
    '> refuse unsubscribe NOT_SUBSCRIBED',
  ]);
});
