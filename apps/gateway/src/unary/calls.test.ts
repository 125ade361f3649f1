import type { DeviceProgress } from '@syncline/flows';
import {
  type Answer,
  type Change,
  checkpointCursor,
  decodeCursor,
  type DeviceId,
  digestSum,
  contentHash,
  encodeCursor,
  EMPTY_DIGEST,
  granted,
  type RecordId,
  refusal,
  scopeHash,
  spaceId,
  spaceKey,
  type Subscribe,
  type ToldDigest,
  type UserId,
  WHOLE_SPACE,
} from '@syncline/core';
import { Unavailable } from '@syncline/ports';
import { change, eventually, gate, NOTES } from '@syncline/port-contracts';
import {
  CheckRequest,
  CheckResponse,
  CompareRequest,
  CompareResponse,
  PullRequest,
  PullResponse,
  PushRequest,
  PushResponse,
  SpacesRequest,
  SpacesResponse,
  StatusRequest,
  StatusResponse,
} from '@syncline/proto';
import {
  type Caller as WireCaller,
  checkCallToProto,
  checkedFromProto,
  comparingCallToProto,
  comparisonFromProto,
  followCallToProto,
  followedChangesFromProto,
  listedSpacesFromProto,
  type PullCall,
  pullCallToProto,
  type Pulled,
  pulledFromProto,
  pushCallToProto,
  pushedCallFromProto,
  spacesCallToProto,
} from '@syncline/wire';
import { credentials, Client, Metadata, type ServiceError, status as grpcStatus } from '@grpc/grpc-js';
import type { Backends } from '../backends';
import { subscribeTo } from '../gateway.test-fixtures';
import {
  type CallWorld,
  callWorld,
  type CallWorldGiven,
  HOME,
  HOME_KEY,
  OWNER,
  TENANT,
} from './call-world.test-fixtures';
import { type Caller, serve, type Served } from './served.test-fixtures';

const callerOf = (device: string, given: Partial<WireCaller> = {}): WireCaller => ({
  device: device as DeviceId,
  tenant: null,
  protocol: null,
  capabilities: [],
  schemaVersions: new Map(),
  clockMs: null,
  condition: { link: 'unknown', batteryPercent: null },
  ...given,
});

function valueOf<Value>(answer: Answer<Value>): Value {
  if (!answer.ok) throw new Error(`refused: ${answer.refusal.reason} ${answer.refusal.message}`);
  return answer.value;
}

const reasonOf = (answer: Answer<unknown>): string => (answer.ok ? 'OK' : answer.refusal.reason);

interface Given {
  readonly device?: string;
  readonly token?: string;
  readonly caller?: Partial<WireCaller>;
}

/** The calls as a device makes them, over whichever transport. */
function device(
  transport: () => Caller,
  { device: id = 'd1', token = 'token-of-ann', caller: more }: Given = {},
) {
  const caller = callerOf(id, more);
  const numbers = { last: 0 };
  return {
    caller,
    async push(...changes: readonly Change[]) {
      const numbered = changes.map((each, index) => ({ ...each, number: numbers.last + index + 1 }));
      const call = { caller, push: { kind: 'push' as const, space: HOME, changes: numbered } };
      const answer = await transport().call('Push', PushRequest, PushResponse, pushCallToProto(call), token);
      if (answer.ok) numbers.last += changes.length;
      return answer.ok ? pushedCallFromProto(answer.value) : answer;
    },
    async pull(given: Partial<PullCall> = {}) {
      const call: PullCall = {
        caller,
        space: HOME,
        scope: WHOLE_SPACE,
        cursor: null,
        acknowledged: null,
        bytesMax: null,
        digests: new Map(),
        ...given,
      };
      const answer = await transport().call('Pull', PullRequest, PullResponse, pullCallToProto(call), token);
      return answer.ok ? pulledFromProto(answer.value, null) : answer;
    },
    async check(...spaces: readonly Partial<Subscribe>[]) {
      const asked = spaces.map((given) => ({ ...SUBSCRIBE, ...given }));
      const proto = checkCallToProto({ caller, spaces: asked });
      const answer = await transport().call('Check', CheckRequest, CheckResponse, proto, token);
      return answer.ok ? checkedFromProto(answer.value) : answer;
    },
    async compare(cursor: Uint8Array, digest: ToldDigest) {
      const ranges = [{ collection: NOTES, fromId: '', toId: null, digest }];
      const proto = comparingCallToProto({ caller, space: HOME, cursor, ranges });
      const answer = await transport().call('Compare', CompareRequest, CompareResponse, proto, token);
      return answer.ok ? comparisonFromProto(answer.value) : answer;
    },
    async follow(numbers: readonly number[], of: string | null = null) {
      const proto = followCallToProto({ caller, space: HOME, device: of as DeviceId | null, numbers });
      const answer = await transport().call('Status', StatusRequest, StatusResponse, proto, token);
      return answer.ok ? followedChangesFromProto(answer.value) : answer;
    },
    async spaces(resultsMax: number | null = null, after: string | null = null) {
      const proto = spacesCallToProto({ caller, resultsMax, after: after === null ? null : spaceId(after) });
      const answer = await transport().call('Spaces', SpacesRequest, SpacesResponse, proto, token);
      return answer.ok ? listedSpacesFromProto(answer.value) : answer;
    },
  };
}

