import { hlcTime } from '../clock';
import { deviceId, type SessionId, type SpaceId, type TenantId, type UserId } from '../ids';
import { DEFAULT_LIMITS, SESSION_LIMITS, sessionLimits } from '../limits';
import type { Welcome } from '../messages';
import { SERVED_CAPABILITIES } from '../negotiate';
import { refusal } from '../refusals';
import { WHOLE_SPACE } from '../scope';
import { NOW_MS } from '../space.test-fixtures';
import type { SavedSession } from './saved';
import {
  announcement,
  deltaTo,
  hello,
  HOME,
  pushTo,
  subscribeTo,
  TENANT,
  type TestSession,
  testSession,
  USER,
  welcomedSession,
} from './session.test-fixtures';

const welcomeOf = ({ effects }: TestSession): Welcome => {
  for (const effect of effects)
    if (effect.do === 'send' && effect.message.kind === 'welcome') return effect.message;
  throw new TypeError('the last step sent no welcome');
};

test('hello comes first', () => {
  expect(testSession().message(subscribeTo())).toEqual(['> refuse subscribe WRONG_ORDER closing', 'close']);
});

test('hello comes once', () => {
  const session = testSession();
  expect(session.message(hello())).toEqual(['authenticate token']);
  expect(session.message(hello())).toEqual(['> refuse hello WRONG_ORDER']);
  expect(session.authenticated()).toEqual(['> welcome s1']);
  expect(session.message(hello())).toEqual(['> refuse hello WRONG_ORDER']);
});

test.each([
  ['no shared version', { protocol: { min: 2, max: 3 } }, 'VERSION_MISMATCH'],
  ['a device without a proper id', { device: '\u0000' as ReturnType<typeof deviceId> }, 'INVALID_ID'],
])('%s ends the session', (_what, given, reason) => {
  expect(testSession().message(hello(given))).toEqual([`> refuse hello ${reason} closing`, 'close']);
});

test('a token that is no good ends the session', () => {
  const session = testSession();
  session.message(hello());
  expect(session.step({ kind: 'not-authenticated', refusal: refusal('UNAUTHENTICATED') })).toEqual([
    '> refuse hello UNAUTHENTICATED closing',
    'close',
  ]);
});

test('a token of another tenant than the device means ends the session', () => {
  const session = testSession();
  session.message(hello({ tenant: 'other' as TenantId }));
  expect(session.authenticated()).toEqual(['> refuse hello UNAUTHENTICATED closing', 'close']);
});

test('what comes along with hello waits for welcome, in order', () => {
  const session = testSession();
  session.message(hello());
  expect(session.message(subscribeTo())).toEqual([]);
  expect(session.message(pushTo(1))).toEqual([]);
  expect(session.authenticated()).toEqual(['> welcome s1', 'watch home', 'open home']);
  expect(session.opened()).toEqual(['> subscribed', 'save', 'read home 0', 'push home 1']);
});

test('too much along with hello ends the session', () => {
  const session = testSession();
  session.message(hello());
  for (let count = 0; count < 128; count++) expect(session.message(subscribeTo())).toEqual([]);
  expect(session.message(pushTo(1))).toEqual(['> refuse push WRONG_ORDER closing', 'close']);
});

test.each([0, 1])('hello and its token must come in time (after %d messages)', (messages) => {
  const session = testSession();
  if (messages > 0) session.message(hello());
  session.nowMs += 9_999;
  expect(session.step({ kind: 'tick' })).toEqual([]);
  session.nowMs += 1;
  expect(session.step({ kind: 'tick' })).toEqual(['> refuse  DEADLINE_EXCEEDED closing', 'close']);
});

test('welcome tells how far the clock is off', () => {
  const session = testSession();
  session.message(hello({ clock: hlcTime(NOW_MS + 5_000) }));
  session.nowMs += 700;
  session.authenticated();
  expect(session.effects[0]).toMatchObject({
    message: {
      skewMs: 5_000,
      deviceTimeMs: NOW_MS + 5_000,
      receivedAtMs: NOW_MS,
      sentAtMs: NOW_MS + 700,
      clock: hlcTime(NOW_MS + 700),
    },
  });
});

test('welcome tells whose session it is, how long it holds, and every limit of it', () => {
  const session = testSession({ pushChangesMax: 7 });
  session.message(hello());
  session.authenticated();
  const { limits, ...rest } = welcomeOf(session);
  expect(rest).toMatchObject({
    agreed: { protocol: 1, capabilities: SERVED_CAPABILITIES },
    user: USER,
    tenant: TENANT,
    expiresInMs: 3_600_000,
    resumeWithinMs: DEFAULT_LIMITS.resumeWithinMs,
  });
  expect(Object.keys(limits).sort()).toEqual([...SESSION_LIMITS].sort());
  expect(limits).toEqual(sessionLimits({ ...DEFAULT_LIMITS, pushChangesMax: 7 }));
  expect(Object.values(limits).every((limit) => limit > 0)).toBe(true);
});

