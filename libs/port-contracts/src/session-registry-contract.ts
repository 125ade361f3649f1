import {
  deviceId,
  type SavedSession,
  sessionId,
  spaceId,
  type TenantId,
  userId,
  WHOLE_SPACE,
} from '@syncline/core';
import type { CountedSession, OpenSessionsMax, SessionRegistry } from '@syncline/ports';
import { NOTES } from './change-fixtures';
import { madeForSuite, namesFor, type UnderTest } from './store-under-test';

export interface SessionRegistryUnderTest extends UnderTest {
  readonly sessions: SessionRegistry;
  /** Lets time pass for the registry: a clock that the test holds, or a real wait. */
  readonly advance: (ms: number) => Promise<void>;
}

interface World {
  readonly made: () => SessionRegistryUnderTest;
  readonly tenant: () => TenantId;
  readonly saved: (given?: Partial<SavedSession>) => SavedSession;
}

const D1 = deviceId('d1');

export function describeSessionRegistryContract(
  name: string,
  make: () => Promise<SessionRegistryUnderTest>,
): void {
  describe(`${name} keeps the contract of a session registry`, () => {
    const made = madeForSuite(make);
    const { tenant, word } = namesFor(made);
    const saved = (given: Partial<SavedSession> = {}): SavedSession => ({
      id: sessionId(word()),
      tenant: tenant(),
      user: userId('u1'),
      device: D1,
      subscriptions: [],
      ...given,
    });
    describeSaved({ made, tenant, saved });
    describeOpen({ made, tenant, saved });
  });
}

function describeSaved({ made, saved }: World): void {
  test('a session comes back as it was saved', async () => {
    const session = saved({
      subscriptions: [
        { space: spaceId('spáce/one'), scope: WHOLE_SPACE, mode: 'download-only', cursor: null },
        {
          space: spaceId('two'),
          scope: {
            collections: [NOTES],
            idPrefix: 'é',
            changedFromMs: 1,
            changedToMs: 2 ** 40,
            includeDeleted: true,
            fields: [{ field: 'kind', json: '"a\\"b"' }],
          },
          mode: 'bidirectional',
          cursor: new Uint8Array([0, 127, 128, 255]),
        },
      ],
    });
    await made().sessions.save(session, 10_000);
    expect(await made().sessions.load(session.id)).toEqual(session);
  });

  test('saving replaces, forgetting removes, and no one else is touched', async () => {
    const { sessions } = made();
    const [session, other] = [saved(), saved()];
    await sessions.save(session, 10_000);
    await sessions.save(other, 10_000);
    const subscriptions = [
      { space: spaceId('s'), scope: WHOLE_SPACE, mode: 'check-only', cursor: null },
    ] as const;
    await sessions.save({ ...session, subscriptions }, 10_000);
    expect(await sessions.load(session.id)).toEqual({ ...session, subscriptions });
    await sessions.forget(session.id);
    await sessions.forget(session.id);
    expect(await sessions.load(session.id)).toBeNull();
    expect(await sessions.load(other.id)).toEqual(other);
  });

  test('a session lapses some time after its last save', async () => {
    const { sessions, advance } = made();
    const session = saved();
    await sessions.save(session, 200);
    await advance(20);
    await sessions.save(session, 60_000);
    await advance(250);
    expect(await sessions.load(session.id)).toEqual(session);
    await sessions.save(session, 50);
    await advance(100);
    expect(await sessions.load(session.id)).toBeNull();
  });
}

const LONG_MS = 60_000;
const ROOMY: OpenSessionsMax = { device: 100, user: 100, tenant: 100 };
const SINGLE: OpenSessionsMax = { device: 1, user: 1, tenant: 1 };

interface CountingWorld {
  readonly made: () => SessionRegistryUnderTest;
  readonly counted: (given?: Partial<CountedSession>) => CountedSession;
  /** True, or the room that was full. */
  readonly enter: (
    session: CountedSession,
    openMax: Partial<OpenSessionsMax>,
    forMs?: number,
  ) => Promise<true | string>;
}

