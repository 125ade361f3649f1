import {
  type Access,
  checkpointCursor,
  type ClaimedRange,
  type CollectionName,
  collectionName,
  CONFLICTS,
  decodeUtf8,
  DEFAULT_LIMITS,
  deviceId,
  EMPTY_DIGEST,
  encodeCursor,
  type Limits,
  recordId,
  refusal,
  type SavedSession,
  scopeHash,
  type SessionId,
  type SpaceKey,
  tenantId,
  userId,
  type UserId,
  WHOLE_SPACE,
} from '@syncline/core';
import {
  hmacCursorKeys,
  memoryAnnouncements,
  memoryRateLimits,
  memorySessionRegistry,
  memoryStore,
  memoryTokens,
} from '@syncline/memory';
import { change, manualTime, pushOf, rulesOf, tenantOfId } from '@syncline/port-contracts';
import { type Tenant, type TenantRates, Unavailable } from '@syncline/ports';
import { admitPush } from './admit-push';
import { authenticate, type AuthenticateRequest } from './authenticate';
import { checkSpace, planSpace } from './check-space';
import { ANSWERS_BYTES_MAX, compareRanges, RANGES_MAX } from './compare-ranges';
import { declareCollection } from './declare-collection';
import { limitsOf, tenantRates } from './tenant-rates';
import {
  ANN,
  callerOf,
  flowWorld,
  HOME_KEY,
  identityOf,
  OWNER_OF_ALL,
  REGISTRY,
  subscribeTo,
  TENANT,
} from './flows.test-fixtures';

const NOTES = collectionName('notes');
const KEYS = hmacCursorKeys([{ id: 1, secret: new Uint8Array(16) }]);

async function world() {
  const store = memoryStore();
  const clock = manualTime();
  const flows = await flowWorld({ store, announcements: memoryAnnouncements(), clock, keys: KEYS });
  return { store, clock, ...flows };
}