const SUBSCRIBE = subscribeTo();

/** Pulls until the checkpoint, as a device does: with its last cursor each time. */
async function pullAll(puller: ReturnType<typeof device>, given: Partial<PullCall> = {}) {
  const answers: Pulled[] = [];
  let cursor = given.cursor ?? null;
  for (;;) {
    const pulled = valueOf(await puller.pull({ ...given, cursor }));
    answers.push(pulled);
    if (pulled.checkpoint !== null) return { answers, checkpoint: pulled.checkpoint };
    cursor = pulled.pages.at(-1)?.cursor ?? null;
  }
}

function digestOf(answers: readonly Pulled[]): ToldDigest {
  const records = new Map<RecordId, { readonly version: number; readonly payload: Uint8Array }>();
  for (const { pages } of answers)
    for (const { entries } of pages)
      for (const entry of entries) {
        if (entry.kind === 'put') records.set(entry.record.id, entry.record);
        if (entry.kind === 'delete') records.delete(entry.id);
      }
  const sum = digestSum();
  for (const [id, { version, payload }] of records) sum.add(id, version, contentHash(id, payload));
  return sum.result();
}

const worlds: { world?: CallWorld; served?: Served } = {};

async function begin(given: CallWorldGiven = {}): Promise<{ world: CallWorld; served: Served }> {
  worlds.world = await callWorld(given);
  worlds.served = await serve(worlds.world);
  return { world: worlds.world, served: worlds.served };
}

afterEach(async () => {
  await worlds.served?.close();
  delete worlds.served;
});