describe('resuming', () => {
  const saved: SavedSession = {
    id: 'old' as SessionId,
    tenant: TENANT,
    user: USER,
    device: deviceId('d'),
    subscriptions: ['home', 'work'].map((space) => ({
      space: space as SpaceId,
      scope: WHOLE_SPACE,
      mode: 'bidirectional',
      cursor: new Uint8Array([1]),
    })),
  };
  const resuming = (): TestSession => {
    const session = testSession();
    session.message(hello({ resume: saved.id }));
    return session;
  };

  test('takes up what was open, at the cursors that were acknowledged', () => {
    const session = resuming();
    expect(session.authenticated(saved)).toEqual([
      '> welcome old home work',
      'watch home',
      'open home',
      'watch work',
      'open work',
    ]);
    expect(session.effects[2]).toMatchObject({ request: { subscribe: { cursor: new Uint8Array([1]) } } });
  });

  test('assumes nothing of what the device read after that, until a checkpoint', () => {
    const session = resuming();
    session.authenticated(saved);
    session.opened({ head: 20 });
    expect(session.effects.at(-1)).toMatchObject({ do: 'read', reader: { mayHoldMore: true } });
    session.read(deltaTo(20));
    session.announced(announcement(25, 26));
    expect(session.effects.at(-1)).toMatchObject({ do: 'read', reader: { mayHoldMore: false } });
  });

  test('leaves to the device what it subscribes to itself', () => {
    const session = resuming();
    session.message(subscribeTo());
    expect(session.authenticated(saved)).toEqual([
      '> welcome old work',
      'watch work',
      'open work',
      'watch home',
      'open home',
    ]);
  });

  test('lets the device push at once into a space that is taken up', () => {
    const session = resuming();
    session.message(pushTo(1));
    session.message(subscribeTo(HOME, 'check-only'));
    expect(session.authenticated(saved)).toContain('open home');
    expect(session.opened()).toContain('push home 1');
  });

  test.each([
    ['user', { user: 'bob' as UserId }],
    ['tenant', { tenant: 'other' as TenantId }],
    ['device', { device: deviceId('e') }],
    ['session', { id: 'else' as SessionId }],
  ])('begins anew when the %s is another', (_what, foreign) => {
    expect(resuming().authenticated({ ...saved, ...foreign })).toEqual(['> welcome s1']);
  });

  test('begins anew when nothing is remembered', () => {
    expect(resuming().authenticated(null)).toEqual(['> welcome s1']);
  });
});

describe('a token', () => {
  const again = { kind: 'authenticate', token: 'fresh' } as const;
  const verified = { tenant: TENANT, user: USER, expiresAtMs: NOW_MS + 9_000_000 };

  test('that ends soon is noticed once, and ends the session', () => {
    const session = welcomedSession();
    session.nowMs += 3_540_000;
    expect(session.step({ kind: 'tick' })).toEqual(['> notice token-ends-soon']);
    expect(session.step({ kind: 'tick' })).toEqual([]);
    session.nowMs += 60_000;
    expect(session.step({ kind: 'tick' })).toEqual(['> refuse  AUTH_EXPIRED closing', 'close']);
  });

  test('can be refreshed in band', () => {
    const session = welcomedSession();
    session.nowMs += 3_599_000;
    session.step({ kind: 'tick' });
    expect(session.message(again)).toEqual(['authenticate fresh']);
    expect(session.message(again)).toEqual(['> refuse authenticate WRONG_ORDER']);
    expect(session.step({ kind: 'authenticated', identity: verified, saved: null })).toEqual([
      '> authenticated',
    ]);
    session.nowMs += 60_000;
    expect(session.step({ kind: 'tick' })).toEqual([]);
  });

  test('that is no good leaves the old one in force', () => {
    const session = welcomedSession();
    session.message(again);
    const refused = { kind: 'not-authenticated', refusal: refusal('UNAUTHENTICATED') } as const;
    expect(session.step(refused)).toEqual(['> refuse authenticate UNAUTHENTICATED']);
    expect(session.message(again)).toEqual(['authenticate fresh']);
  });

  test.each([{ user: 'bob' as UserId }, { tenant: 'other' as TenantId }])(
    'of another %o ends the session',
    (other) => {
      const session = welcomedSession();
      session.message(again);
      expect(
        session.step({ kind: 'authenticated', identity: { ...verified, ...other }, saved: null }),
      ).toEqual(['> refuse authenticate UNAUTHENTICATED closing', 'close']);
    },
  );
});

test('goodbye forgets the session, a lost connection does not', () => {
  const [left, lost] = [welcomedSession(), welcomedSession()];
  for (const session of [left, lost]) session.message(subscribeTo());
  expect(left.message({ kind: 'goodbye' })).toEqual(['forget', 'unwatch home', 'close']);
  expect(lost.step({ kind: 'disconnected' })).toEqual(['unwatch home', 'close']);
});

describe('what cannot be read', () => {
  const input = {
    kind: 'unreadable',
    about: 'push',
    space: HOME,
    refusal: refusal('INVALID_ARGUMENT'),
    ends: false,
  } as const;

  test('is told to a device that is known, and ends the session where nothing could follow', () => {
    expect(welcomedSession().step(input)).toEqual(['> refuse push INVALID_ARGUMENT']);
    expect(welcomedSession().step({ ...input, about: null, ends: true })).toEqual([
      '> refuse  INVALID_ARGUMENT closing',
      'close',
    ]);
  });

  test('ends a session that has not begun', () => {
    expect(testSession().step(input)).toEqual(['> refuse push INVALID_ARGUMENT closing', 'close']);
  });
});

test('a device that is shut out is sent away', () => {
  expect(welcomedSession().step({ kind: 'revoked' })).toEqual(['> refuse  DEVICE_REVOKED closing', 'close']);
  const suspended = { kind: 'shut-out', refusal: refusal('TENANT_SUSPENDED') } as const;
  expect(welcomedSession().step(suspended)).toEqual(['> refuse  TENANT_SUSPENDED closing', 'close']);
});