describe('authenticating', () => {
  const DEVICE = deviceId('d');
  const session = (id: string) => id as SessionId;

  async function gate() {
    const { store, clock, limits } = await world();
    const tokens = memoryTokens();
    const sessions = memorySessionRegistry({ clock });
    tokens.issue('good', { ...identityOf(ANN), expiresAtMs: clock.nowMs() + 1_000 });
    const rates = memoryRateLimits({ clock });
    const gateWith = (own: Partial<Limits> = {}) =>
      authenticate({
        tokens,
        directory: store,
        tenants: store,
        tenantsDeclaredOnly: false,
        sessions,
        rates,
        ratesOf: () => Promise.resolve(null),
        clock,
        limits: { ...limits, ...own },
      });
    const ask = (given: Partial<AuthenticateRequest> = {}, own: Partial<Limits> = {}) =>
      gateWith(own)({ token: 'good', device: DEVICE, address: null, entering: null, resume: null, ...given });
    return { store, clock, sessions, ask };
  }

  test('says who it is, and what was open before', async () => {
    const { ask, sessions } = await gate();
    const saved: SavedSession = {
      id: session('old'),
      tenant: TENANT,
      user: ANN,
      device: DEVICE,
      subscriptions: [],
    };
    await sessions.save(saved, 1_000);
    expect(await ask({ resume: saved.id })).toMatchObject({
      ok: true,
      value: { identity: { user: ANN }, saved },
    });
    expect(await ask({ resume: session('none') })).toMatchObject({ ok: true, value: { saved: null } });
  });

  test('turns away bad tokens, ended ones, and devices that are shut out', async () => {
    const { ask, store, clock } = await gate();
    expect(await ask({ token: 'bad' })).toMatchObject({ refusal: { reason: 'UNAUTHENTICATED' } });
    await store.revoke({ tenant: TENANT, device: DEVICE });
    expect(await ask()).toMatchObject({ refusal: { reason: 'DEVICE_REVOKED' } });
    clock.advance(1_000);
    expect(await ask()).toMatchObject({ refusal: { reason: 'AUTH_EXPIRED' } });
  });

  test('counts sessions that enter, not tokens that are refreshed', async () => {
    const { ask } = await gate();
    const own = { sessionsPerUserMax: 2 };
    const ofOther = { entering: session('3'), device: deviceId('e') };
    for (const id of ['1', '2']) expect((await ask({ entering: session(id) }, own)).ok).toBe(true);
    expect(await ask(ofOther, own)).toMatchObject({
      refusal: { reason: 'TOO_MANY_SESSIONS', facts: { allowed: '2' } },
    });
    expect((await ask({ entering: session('2') }, own)).ok).toBe(true);
    expect((await ask({}, own)).ok).toBe(true);
    expect((await ask({ ...ofOther, entering: null }, own)).ok).toBe(true);
  });

  test('says which limit the sessions of a user or a tenant have met', async () => {
    const { ask } = await gate();
    await ask({ entering: session('1') });
    const next = { entering: session('2'), device: deviceId('e') };
    expect(await ask(next, { sessionsPerUserMax: 1 })).toMatchObject({
      refusal: { reason: 'TOO_MANY_SESSIONS', facts: { limit: 'sessions_per_user_max', allowed: '1' } },
    });
    expect(await ask(next, { sessionsPerTenantMax: 1 })).toMatchObject({
      refusal: { reason: 'TOO_MANY_SESSIONS', facts: { limit: 'sessions_per_tenant_max' } },
    });
  });

  test('lets a device in at once that lost its session with a gateway, and others when its lease is over', async () => {
    const { ask, clock } = await gate();
    const own = {
      sessionsPerDeviceMax: 1,
      sessionsPerUserMax: 1,
      sessionsPerTenantMax: 1,
      sessionLeaseMs: 300,
    };
    const ofOther = { entering: session('3'), device: deviceId('e') };
    await ask({ entering: session('1') }, own);
    expect((await ask({ entering: session('2') }, own)).ok).toBe(true);
    expect((await ask(ofOther, own)).ok).toBe(false);
    clock.advance(300);
    expect((await ask(ofOther, own)).ok).toBe(true);
  });

  test.each([
    ['handshakesPerSecondMax', 'handshakesBurstMax', 'handshakes_per_second_max'],
    ['handshakesPerSecondPerUserMax', 'handshakesBurstPerUserMax', 'handshakes_per_second_per_user_max'],
    [
      'handshakesPerSecondPerTenantMax',
      'handshakesBurstPerTenantMax',
      'handshakes_per_second_per_tenant_max',
    ],
  ] as const)('holds handshakes to %s', async (perSecond, burst, limit) => {
    const { ask, clock } = await gate();
    const own = { [perSecond]: 1, [burst]: 2 };
    const entering = session('1');
    for (const _ of [1, 2]) expect((await ask({ entering }, own)).ok).toBe(true);
    expect(await ask({ entering }, own)).toMatchObject({
      refusal: { reason: 'RATE_LIMITED', retryAfterMs: 1_000, facts: { limit, allowed: '1', value: '1' } },
    });
    expect((await ask({}, own)).ok).toBe(true);
    clock.advance(1_000);
    expect(await ask({ entering }, own)).toMatchObject({ refusal: { reason: 'AUTH_EXPIRED' } });
  });

  test('holds an address to its handshakes, whatever the token', async () => {
    const { ask } = await gate();
    const own = { handshakesPerSecondPerAddressMax: 1, handshakesBurstPerAddressMax: 2 };
    const guess = { token: 'guessed', address: '192.0.2.1' };
    for (const _ of [1, 2])
      expect(await ask(guess, own)).toMatchObject({ refusal: { reason: 'UNAUTHENTICATED' } });
    expect(await ask({ ...guess, token: 'good' }, own)).toMatchObject({
      refusal: { reason: 'RATE_LIMITED', facts: { limit: 'handshakes_per_second_per_address_max' } },
    });
    expect((await ask({ address: '2001:db8::1' }, own)).ok).toBe(true);
  });
});