describe.each(['grpc', 'http'] as const)('calls outside of a session, over %s', (transport) => {
  const via = () => worlds.served![transport];

  test('a push gets outcomes and a pace, and again the same ones', async () => {
    await begin();
    const ann = device(via);
    const pushed = valueOf(await ann.push(change.create('a', { n: 1 }), change.create('b', { n: 2 })));
    expect(pushed.outcomes.outcomes.map(({ number, status, version }) => [number, status, version])).toEqual([
      [1, 'APPLIED', 1],
      [2, 'APPLIED', 2],
    ]);
    expect(pushed.pace).toMatchObject({ nextPollMs: 5_000, delayMs: 0, changesRemaining: 998 });
    expect(pushed.pace!.pushChangesMax).toBeGreaterThanOrEqual(100);
    const again = valueOf(await device(via).push(change.create('a', { n: 1 })));
    expect(again.outcomes.outcomes).toMatchObject([{ number: 1, version: 1, repeated: true }]);
  });

  test('a space is pulled to its checkpoint in parts, and its digest is right', async () => {
    const { world } = await begin({ limits: { pageRecordsMax: 7 } });
    const writer = device(via, { device: 'writer' });
    for (let n = 0; n < 40; n++) valueOf(await writer.push(change.create(`r${n}`, { text: 'x'.repeat(n) })));
    valueOf(await writer.push(change.delete('r3', { baseVersion: 4 })));
    const { answers, checkpoint } = await pullAll(device(via, { device: 'reader' }), { bytesMax: 1_500 });
    expect(answers.length).toBeGreaterThan(4);
    expect(checkpoint.version).toBe(41);
    expect(checkpoint.clock).toEqual(new Map([['writer', 41]]));
    expect(digestOf(answers)).toEqual(checkpoint.digests.get(NOTES));
    expect(answers[0]).toMatchObject({ role: 'owner', epoch: 1, lastNumber: 0, reset: null });
    expect(answers.at(-1)!.pace!.nextPollMs).toBe(5_000);
    expect(answers[0]!.serverTimeMs).toBeGreaterThan(0);
    expect(world.calls.filter((each) => each === 'read').length).toBeGreaterThan(5);
  });

  test('however little is asked for, there is an end', async () => {
    await begin();
    const writer = device(via, { device: 'writer' });
    valueOf(await writer.push(change.create('a', {}), change.create('b', {}), change.create('c', {})));
    const { answers, checkpoint } = await pullAll(device(via, { device: 'reader' }), { bytesMax: 1 });
    expect(answers.map(({ pages }) => pages.map(({ entries }) => entries.length))).toEqual([[1], [1], [1]]);
    expect(digestOf(answers)).toEqual(checkpoint.digests.get(NOTES));
  });

  test('who has everything is told so without a read, and less often the longer nothing happens', async () => {
    const { world } = await begin();
    const reader = device(via, { device: 'reader' });
    valueOf(await device(via).push(change.create('a', {})));
    const { checkpoint } = await pullAll(reader);
    world.calls.length = 0;
    const { cursor } = checkpoint;
    const quiet = valueOf(await reader.pull({ cursor, acknowledged: cursor }));
    expect(quiet).toMatchObject({ pages: [], checkpoint: { version: 1 }, collections: [] });
    expect(world.calls).toEqual([]);
    world.passMs(60_000);
    expect(valueOf(await reader.pull({ cursor })).pace!.nextPollMs).toBeGreaterThanOrEqual(30_000);
    world.passMs(3_600_000);
    expect(valueOf(await reader.pull({ cursor })).pace!.nextPollMs).toBe(300_000);
    valueOf(await device(via, { device: 'd2' }).push(change.create('b', {})));
    expect(valueOf(await reader.pull({ cursor })).pace!.nextPollMs).toBe(5_000);
  });

  test('what was acknowledged lets the server forget deletes', async () => {
    const { world } = await begin();
    const reader = device(via, { device: 'reader' });
    valueOf(await device(via).push(change.create('a', {})));
    const { cursor } = (await pullAll(reader)).checkpoint;
    valueOf(await reader.pull({ cursor, acknowledged: cursor }));
    expect(await world.store.devices(HOME_KEY)).toEqual(
      expect.arrayContaining([expect.objectContaining({ device: 'reader', acknowledged: 1 })]),
    );
    expect(reasonOf(await reader.pull({ cursor, acknowledged: new Uint8Array([1, 2]) }))).toBe(
      'INVALID_CURSOR',
    );
  });

  test('after a restore the copy is built anew, in the same answer', async () => {
    const { world } = await begin();
    const reader = device(via, { device: 'reader' });
    valueOf(await device(via).push(change.create('a', {}), change.create('b', {})));
    const { cursor } = (await pullAll(reader)).checkpoint;
    await world.store.newEpoch(HOME_KEY);
    const pulled = valueOf(await reader.pull({ cursor, acknowledged: cursor }));
    expect(pulled.reset?.refusal.reason).toBe('EPOCH_CHANGED');
    expect(pulled.pages.flatMap(({ entries }) => entries).map(({ kind }) => kind)).toEqual(['put', 'put']);
    expect(pulled).toMatchObject({ epoch: 2, checkpoint: { version: 2 ** 32 + 2 } });
    expect(digestOf([pulled])).toEqual(pulled.checkpoint!.digests.get(NOTES));
  });

  test('a cursor from before the floor, and one of another scope, start over', async () => {
    const { world } = await begin();
    const reader = device(via, { device: 'reader' });
    valueOf(await device(via).push(change.create('a', {}), change.create('b', {})));
    const old = encodeCursor(
      checkpointCursor(1, 1, scopeHash(WHOLE_SPACE, OWNER)),
      HOME_KEY,
      world.deps.keys,
    );
    await world.store.raiseFloor(HOME_KEY, 2);
    expect(valueOf(await reader.pull({ cursor: old })).reset?.refusal.reason).toBe('CURSOR_TOO_OLD');
    const { cursor } = (await pullAll(reader)).checkpoint;
    const scope = { ...WHOLE_SPACE, collections: [NOTES] };
    expect(valueOf(await reader.pull({ cursor, scope })).reset?.refusal.reason).toBe('SCOPE_CHANGED');
  });

  test('a floor that rises between opening and reading starts over as well', async () => {
    const { world } = await begin();
    const reader = device(via, { device: 'reader' });
    valueOf(await device(via).push(change.create('a', {}), change.create('b', {})));
    const asked = { count: 0 };
    const backends = {
      ...world.deps.backends,
      read: (...given: Parameters<Backends['read']>) =>
        ++asked.count === 1
          ? Promise.resolve({ ok: false, refusal: refusal('CURSOR_TOO_OLD') } as const)
          : world.deps.backends.read(...given),
    };
    await worlds.served!.close();
    worlds.served = await serve({ ...world, deps: { ...world.deps, backends } });
    const pulled = valueOf(await reader.pull());
    expect(pulled.reset?.refusal.reason).toBe('CURSOR_TOO_OLD');
    expect(pulled.checkpoint?.version).toBe(2);
  });

  test('a narrow scope ends although what it passes over fills many pages', async () => {
    await begin({ limits: { pageRecordsMax: 2 } });
    const writer = device(via, { device: 'writer' });
    for (let n = 0; n < 50; n++) valueOf(await writer.push(change.create(`r${n}`, {})));
    valueOf(await writer.push(change.create('wanted', {})));
    const scope = { ...WHOLE_SPACE, idPrefix: 'wanted' };
    const { answers } = await pullAll(device(via, { device: 'reader' }), { scope });
    expect(answers.length).toBeGreaterThan(1);
    const entries = answers.flatMap(({ pages }) => pages.flatMap((page) => page.entries));
    expect(entries).toMatchObject([{ kind: 'put', record: { id: 'wanted' } }]);
  });

  test('declared collections are told with what is new', async () => {
    const { world } = await begin();
    const rules = {
      collection: NOTES,
      policy: 'field-merge',
      rule: null,
      rulesVersion: 0,
      deletes: 'policy',
      encrypted: false,
      json: true,
      schema: { current: 3, oldest: 2, steps: [{ toVersion: 3, up: [], down: [] }] },
      jsonSchema: null,
      recordBytesMax: 0,
      history: { versionsMax: 0, keptMs: 0, classes: [] },
    } as const;
    await world.store.declare(HOME_KEY, rules);
    const pulled = valueOf(await device(via, { token: 'token-of-bob' }).pull());
    expect(pulled.role).toBe('reader');
    expect(pulled.collections).toEqual([
      {
        collection: 'notes',
        right: 'read',
        policy: 'field-merge',
        rulesVersion: 1,
        encrypted: false,
        json: true,
        schema: { current: 3, oldest: 2 },
      },
    ]);
  });

  test('check plans several spaces, and asks nobody about those that stand still', async () => {
    const { world } = await begin();
    const other = spaceId('other');
    await world.store.createSpace(spaceKey(TENANT, other), null);
    await world.store.setAccess(spaceKey(TENANT, other), 'ann' as UserId, OWNER);
    valueOf(await device(via).push(change.create('a', {})));
    const reader = device(via, { device: 'reader' });
    const { cursor } = (await pullAll(reader)).checkpoint;
    world.calls.length = 0;
    const still = valueOf(await reader.check({ cursor }, { cursor }));
    expect(still.plans.map(({ plan }) => plan.direction)).toEqual(['none', 'none']);
    expect(still.pace!.nextPollMs).toBe(5_000);
    expect(world.calls).toEqual([]);
    const pending = [{ collection: NOTES, id: 'a', baseVersion: 0, bytes: 10 }];
    const moved = valueOf(await reader.check({ cursor, pending }, { space: other }, {}));
    expect(world.calls).toEqual(['plan', 'plan', 'plan']);
    expect(moved.plans.map(({ space, plan }) => [space, plan.direction, plan.conflictsExpected])).toEqual([
      ['home', 'upload', 1],
      ['other', 'none', 0],
      ['home', 'download', 0],
    ]);
  });

  test('check says which space it was that there is not', async () => {
    await begin();
    const answer = await device(via).check({}, { space: spaceId('nowhere') });
    expect(answer).toMatchObject({
      ok: false,
      refusal: {
        reason: 'SPACE_NOT_FOUND',
        facts: { space: 'nowhere' },
        violations: [{ field: 'spaces[1]' }],
      },
    });
  });

  test('compare finds what differs', async () => {
    const { world } = await begin();
    valueOf(await device(via).push(change.create('a', { n: 1 })));
    const reader = device(via, { device: 'reader' });
    const { cursor, digests } = (await pullAll(reader)).checkpoint;
    expect(valueOf(await reader.compare(cursor, digests.get(NOTES)!)).answers).toEqual([{ kind: 'same' }]);
    const differs = valueOf(await reader.compare(cursor, EMPTY_DIGEST));
    expect(differs).toMatchObject({ head: 1, answers: [{ kind: 'replace', records: [{ id: 'a' }] }] });
    expect(reasonOf(await reader.compare(new Uint8Array([9]), EMPTY_DIGEST))).toBe('INVALID_CURSOR');
    expect(decodeCursor(cursor, HOME_KEY, world.deps.keys)?.position).toBe(1);
  });

  test('status tells how far a change has come', async () => {
    await begin();
    const ann = device(via);
    valueOf(await ann.push(change.create('a', {})));
    const reader = device(via, { device: 'reader', token: 'token-of-bob' });
    const first = valueOf(await ann.follow([1, 2]));
    expect(first).toMatchObject({
      lastNumber: 1,
      head: 1,
      changes: [
        { number: 1, stage: 'announced', version: 1, outcome: { status: 'APPLIED' }, deviceCount: 0 },
        { number: 2, stage: 'unknown', outcome: null, version: 0, committedAtMs: 0 },
      ],
    });
    expect(first.changes[0]!.committedAtMs).toBeGreaterThan(0);
    const { cursor } = (await pullAll(reader)).checkpoint;
    valueOf(await reader.pull({ cursor, acknowledged: cursor }));
    const [told] = valueOf(await reader.follow([1], 'd1')).changes;
    expect(told).toMatchObject({
      stage: 'acknowledged',
      acknowledgedCount: 1,
      deviceCount: 1,
      others: [{ device: 'reader', acknowledged: 1, delivered: 1 }],
    });
    const [{ deliveredAtMs, acknowledgedAtMs }] = told!.others as [DeviceProgress];
    expect(deliveredAtMs).toBeGreaterThanOrEqual(told!.committedAtMs);
    expect(acknowledgedAtMs).toBeGreaterThanOrEqual(deliveredAtMs);
    expect(reasonOf(await ann.follow(Array.from({ length: 101 }, (_, n) => n + 1)))).toBe('INVALID_ARGUMENT');
    expect(reasonOf(await device(via, { token: 'token-of-eve' }).follow([1], 'd1'))).toBe('SPACE_NOT_FOUND');
  });

  test('the spaces of a user are listed, those that a token names among them', async () => {
    const { world } = await begin();
    for (const name of ['attic', 'cellar'])
      await world.store.createSpace(spaceKey(TENANT, spaceId(name)), null);
    await world.store.setAccess(spaceKey(TENANT, spaceId('attic')), 'ann' as UserId, OWNER);
    const grants = new Map([
      [spaceId('cellar'), { role: 'editor', collections: new Map() } as const],
      [spaceId('nowhere'), OWNER],
    ]);
    world.tokens.issue('granted', world.identityOf('ann', { grants }));
    const ann = device(via, { token: 'granted' });
    const all = valueOf(await ann.spaces());
    expect(all.spaces.map(({ space, role }) => [space, role])).toEqual([
      ['attic', 'owner'],
      ['cellar', 'editor'],
      ['home', 'owner'],
    ]);
    expect(all.next).toBeNull();
    const first = valueOf(await ann.spaces(2));
    expect([first.spaces.length, first.next]).toEqual([2, 'cellar']);
    expect(valueOf(await ann.spaces(2, first.next)).spaces.map(({ space }) => space)).toEqual(['home']);
  });

  test.each([
    ['no token', 'UNAUTHENTICATED', { token: '' }],
    ['a forged token', 'UNAUTHENTICATED', { token: 'forged' }],
    ['an expired token', 'AUTH_EXPIRED', { token: 'expired' }],
    ['a token of another device', 'UNAUTHENTICATED', { token: 'of-d9' }],
    ['another tenant', 'UNAUTHENTICATED', { caller: { tenant: 'umbrella' as never } }],
    ['a protocol of the future', 'VERSION_MISMATCH', { caller: { protocol: 9 } }],
    ['a revoked device', 'DEVICE_REVOKED', { device: 'stolen' }],
    ['no membership', 'SPACE_NOT_FOUND', { token: 'token-of-eve' }],
    ['an id that is none', 'INVALID_ID', { device: '\n' }],
  ] as const)('%s is refused as %s', async (_, reason, given) => {
    const { world } = await begin();
    world.tokens.issue('of-d9', world.identityOf('ann', { device: 'd9' as DeviceId }));
    await world.store.revoke({ tenant: TENANT, device: 'stolen' as DeviceId });
    const someone = device(via, given);
    expect(reasonOf(await someone.pull())).toBe(reason);
    expect(reasonOf(await someone.push(change.create('a', {})))).toBe(reason);
    expect(world.calls).toEqual([]);
  });

  test('what may not be pushed or pulled is refused, each for its reason', async () => {
    await begin({ limits: { pushChangesMax: 2, recordBytesMax: 100 } });
    const ann = device(via);
    const three = ['a', 'b', 'c'].map((id) => change.create(id, {}));
    expect(reasonOf(await ann.push(...three))).toBe('PUSH_TOO_LARGE');
    expect(reasonOf(await ann.push())).toBe('INVALID_ARGUMENT');
    const tooLarge = valueOf(await ann.push(change.create('big', { text: 'x'.repeat(200) })));
    expect(tooLarge.outcomes.outcomes).toMatchObject([{ status: 'REJECTED', reason: 'RECORD_TOO_LARGE' }]);
    expect(reasonOf(await ann.pull({ cursor: new Uint8Array([1, 2, 3]) }))).toBe('INVALID_CURSOR');
    expect(reasonOf(await ann.pull({ scope: { ...WHOLE_SPACE, changedFromMs: 2, changedToMs: 1 } }))).toBe(
      'INVALID_SCOPE',
    );
    const bob = device(via, { device: 'd2', token: 'token-of-bob' });
    const rejected = valueOf(await bob.push(change.create('a', {})));
    expect(rejected.outcomes.outcomes).toMatchObject([{ status: 'REJECTED', reason: 'PERMISSION_DENIED' }]);
    expect(reasonOf(await device(via, { token: 'token-of-bob' }).push(change.create('b', {})))).toBe(
      'DEVICE_OF_OTHER_USER',
    );
    expect(reasonOf(await device(via, { token: 'token-of-bob' }).pull())).toBe('DEVICE_OF_OTHER_USER');
  });

  test('a message over the limit is refused by its size', async () => {
    await begin({ limits: { messageBytesMax: 10_000 } });
    const tooLarge = await device(via).push(change.create('a', { text: 'x'.repeat(20_000) }));
    expect(tooLarge).toMatchObject({
      refusal: { reason: 'MESSAGE_TOO_LARGE', facts: { limit: 'message_bytes_max' } },
    });
  });

  test('quotas that are nearly used up are told', async () => {
    const { world } = await begin();
    await world.store.setQuota(HOME_KEY, { recordsMax: 5, bytesMax: 1_000_000 });
    const ann = device(via);
    const some = ['a', 'b', 'c'].map((id) => change.create(id, {}));
    expect(valueOf(await ann.push(...some)).pace).not.toHaveProperty('quotas');
    const told = [{ space: HOME, name: 'records_max', allowed: 5, used: 4 }];
    expect(valueOf(await ann.push(change.create('d', {}))).pace!.quotas).toEqual(told);
    expect(valueOf(await device(via, { device: 'reader' }).pull()).pace!.quotas).toEqual(told);
    const over = ['e', 'f'].map((id) => change.create(id, {}));
    expect(valueOf(await ann.push(...over)).outcomes.outcomes).toMatchObject([
      { status: 'APPLIED' },
      { status: 'REJECTED', reason: 'QUOTA_EXCEEDED' },
    ]);
  });

  test('a number that skips ahead is refused with the one that is expected', async () => {
    await begin();
    const call = {
      caller: callerOf('d1'),
      push: { kind: 'push' as const, space: HOME, changes: [{ ...change.create('a', {}), number: 5 }] },
    };
    const answer = await via().call('Push', PushRequest, PushResponse, pushCallToProto(call), 'token-of-ann');
    expect(answer).toMatchObject({
      refusal: { reason: 'CHANGE_NUMBER_GAP', facts: { expected: '1', got: '5' } },
    });
  });

  test('who calls too often is told when to come back', async () => {
    await begin({ limits: { handshakesPerSecondMax: 0.001, handshakesBurstMax: 1 } });
    const ann = device(via);
    const answers = [];
    for (let n = 0; n < 11; n++) answers.push(await ann.pull());
    expect(answers.slice(0, 10).map(reasonOf)).toEqual(Array.from({ length: 10 }, () => 'OK'));
    const last = answers[10]!;
    expect(last).toMatchObject({ refusal: { reason: 'RATE_LIMITED' } });
    expect(last.ok ? 0 : last.refusal.retryAfterMs).toBeGreaterThan(0);
  });

  test('too many changes in too short a time are refused, with nothing half done', async () => {
    const { world } = await begin({ limits: { changesPerSecondMax: 0.01, changesBurstMax: 2 } });
    const ann = device(via);
    expect(valueOf(await ann.push(change.create('a', {}), change.create('b', {}))).pace).toMatchObject({
      changesRemaining: 0,
      delayMs: 100_000,
    });
    expect(reasonOf(await ann.push(change.create('c', {})))).toBe('RATE_LIMITED');
    expect((await world.store.state(HOME_KEY))?.head).toBe(2);
  });

  test('outcomes that do not fit are asked for by sending their changes again', async () => {
    await begin({ limits: { messageBytesMax: 16_000 } });
    const ann = device(via);
    const text = 'x'.repeat(3_000);
    const ids = ['a', 'b', 'c', 'd'];
    for (const id of ids) valueOf(await ann.push(change.create(id, { text })));
    const bob = device(via, { device: 'late' });
    const sent = ids.map((id) => change.create(id, { text: 'old' }, { atMs: -1_000 }));
    const first = valueOf(await bob.push(...sent)).outcomes.outcomes;
    expect(first.length).toBeGreaterThan(0);
    expect(first.length).toBeLessThan(4);
    expect(first.every(({ status, record }) => status === 'LOST' && record !== null)).toBe(true);
  });

  test('pages are packed for those who can unpack them', async () => {
    const { served } = await begin();
    valueOf(await device(via).push(change.create('a', { text: 'x'.repeat(5_000) })));
    const call = {
      caller: callerOf('reader', { capabilities: ['page-compression', 'unheard-of'] }),
      space: HOME,
      scope: WHOLE_SPACE,
      cursor: null,
      acknowledged: null,
      bytesMax: null,
      digests: new Map(),
    };
    const proto = valueOf(
      await served[transport].call('Pull', PullRequest, PullResponse, pullCallToProto(call), 'token-of-ann'),
    );
    expect(proto.pages[0]!.compressedEntries.length).toBeGreaterThan(0);
    expect(proto.pages[0]!.entries).toEqual([]);
    const pulled = valueOf(pulledFromProto(proto, worlds.world!.deps.compressor));
    expect(pulled.pages[0]!.entries).toMatchObject([{ kind: 'put', record: { id: 'a' } }]);
  });

  test('what cannot be reached is said to be so, and a fault tells nothing', async () => {
    const lost = new Unavailable('Postgres', { cause: new Error('secret address') });
    await begin({
      backends: { push: () => Promise.reject(lost), read: () => Promise.reject(new Error('secret')) },
    });
    const pushed = await device(via).push(change.create('a', {}));
    expect(pushed).toMatchObject({ refusal: { reason: 'UNAVAILABLE', retryAfterMs: 1_000 } });
    const pulled = await device(via).pull();
    expect(reasonOf(pulled)).toBe('INTERNAL');
    expect(JSON.stringify([pushed, pulled])).not.toContain('secret');
  });
});