function describeOpen({ made, tenant }: World): void {
  const used = { count: 0 };
  const world: CountingWorld = {
    made,
    counted: (given = {}) => ({
      tenant: tenant(),
      user: userId('u1'),
      device: D1,
      id: sessionId(`s${++used.count}`),
      ...given,
    }),
    async enter(session, openMax, forMs = LONG_MS) {
      const answer = await made().sessions.enter(session, { ...ROOMY, ...openMax }, forMs);
      return answer.entered || answer.full;
    },
  };
  describeRooms(world);
  describeGivingWay(world);
  describeLeases(world);
}

function describeRooms({ made, counted, enter }: CountingWorld): void {
  test('so have a user with several devices, and a tenant with several users', async () => {
    const first = counted();
    const { tenant } = first;
    const openMax = { device: 1, user: 2, tenant: 3 };
    const [d2, d3] = [deviceId('d2'), deviceId('d\u00e9{3}')];
    const [u2, u3] = [userId('u2'), userId('\u00fc/2')];
    expect(await enter(first, openMax)).toBe(true);
    expect(await enter(counted({ tenant, device: d2 }), openMax)).toBe(true);
    expect(await enter(counted({ tenant, device: d3 }), openMax)).toBe('user');
    expect(await enter(counted({ tenant, device: d3, user: u2 }), openMax)).toBe(true);
    expect(await enter(counted({ tenant, device: deviceId('d4'), user: u3 }), openMax)).toBe('tenant');
    expect(await enter(counted({ tenant }), openMax)).toBe(true);
  });

  test('whoever is turned away in one room takes none in another', async () => {
    const first = counted();
    const { tenant } = first;
    const other = counted({ tenant, device: deviceId('d2') });
    await enter(first, {});
    expect(await enter(other, { user: 1 })).toBe('user');
    expect(await enter({ ...other, user: userId('u2') }, { user: 1, tenant: 2 })).toBe(true);
    expect(await enter(counted({ tenant, device: deviceId('d3') }), { user: 2, tenant: 2 })).toBe('tenant');
  });

  test('a session that enters again is counted once, and never turned away', async () => {
    const first = counted();
    const other = counted({ tenant: first.tenant, device: deviceId('d2') });
    expect(await enter(first, SINGLE)).toBe(true);
    expect(await enter(first, SINGLE)).toBe(true);
    expect(await enter(other, { user: 2 })).toBe(true);
    expect(await enter(first, SINGLE)).toBe(true);
    expect(await enter(counted({ tenant: first.tenant, device: deviceId('d3') }), { user: 3 })).toBe(true);
  });

  test('a session that leaves makes room everywhere', async () => {
    const first = counted();
    const next = counted({ tenant: first.tenant, device: deviceId('d2') });
    await enter(first, SINGLE);
    await made().sessions.leave(next);
    expect(await enter(next, SINGLE)).toBe('user');
    await made().sessions.leave(first);
    await made().sessions.leave(first);
    expect(await enter(next, SINGLE)).toBe(true);
  });

  test('other devices and other tenants have room of their own', async () => {
    const first = counted();
    await enter(first, { device: 1 });
    expect(await enter({ ...first, device: deviceId('d2') }, { device: 1 })).toBe(true);
    expect(await enter({ ...first, tenant: counted().tenant }, SINGLE)).toBe(true);
    expect(await made().sessions.renew([first], LONG_MS)).toEqual([]);
  });

  test('of many who enter at the same moment only as many get in as allowed', async () => {
    const { tenant } = counted();
    const entered = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        enter(counted({ tenant, device: deviceId(`d${index}`) }), { user: 4 }),
      ),
    );
    expect(entered.filter((answer) => answer === true)).toHaveLength(4);
  });
}