describe('admitting pushes', () => {
  const sender = (device: string, user = 'u', tenant = TENANT) => ({
    tenant,
    user: userId(user),
    device: deviceId(device),
  });
  const admitting = (own: Partial<Limits>, ownRates: TenantRates | null = null) => {
    const clock = manualTime();
    const limits = { ...DEFAULT_LIMITS, ...own };
    const admit = admitPush({
      pushRates: memoryRateLimits({ clock }),
      ratesOf: () => Promise.resolve(ownRates),
      limits,
    });
    return {
      clock,
      admit: (from: ReturnType<typeof sender>, changes: number, bytes = 0) => admit(from, { changes, bytes }),
    };
  };

  test('pushes are counted against the limits of their device', async () => {
    const { clock, admit } = admitting({ changesPerSecondMax: 10, changesBurstMax: 20 });
    expect(await admit(sender('d'), 15)).toMatchObject({ ok: true, value: { remaining: 5 } });
    expect(await admit(sender('d'), 15)).toMatchObject({
      refusal: {
        reason: 'RATE_LIMITED',
        retryAfterMs: 1_000,
        facts: { limit: 'changes_per_second_max', allowed: '10', value: '15' },
      },
    });
    expect(await admit(sender('e'), 15)).toMatchObject({ ok: true });
    clock.advance(1_000);
    expect(await admit(sender('d'), 15)).toMatchObject({ ok: true, value: { remaining: 0 } });
  });

  test('and against those of their user and their tenant', async () => {
    const { admit } = admitting({
      changesPerSecondPerUserMax: 10,
      changesBurstPerUserMax: 20,
      changesPerSecondPerTenantMax: 10,
      changesBurstPerTenantMax: 30,
    });
    expect(await admit(sender('d'), 15)).toMatchObject({ ok: true, value: { remaining: 5 } });
    expect(await admit(sender('e'), 6)).toMatchObject({
      refusal: { retryAfterMs: 100, facts: { limit: 'changes_per_second_per_user_max' } },
    });
    expect(await admit(sender('e', 'v'), 10)).toMatchObject({ ok: true, value: { remaining: 5 } });
    expect(await admit(sender('f', 'w'), 10)).toMatchObject({
      refusal: { retryAfterMs: 500, facts: { limit: 'changes_per_second_per_tenant_max' } },
    });
    expect(await admit(sender('d', 'u', tenantId('other')), 10)).toMatchObject({ ok: true });
  });

  test('a tenant’s own limits hold in the place of those of the installation', async () => {
    const none = tenantOfId(TENANT).rates;
    const own = { ...none, changesPerSecondMax: 1, changesBurstMax: 2, tenantChangesPerSecondMax: 0.3 };
    const { admit } = admitting({}, own);
    expect(await admit(sender('d'), 2)).toEqual({
      ok: true,
      value: { remaining: 0, changesPerSecondMax: 1 },
    });
    expect(await admit(sender('d'), 1)).toMatchObject({
      refusal: { reason: 'RATE_LIMITED', facts: { limit: 'changes_per_second_max', allowed: '1' } },
    });
    expect(await admit(sender('e'), 1)).toMatchObject({ ok: true });
    expect(await admit(sender('f'), 1)).toMatchObject({
      refusal: { facts: { limit: 'changes_per_second_per_tenant_max', allowed: '0.3' } },
    });
  });

  test('their bytes are counted as well, and take nothing where they are too many', async () => {
    const { clock, admit } = admitting({ pushBytesPerSecondMax: 1_000, pushBytesBurstMax: 4_000 });
    expect(await admit(sender('d'), 1, 4_000)).toMatchObject({ ok: true, value: { remaining: 999 } });
    expect(await admit(sender('d'), 999, 500)).toMatchObject({
      refusal: { retryAfterMs: 500, facts: { limit: 'push_bytes_per_second_max', value: '500' } },
    });
    clock.advance(500);
    expect(await admit(sender('d'), 999, 500)).toMatchObject({ ok: true });
  });
});

describe('declaring a collection', () => {
  test('stores it under the next version', async () => {
    const { store } = await world();
    const declare = declareCollection({ directory: store, policies: REGISTRY });
    expect(await declare(HOME_KEY, rulesOf('notes'))).toEqual({ ok: true, value: { rulesVersion: 1 } });
    expect(await declare(HOME_KEY, rulesOf('notes', { policy: 'manual' }))).toEqual({
      ok: true,
      value: { rulesVersion: 2 },
    });
    expect((await store.collections(HOME_KEY))?.rules.get(NOTES)).toMatchObject({
      policy: 'manual',
      rulesVersion: 2,
    });
  });

  test('says all that is wrong with it at once, and stores nothing', async () => {
    const { store } = await world();
    const declare = declareCollection({ directory: store, policies: REGISTRY });
    const wrong = {
      ...rulesOf('notes', { policy: 'best', schema: { oldest: 1, current: 0, steps: [] } }),
      collection: 'NO' as typeof NOTES,
    };
    const answer = await declare(HOME_KEY, wrong);
    expect(answer).toMatchObject({
      refusal: { reason: 'POLICY_INVALID', violations: [{}, { field: 'policy' }, { field: 'collection' }] },
    });
    expect((await store.collections(HOME_KEY))?.rules.size).toBe(0);
  });
});