describe('calls over gRPC', () => {
  test('one that was cancelled is not worked for any more', async () => {
    const held = gate();
    const reads = { count: 0 };
    const { served, world } = await begin({
      limits: { pageRecordsMax: 1 },
      backends: {
        async read(_, __, cursor) {
          reads.count++;
          await held.opened;
          const page = { entries: [], cursor: { ...cursor, position: cursor.position + 1 } };
          return granted({ page, checkpoint: null });
        },
      },
    });
    valueOf(await device(() => served.grpc).push(change.create('a', {})));
    const client = new Client(served.grpcAddress, credentials.createInsecure());
    const metadata = new Metadata();
    metadata.set('authorization', 'Bearer token-of-ann');
    const request = { caller: { device: 'd1' }, space: HOME };
    const ended = new Promise<ServiceError | null>((resolve) => {
      const call = client.makeUnaryRequest(
        '/syncline.v1.SyncService/Pull',
        (bytes: Uint8Array) => Buffer.from(bytes),
        (bytes: Buffer) => bytes,
        PullRequest.encode(PullRequest.fromPartial(request)).finish(),
        metadata,
        (error) => resolve(error),
      );
      void eventually(() => expect(reads.count).toBe(1)).then(() => call.cancel());
    });
    expect((await ended)?.code).toBe(grpcStatus.CANCELLED);
    // The server hears of it a moment later.
    await device(() => served.grpc).spaces();
    held.open();
    await device(() => served.grpc).spaces();
    expect(reads.count).toBe(1);
    expect(world.deps.limits.pageRecordsMax).toBe(1);
    client.close();
  });

  test('bytes that are no message are refused', async () => {
    const { served } = await begin();
    const nonsense = { encode: () => ({ finish: () => new Uint8Array([255, 255]) }) };
    const answer = await served.grpc.call('Pull', nonsense as never, PullResponse, null, 'token-of-ann');
    expect(reasonOf(answer)).toBe('INVALID_ARGUMENT');
  });

  test('many of them are only looked into for who is known', async () => {
    const { served } = await begin();
    const nonsense = { encode: () => ({ finish: () => new Uint8Array(70_000).fill(255) }) };
    const reasons: string[] = [];
    for (const token of [undefined, 'forged', 'expired', 'token-of-ann'])
      reasons.push(reasonOf(await served.grpc.call('Pull', nonsense as never, PullResponse, null, token)));
    expect(reasons).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED', 'AUTH_EXPIRED', 'INVALID_ARGUMENT']);
  });
});