function describeGivingWay({ made, counted, enter }: CountingWorld): void {
  test('of a device that has as many as it may, the one not renewed for the longest gives way', async () => {
    const a = counted();
    const [b, c] = [counted({ tenant: a.tenant }), counted({ tenant: a.tenant })];
    await enter(a, { device: 2 });
    await made().advance(5);
    await enter(b, { device: 2 });
    await made().advance(5);
    expect(await made().sessions.renew([a], LONG_MS)).toEqual([]);
    expect(await enter(c, { device: 2 })).toBe(true);
    expect(await made().sessions.renew([a, b, c], LONG_MS)).toEqual([b]);
    expect(await made().sessions.renew([b], LONG_MS)).toEqual([b]);
  });

  test('where its user or tenant is full, a device may still change one session for another', async () => {
    const first = counted();
    const next = counted({ tenant: first.tenant });
    const ofOther = counted({ tenant: first.tenant, device: deviceId('d2') });
    await enter(first, {});
    expect(await enter(ofOther, { user: 1 })).toBe('user');
    expect(await enter(next, SINGLE)).toBe(true);
    expect(await made().sessions.renew([first, next], LONG_MS)).toEqual([first]);
    await made().sessions.leave(next);
    expect(await enter(ofOther, SINGLE)).toBe(true);
  });

  test('what gave way counts no longer, and counts again when it enters again', async () => {
    const first = counted();
    const next = counted({ tenant: first.tenant });
    const other = counted({ tenant: first.tenant, device: deviceId('d2') });
    await enter(first, SINGLE);
    await enter(next, SINGLE);
    await made().sessions.renew([first], LONG_MS);
    expect(await enter(other, { user: 2 })).toBe(true);
    expect(await enter(first, SINGLE)).toBe(true);
    expect(await made().sessions.renew([first, next], LONG_MS)).toEqual([next]);
  });

  test('what gave way may be taken up again once it has left, or after its time', async () => {
    const [leaving, lapsing] = [counted(), counted()];
    for (const session of [leaving, lapsing]) {
      await enter(session, SINGLE);
      await enter(counted({ tenant: session.tenant }), SINGLE, 50);
    }
    await made().sessions.leave(leaving);
    await made().advance(100);
    expect(await made().sessions.renew([leaving, lapsing], LONG_MS)).toEqual([]);
    for (const { tenant } of [leaving, lapsing])
      expect(await enter(counted({ tenant, device: deviceId('d2') }), SINGLE)).toBe('user');
  });
}

function describeLeases({ made, counted, enter }: CountingWorld): void {
  test('a session that does not enter again in time counts no longer', async () => {
    const lapsing = counted();
    const devices = { count: 1 };
    const next = () => counted({ tenant: lapsing.tenant, device: deviceId(`d${++devices.count}`) });
    await enter(next(), {}, LONG_MS);
    await enter(lapsing, {}, 50);
    await made().advance(100);
    expect(await enter(next(), { user: 2 })).toBe(true);
    expect(await enter(next(), { user: 2 })).toBe('user');
  });

  test('a session that is renewed counts on', async () => {
    const [renewed, lapsing] = [counted(), counted()];
    const device = deviceId('d2');
    await enter(renewed, SINGLE, 50);
    await enter(lapsing, SINGLE, 50);
    expect(await made().sessions.renew([renewed], LONG_MS)).toEqual([]);
    await made().advance(100);
    expect(await enter(counted({ tenant: renewed.tenant, device }), SINGLE)).toBe('user');
    expect(await enter(counted({ tenant: lapsing.tenant, device }), SINGLE)).toBe(true);
  });

  test('renewing brings back what was lost, and asks for no room', async () => {
    const { tenant } = counted();
    const lost = [counted({ tenant }), counted({ tenant }), counted({ tenant })];
    expect(await made().sessions.renew(lost, LONG_MS)).toEqual([]);
    expect(await made().sessions.renew([], LONG_MS)).toEqual([]);
    const device = deviceId('d2');
    expect(await enter(counted({ tenant, device }), { user: 3 })).toBe('user');
    expect(await enter(counted({ tenant, device }), { user: 4 })).toBe(true);
  });
}