describe('checking', () => {
  const cursorAt = (version: number, epoch = 1) =>
    encodeCursor(checkpointCursor(epoch, version, scopeHash(WHOLE_SPACE, OWNER_OF_ALL)), HOME_KEY, KEYS);

  async function checked() {
    const { store, pushOne } = await world();
    await pushOne(pushOf('x', [change.create('a', 1), change.create('b', 22)]));
    const check = checkSpace({ deltas: store, directory: store, keys: KEYS });
    return {
      store,
      check: (given: Parameters<typeof subscribeTo>[0], user = ANN) =>
        check(callerOf('d', identityOf(user)), subscribeTo(given)),
    };
  }

  test.each([
    [cursorAt(2), { direction: 'none', downloadRecords: 0, downloadBytes: 0 }],
    [cursorAt(1), { direction: 'download', downloadRecords: 1, downloadBytes: 2 }],
    [null, { direction: 'download', downloadRecords: 2, downloadBytes: 3 }],
    [cursorAt(2, 9), { direction: 'download', downloadRecords: 2 }],
  ])('%# counts what is to come', async (cursor, plan) => {
    const { check } = await checked();
    expect(await check({ cursor, mode: 'check-only' })).toMatchObject({
      ok: true,
      value: { head: 2, ...plan },
    });
  });

  test('expects conflicts where records have moved on, and changes nothing', async () => {
    const { check, store } = await checked();
    const pending = [1, 0].map((baseVersion) => ({
      collection: NOTES,
      id: recordId('a'),
      baseVersion,
      bytes: 5,
    }));
    expect(await check({ cursor: cursorAt(2), pending })).toMatchObject({
      value: { direction: 'upload', conflictsExpected: 1, uploadBytes: 10 },
    });
    expect(await store.devices(HOME_KEY)).toEqual([]);
  });

  const TASKS = collectionName('tasks');
  const seenBy = (hidden: readonly CollectionName[]): Access => ({
    role: 'editor',
    collections: new Map(hidden.map((name) => [name, 'none'])),
  });

  test.each([
    [[], [], 5],
    [[NOTES], [], 3],
    [[TASKS], [], 1],
    [[CONFLICTS], [], 1],
    [[], [TASKS], 3],
    [[], [NOTES], 1],
    [[NOTES, TASKS], [NOTES], 1],
    [[NOTES], [NOTES], 0],
    [[CONFLICTS], [TASKS], 0],
  ])(
    'of a scope of %j without the hidden %j, %d records are to come',
    async (collections, hidden, records) => {
      const { store, pushOne } = await world();
      const at = { collection: TASKS };
      await pushOne(pushOf('x', [change.create('a', 1), change.create('b', 1), change.create('t', 1, at)]));
      await pushOne(pushOf('y', [change.create('a', 2), change.create('c', 1)]));
      const plan = planSpace({ deltas: store, keys: KEYS });
      const subscribe = subscribeTo({ scope: { ...WHOLE_SPACE, collections } });
      expect(await plan(HOME_KEY, seenBy(hidden), subscribe)).toMatchObject({
        value: { downloadRecords: records, direction: records > 0 ? 'download' : 'none' },
      });
    },
  );

  test('whether a change would meet another one is not told of records that the user may not see', async () => {
    const { store, pushOne } = await world();
    const at = { collection: TASKS };
    await pushOne(pushOf('x', [change.create('t', 1, at), change.create('a', 1)]));
    const plan = planSpace({ deltas: store, keys: KEYS });
    const expected = async (collection: typeof TASKS, id: string) => {
      const pending = [{ collection, id, baseVersion: 0, bytes: 5 }];
      const answer = await plan(HOME_KEY, seenBy([TASKS]), subscribeTo({ pending }));
      return answer.ok ? answer.value.conflictsExpected : null;
    };
    expect(await expected(NOTES, 'a')).toBe(1);
    expect(await expected(TASKS, 't')).toBe(await expected(TASKS, 'no-such-record'));
  });

  test('a device that lacks nothing and has changed nothing costs one row', async () => {
    const { check, store } = await checked();
    const asked = (['count', 'records', 'changes', 'collections'] as const).map((name) =>
      jest.spyOn(store, name),
    );
    expect(await check({ cursor: cursorAt(2) })).toMatchObject({ value: { direction: 'none' } });
    expect(asked.flatMap(({ mock }) => mock.calls)).toEqual([]);
  });

  test('names that no record can have are expected to conflict with nothing, and are not looked for', async () => {
    const { check, store } = await checked();
    const asked = jest.spyOn(store, 'records');
    const pending = [{ collection: NOTES, id: 'a\u0000', baseVersion: 0, bytes: 5 }];
    expect(await check({ cursor: cursorAt(2), pending })).toMatchObject({ value: { conflictsExpected: 0 } });
    expect(asked).not.toHaveBeenCalled();
  });

  test('is not for everyone', async () => {
    const { check } = await checked();
    expect(await check({}, 'bob' as UserId)).toMatchObject({ refusal: { reason: 'SPACE_NOT_FOUND' } });
    expect(await check({ cursor: new Uint8Array(2) })).toMatchObject({
      refusal: { reason: 'INVALID_CURSOR' },
    });
  });
});

