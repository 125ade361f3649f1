import {
  deviceId,
  type SavedSession,
  sessionId,
  spaceId,
  type TenantId,
  userId,
  WHOLE_SPACE,
} from '@syncline/core';
import type { SessionRegistry } from '@syncline/ports';
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

function describeOpen({ made, tenant }: World): void {
  const enter = (of: TenantId, id: string, openMax: number, device = D1, forMs = 60_000) =>
    made().sessions.enter(of, device, sessionId(id), openMax, forMs);

  test('a device has so many open sessions and no more', async () => {
    const own = tenant();
    expect(await enter(own, 's1', 2)).toBe(true);
    expect(await enter(own, 's2', 2)).toBe(true);
    expect(await enter(own, 's3', 2)).toBe(false);
    expect(await enter(own, 's3', 3)).toBe(true);
  });

  test('a session that enters again is counted once', async () => {
    const own = tenant();
    expect(await enter(own, 's1', 1)).toBe(true);
    expect(await enter(own, 's1', 1)).toBe(true);
    expect(await enter(own, 's2', 1)).toBe(false);
  });

  test('a session that leaves makes room', async () => {
    const own = tenant();
    await enter(own, 's1', 1);
    await made().sessions.leave(own, D1, sessionId('s2'));
    expect(await enter(own, 's2', 1)).toBe(false);
    await made().sessions.leave(own, D1, sessionId('s1'));
    expect(await enter(own, 's2', 1)).toBe(true);
  });

  test('other devices and other tenants have room of their own', async () => {
    const own = tenant();
    await enter(own, 's1', 1);
    expect(await enter(own, 's1', 1, deviceId('d2'))).toBe(true);
    expect(await enter(tenant(), 's1', 1)).toBe(true);
  });

  test('a session that does not enter again in time counts no longer', async () => {
    const own = tenant();
    await enter(own, 's1', 2, D1, 50);
    await enter(own, 's2', 2, D1, 60_000);
    await made().advance(100);
    expect(await enter(own, 's3', 2)).toBe(true);
    expect(await enter(own, 's4', 2)).toBe(false);
  });

  test('of many who enter at the same moment only as many get in as allowed', async () => {
    const own = tenant();
    const entered = await Promise.all(Array.from({ length: 10 }, (_, n) => enter(own, `s${n}`, 4)));
    expect(entered.filter(Boolean)).toHaveLength(4);
  });
}