describe('comparing', () => {
  const whole: ClaimedRange = { collection: NOTES, fromId: '', toId: null, digest: EMPTY_DIGEST };

  async function compared(bytes = 1) {
    const { store, pushOne } = await world();
    const value = 'x'.repeat(bytes);
    await pushOne(
      pushOf(
        'x',
        ['a', 'b', 'c'].map((id) => change.create(id, value)),
      ),
    );
    const compare = compareRanges({ deltas: store });
    return {
      store,
      compare: (ranges: readonly ClaimedRange[], access: Access = OWNER_OF_ALL, space = HOME_KEY) =>
        compare({ space, access }, ranges),
    };
  }

  test('answers range by range, with the version it speaks of', async () => {
    const { compare, store } = await compared();
    const digest = (await store.state(HOME_KEY))!.digests.get(NOTES)!;
    const answer = await compare([
      { ...whole, digest },
      { ...whole, fromId: 'b' },
      { ...whole, fromId: 'x' },
    ]);
    expect(answer).toMatchObject({
      value: {
        head: 3,
        answers: [
          { kind: 'same' },
          { kind: 'replace', records: [{ id: 'b' }, { id: 'c' }] },
          { kind: 'same' },
        ],
      },
    });
  });

  test('leaves to the next call what belongs to a later moment', async () => {
    const { store, pushOne } = await world();
    await pushOne(pushOf('x', [change.create('a', 1)]));
    const moving = compareRanges({
      deltas: {
        ...store,
        async range(request) {
          const found = await store.range(request);
          await pushOne(pushOf('y', [change.create('b', 1)]));
          return found;
        },
      },
    });
    const ranges = [whole, { ...whole, fromId: 'b' }];
    expect(await moving({ space: HOME_KEY, access: OWNER_OF_ALL }, ranges)).toMatchObject({
      value: { head: 1, answers: [{ kind: 'replace', records: [{ id: 'a' }] }] },
    });
  });

  test('answers in the shape that the device reads, by the steps that are declared', async () => {
    const { store, pushOne } = await world();
    await store.declare(HOME_KEY, {
      ...rulesOf('notes'),
      json: true,
      schema: {
        current: 1,
        oldest: 0,
        steps: [{ toVersion: 1, up: [{ kind: 'rename', field: 'n', to: 'm' }], down: [] }],
      },
    });
    await pushOne(pushOf('x', [change.create('a', { n: 1 }, { schemaVersion: 0 })]));
    const compare = compareRanges({ deltas: store });
    const asked = { space: HOME_KEY, access: OWNER_OF_ALL };
    const read = async (version: number) => {
      const schemaVersions = new Map([[whole.collection, version]]);
      const answer = await compare({ ...asked, schemaVersions }, [whole]);
      const [first] = answer.ok ? answer.value.answers : [];
      return first?.kind === 'replace' ? first.records.map(({ payload }) => decodeUtf8(payload)) : first;
    };
    expect([await read(0), await read(1)]).toEqual([['{"n":1}'], ['{"m":1}']]);
  });

  test('leaves to the next call what would be too much at once', async () => {
    const { compare } = await compared(ANSWERS_BYTES_MAX / 2);
    const ranges = ['a', 'b', 'c'].map((fromId) => ({ ...whole, fromId, toId: `${fromId}\u0001` }));
    const answer = await compare(ranges);
    expect(answer.ok && answer.value.answers.length).toBe(1);
    const rest = await compare(ranges.slice(1));
    expect(
      rest.ok && rest.value.answers.map((each) => each.kind === 'replace' && each.records[0]?.id),
    ).toEqual(['b']);
  });

  test('is not for what the user may not read whole, nor for too much, nor for what is not there', async () => {
    const { compare } = await compared();
    const hidden: Access = { role: 'owner', collections: new Map([[NOTES, 'none']]) };
    expect(await compare([whole], hidden)).toMatchObject({ refusal: { reason: 'PERMISSION_DENIED' } });
    expect(await compare(Array<ClaimedRange>(RANGES_MAX + 1).fill(whole))).toMatchObject({
      refusal: { facts: { limit: 'ranges_max' } },
    });
    expect(await compare([whole], OWNER_OF_ALL, 'acme/none' as SpaceKey)).toEqual({
      ok: false,
      refusal: refusal('SPACE_NOT_FOUND'),
    });
  });
});

describe('the rates of a tenant', () => {
  const NONE: TenantRates = tenantOfId(TENANT).rates;

  test('stand in the place of the installation’s, and what is not told stays', () => {
    expect(limitsOf(DEFAULT_LIMITS, null)).toBe(DEFAULT_LIMITS);
    expect(limitsOf(DEFAULT_LIMITS, NONE)).toEqual(DEFAULT_LIMITS);
    const own = limitsOf(DEFAULT_LIMITS, {
      changesPerSecondMax: 1,
      changesBurstMax: 2,
      artifactBytesPerSecondMax: 3,
      tenantChangesPerSecondMax: 4,
      tenantSessionsPerSecondMax: 5,
    });
    expect(own).toEqual({
      ...DEFAULT_LIMITS,
      changesPerSecondMax: 1,
      changesBurstMax: 2,
      artifactBytesPerSecondMax: 3,
      changesPerSecondPerTenantMax: 4,
      changesBurstPerTenantMax: 40,
      handshakesPerSecondPerTenantMax: 5,
      handshakesBurstPerTenantMax: 100,
    });
  });

  function counted(given: { rates?: Partial<TenantRates>; fails?: Error } = {}) {
    const clock = manualTime();
    const asked: string[] = [];
    const stored = { ...given };
    const tenants = {
      async tenant(id: Tenant['id']): Promise<Tenant | null> {
        asked.push(id);
        if (stored.fails !== undefined) throw stored.fails;
        return stored.rates === undefined ? null : tenantOfId(id, { rates: { ...NONE, ...stored.rates } });
      },
    };
    return { clock, asked, stored, ratesOf: tenantRates({ tenants, clock }) };
  }

  test('are looked up once in a while', async () => {
    const { ratesOf, asked, clock, stored } = counted({ rates: { changesBurstMax: 7 } });
    const both = await Promise.all([ratesOf(TENANT), ratesOf(TENANT)]);
    expect(both.map((rates) => rates?.changesBurstMax)).toEqual([7, 7]);
    stored.rates = { changesBurstMax: 9 };
    clock.advance(4_999);
    expect((await ratesOf(TENANT))?.changesBurstMax).toBe(7);
    expect(asked).toHaveLength(1);
    clock.advance(1);
    expect((await ratesOf(TENANT))?.changesBurstMax).toBe(9);
    await ratesOf(tenantId('other'));
    expect(asked).toEqual([TENANT, TENANT, 'other']);
  });

  test('are the installation’s while the store is away, and a fault is no such thing', async () => {
    expect(await counted({ fails: new Unavailable('Postgres') }).ratesOf(TENANT)).toBeNull();
    await expect(counted({ fails: new Error('a fault') }).ratesOf(TENANT)).rejects.toThrow('a fault');
  });
});
