import { gunzipSync, gzipSync } from 'node:zlib';
import {
  type Access,
  type Announcement,
  type ClaimedRange,
  type Cursor,
  type CursorKeys,
  type Delta,
  entriesBytes,
  refusal,
  type RangeAnswer,
  type SavedSession,
  spaceKey,
  spaceOf,
} from '@syncline/core';
import {
  anyBytes,
  anyChange,
  anyCollection,
  anyDevice,
  anyDigest,
  anyDigests,
  anyEntry,
  anyImage,
  anyMap,
  anyNullable,
  anyOutcome,
  anyPace,
  anyPlan,
  anyRecordId,
  anyScope,
  anySpace,
  anyTenant,
  anyText,
  anyUint32,
  anyUser,
  anyWhole,
} from '@syncline/port-contracts';
import {
  CheckRequest,
  CheckResponse,
  CompareRequest,
  CompareResponse,
  PullRequest,
  PullResponse,
  PushRequest,
  PushResponse,
} from '@syncline/proto';
import {
  CompareRangesRequest,
  CompareRangesResponse,
  MergeRequest,
  MergeResponse,
  PlanRequest,
  PlanResponse,
  ReadRequest,
  ReadResponse,
} from '@syncline/proto/internal';
import fc from 'fast-check';
import { announcementFromBytes, announcementToBytes } from './announcements';
import type { Caller } from './callers';
import type { Compressor } from './compressor';
import { comparisonFromProto, comparisonToProto } from './compare';
import { type Codec, decode, encode } from './encoding';
import {
  mergeAnswerFromProto,
  mergeAnswerToProto,
  mergeCallFromProto,
  mergeCallToProto,
} from './merge-calls';
import { pageMessageBytes } from './pages';
import {
  checkCallFromProto,
  checkCallToProto,
  checkedFromProto,
  checkedToProto,
  comparingCallFromProto,
  comparingCallToProto,
  pushCallFromProto,
  pushCallToProto,
  pushedCallFromProto,
  pushedCallToProto,
} from './polling';
import { presenceNewsFromBytes, presenceNewsToBytes } from './presence-events';
import { pullCallFromProto, pullCallToProto, pulledFromProto, pulledToProto } from './pulls';
import { entriesFromBytes } from './pages';
import {
  deltaFromProto,
  deltaToProto,
  readCallFromProto,
  readCallToProto,
  readResponseBytes,
} from './read-calls';
import { savedSessionFromBytes, savedSessionToBytes } from './saved-sessions';
import { serverMessageFromBytes } from './server-message';
import {
  comparedFromProto,
  comparedToProto,
  compareCallFromProto,
  compareCallToProto,
  planCallFromProto,
  planCallToProto,
  plannedFromProto,
  plannedToProto,
} from './space-calls';

const granted = <Value>(value: Value) => ({ ok: true, value });

function trip<Message>(codec: Codec<Message>, message: Message): Message {
  const read = decode(codec, encode(codec, message));
  if (!read.ok) throw new TypeError('what was just encoded does not decode');
  return read.value;
}

const keys: CursorKeys = {
  current: 1,
  sign: (keyId, message) =>
    keyId === 1 ? new Uint8Array(16).fill(message.reduce((sum, byte) => sum + byte, 0)) : null,
};

const anySpaceKey = fc.tuple(anyTenant, anySpace).map(([tenant, space]) => spaceKey(tenant, space));
const anyAccess: fc.Arbitrary<Access> = fc.record({
  role: fc.constantFrom('owner', 'editor', 'reader'),
  collections: anyMap(anyCollection, fc.constantFrom('none', 'read', 'write')),
});
const anyCursor: fc.Arbitrary<Cursor> = fc.record({
  epoch: anyWhole,
  position: anyWhole,
  checkpoint: anyWhole,
  asOf: anyWhole,
  scope: fc.record({ a: anyUint32, b: anyUint32 }),
});
const anyKnownCollection = fc.record({
  collection: anyCollection,
  right: fc.constantFrom('none' as const, 'read' as const, 'write' as const),
  policy: anyText,
  rulesVersion: anyUint32,
  encrypted: fc.boolean(),
  json: fc.boolean(),
  schema: fc.record({ current: anyUint32, oldest: anyUint32 }),
});
const gzip: Compressor = {
  name: 'gzip',
  unpackedBytesMax: 4_000_000,
  pack: (bytes) => new Uint8Array(gzipSync(bytes)),
  unpack: (packed, bytesMax) => new Uint8Array(gunzipSync(packed, { maxOutputLength: bytesMax })),
};
const anyRange: fc.Arbitrary<ClaimedRange> = fc.record({
  collection: anyCollection,
  fromId: fc.oneof(fc.constant(''), anyRecordId),
  toId: anyNullable(anyRecordId),
  digest: anyDigest,
});
const anyClock = anyMap(anyDevice, anyWhole);
const anyBehalf = fc.record({
  space: anySpaceKey,
  user: anyNullable(anyUser),
  device: anyDevice,
  access: anyAccess,
});
/** None named is the same as not said. */
const anyVersions = anyMap(anyCollection, anyUint32).filter(({ size }) => size > 0);
const anyPresenceStatus = fc.constantFrom(
  'online' as const,
  'away' as const,
  'busy' as const,
  'offline' as const,
);
const anyCondition = fc.record({
  link: fc.constantFrom('unknown' as const, 'wifi' as const, 'cellular' as const, 'ethernet' as const),
  batteryPercent: anyNullable(fc.nat(100)),
});
const anyCaller: fc.Arbitrary<Caller> = fc.record({
  device: anyDevice,
  tenant: anyNullable(anyTenant),
  protocol: anyNullable(fc.integer({ min: 1, max: 9 })),
  capabilities: fc.array(anyText, { maxLength: 2 }),
  schemaVersions: anyMap(anyCollection, anyUint32),
  clockMs: anyNullable(fc.integer({ min: 1, max: 2_000_000_000_000 })),
  condition: anyCondition,
});
const anySubscribe = fc.record({
  kind: fc.constant('subscribe' as const),
  space: anySpace,
  scope: anyScope,
  cursor: anyNullable(fc.uint8Array({ minLength: 1, maxLength: 30 })),
  mode: fc.constantFrom('bidirectional' as const, 'check-only' as const),
  digests: anyDigests,
  pending: fc.array(
    fc.record({ collection: anyCollection, id: anyRecordId, baseVersion: anyWhole, bytes: anyWhole }),
    { maxLength: 2 },
  ),
  tag: fc.constant(0),
});
const TRACED = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const anyAnnouncement: fc.Arbitrary<Announcement> = fc.record(
  {
    epoch: anyWhole,
    from: anyWhole,
    to: anyWhole,
    entries: anyNullable(fc.array(anyEntry, { maxLength: 3 })),
    clock: anyClock,
    digests: anyDigests,
    traces: fc.array(fc.constant(TRACED), { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: ['epoch', 'from', 'to', 'entries', 'clock', 'digests'] },
);

describe('between gateway and merge', () => {
  test('a push arrives with whoever stands behind it', () => {
    const anyCall = fc.record({
      correlation: anyWhole,
      space: anySpaceKey,
      push: fc.record(
        {
          device: anyDevice,
          user: anyUser,
          access: anyAccess,
          changes: fc.array(anyChange, { maxLength: 3 }),
          byService: fc.constant(true as const),
          schemaVersions: anyVersions,
        },
        { requiredKeys: ['device', 'user', 'access', 'changes'] },
      ),
      receivedAtMs: anyWhole,
      deadlineAtMs: anyNullable(anyWhole.filter((ms) => ms > 0)),
      critical: fc.boolean(),
      traceparent: fc.constantFrom('', TRACED),
    });
    fc.assert(
      fc.property(anyCall, (call) => {
        expect(mergeCallFromProto(trip(MergeRequest, mergeCallToProto(call)))).toEqual(granted(call));
      }),
    );
  });

  test('its outcomes or its refusal come back', () => {
    const refused = {
      kind: 'refused',
      refusal: refusal('CHANGE_NUMBER_GAP', { facts: { expected: '4' } }),
    } as const;
    const anyResult = fc.oneof(
      fc.record({ kind: fc.constant('outcomes' as const), outcomes: fc.array(anyOutcome, { maxLength: 3 }) }),
      fc.constant(refused),
    );
    fc.assert(
      fc.property(anySpaceKey, anyWhole, anyUint32, anyResult, (space, whole, waiting, result) => {
        const answer = { correlation: whole, result, head: whole, waiting, commitMs: waiting };
        expect(mergeAnswerFromProto(trip(MergeResponse, mergeAnswerToProto(space, answer)))).toEqual(
          granted(answer),
        );
      }),
    );
  });

  test('nobody pushes without a name or a role', () => {
    const answer = mergeCallFromProto(MergeRequest.create({ space: 'home' }));
    expect(answer.ok ? [] : answer.refusal.violations.map(({ field }) => field)).toEqual(
      expect.arrayContaining(['identity.tenant', 'identity.user', 'identity.device', 'identity.role']),
    );
    expect(mergeAnswerFromProto(MergeResponse.create()).ok).toBe(false);
  });
});

describe('between gateway and delta', () => {
  test('who reads what from where', () => {
    const said = {
      device: anyDevice,
      scope: anyScope,
      access: anyAccess,
      takesPatches: fc.boolean(),
      takesOperations: fc.boolean(),
      takesOwn: fc.boolean(),
      mayHoldMore: fc.boolean(),
    };
    const anyReader = fc.oneof(
      fc.record(said),
      fc.record({ ...said, schemaVersions: anyVersions, knownRules: fc.nat().map((rules) => rules + 1) }),
    );
    fc.assert(
      fc.property(anySpaceKey, anyReader, anyCursor, anyNullable(anyUint32), (space, reader, cursor, max) => {
        const bytesMax = max === 0 ? null : max;
        const call = { space, reader, cursor, bytesMax, knownHead: bytesMax, traceparent: TRACED };
        const proto = trip(ReadRequest, readCallToProto(call, keys));
        expect(readCallFromProto(proto, keys)).toEqual(granted(call));
        const forged = { ...proto, cursor: proto.cursor.with(3, proto.cursor[3]! ^ 1) };
        expect(readCallFromProto(forged, keys)).toMatchObject({ refusal: { reason: 'INVALID_CURSOR' } });
      }),
    );
  });

  test('a page, and the checkpoint behind the last one', () => {
    const anyDelta: fc.Arbitrary<Delta> = fc.record({
      page: fc.record({ entries: fc.array(anyEntry, { maxLength: 3 }), cursor: anyCursor }),
      checkpoint: anyNullable(
        fc.record({ version: anyWhole, clock: anyClock, digests: anyDigests, cursor: anyCursor }),
      ),
    });
    fc.assert(
      fc.property(anySpaceKey, anyDelta, (space, delta) => {
        const sent = deltaToProto(space, delta, keys);
        for (const part of sent) expect(readResponseBytes(part)).toEqual(encode(ReadResponse, part));
        const parts = sent.map((part) => trip(ReadResponse, part));
        const arrived = deltaFromProto(space, parts, keys);
        if (!arrived.ok) throw new Error(arrived.refusal.message);
        const { page, checkpoint } = arrived.value;
        expect({ cursor: page.cursor, checkpoint }).toEqual({
          cursor: delta.page.cursor,
          checkpoint: delta.checkpoint,
        });
        const { entries } = delta.page;
        expect(page.entries).toMatchObject({ count: entries.length, roughBytes: entriesBytes(entries) });
        expect(entriesFromBytes(page.entries.bytes)).toEqual(granted(entries));
      }),
    );
    expect(deltaFromProto('t/home' as never, [], keys).ok).toBe(false);
  });

  test('plans and comparisons', () => {
    const anyVersioned = fc.oneof(fc.constant({}), fc.record({ schemaVersions: anyVersions }));
    const anyRanges = fc.array(anyRange, { maxLength: 3 });
    fc.assert(
      fc.property(anyBehalf, anySubscribe, anyRanges, anyVersioned, (behalf, given, ranges, versioned) => {
        const subscribe = { ...given, space: spaceOf(behalf.space) };
        const plan = { onBehalf: behalf, subscribe };
        expect(planCallFromProto(trip(PlanRequest, planCallToProto(plan)))).toEqual(granted(plan));
        const compare = { onBehalf: { ...behalf, ...versioned }, ranges };
        expect(compareCallFromProto(trip(CompareRangesRequest, compareCallToProto(compare)))).toEqual(
          granted(compare),
        );
      }),
    );
  });

  test('what a sync would do', () => {
    fc.assert(
      fc.property(anySpace, anyPlan, (space, plan) => {
        expect(plannedFromProto(trip(PlanResponse, plannedToProto(space, plan)))).toEqual(granted(plan));
      }),
    );
    expect(plannedFromProto(PlanResponse.create()).ok).toBe(false);
  });

  test('how ranges compare', () => {
    const anyAnswer: fc.Arbitrary<RangeAnswer> = fc.oneof(
      fc.record({ kind: fc.constant('same' as const) }),
      fc.record({ kind: fc.constant('split' as const), parts: fc.array(anyRange, { maxLength: 3 }) }),
      fc.record({ kind: fc.constant('replace' as const), records: fc.array(anyImage, { maxLength: 3 }) }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(anyRange, anyAnswer), { maxLength: 3 }), anyWhole, (pairs, head) => {
        const comparison = { head, answers: pairs.map(([, answer]) => answer) };
        const proto = comparisonToProto(
          pairs.map(([range]) => range),
          comparison,
        );
        expect(comparisonFromProto(trip(CompareResponse, proto))).toEqual(granted(comparison));
        const between = comparedToProto(
          pairs.map(([range]) => range),
          comparison,
        );
        expect(comparedFromProto(trip(CompareRangesResponse, between))).toEqual(granted(comparison));
      }),
    );
    expect(comparisonFromProto(CompareResponse.create({ ranges: [{}] })).ok).toBe(false);
    expect(comparedFromProto(CompareRangesResponse.create()).ok).toBe(false);
  });
});

describe('between all', () => {
  test('an announcement, with its entries ready to be passed on', () => {
    fc.assert(
      fc.property(anySpaceKey, anyAnnouncement, (space, announcement) => {
        const read = announcementFromBytes(announcementToBytes(space, announcement));
        expect(read).toMatchObject(granted({ space, announcement, packedPage: null }));
        const page = read.ok ? read.value.page : null;
        expect(page === null).toBe(announcement.entries === null);
        if (page === null) return;
        const cursor = new Uint8Array([7]);
        const { entries } = announcement;
        expect(serverMessageFromBytes(pageMessageBytes(page, cursor))).toEqual(
          granted({ kind: 'page', space: spaceOf(space), entries, cursor }),
        );
      }),
    );
  });

  test('a session that any gateway can take up', () => {
    const anySession: fc.Arbitrary<SavedSession> = fc.record({
      id: anyUser.map((id) => id as never),
      tenant: anyTenant,
      user: anyUser,
      device: anyDevice,
      subscriptions: fc.array(
        fc.record({
          space: anySpace,
          scope: anyScope,
          mode: fc.constantFrom('bidirectional' as const, 'upload-only' as const),
          cursor: anyNullable(fc.uint8Array({ minLength: 1, maxLength: 30 })),
        }),
        { maxLength: 3 },
      ),
    });
    fc.assert(
      fc.property(anySession, (session) => {
        expect(savedSessionFromBytes(savedSessionToBytes(session))).toEqual(granted(session));
      }),
    );
    expect(savedSessionFromBytes(new Uint8Array(0)).ok).toBe(false);
  });

  test('who is there', () => {
    const anyNews = fc.record({
      space: anySpaceKey,
      gateway: anyText,
      present: fc
        .tuple(
          fc.record({ device: anyDevice, user: anyUser, status: anyPresenceStatus, text: anyText }),
          anyCondition,
        )
        .map(([who, condition]) => ({ ...who, ...condition })),
    });
    fc.assert(
      fc.property(anyNews, (news) => {
        expect(presenceNewsFromBytes(presenceNewsToBytes(news))).toEqual(granted(news));
      }),
    );
  });
});

describe('calls outside of a session', () => {
  const anyPages = fc.array(
    fc.record({
      kind: fc.constant('page' as const),
      space: anySpace,
      entries: fc.array(anyEntry, { maxLength: 2 }),
      cursor: anyBytes,
    }),
    { maxLength: 2 },
  );

  test('check', () => {
    fc.assert(
      fc.property(anyCaller, fc.array(anySubscribe, { maxLength: 2 }), (caller, spaces) => {
        const call = { caller, spaces };
        expect(checkCallFromProto(trip(CheckRequest, checkCallToProto(call)))).toEqual(granted(call));
      }),
    );
    fc.assert(
      fc.property(anySpace, anyPlan, anyNullable(anyPace), anyWhole, (space, plan, pace, serverTimeMs) => {
        const checked = { plans: [{ kind: 'plan' as const, space, plan }], pace, serverTimeMs };
        expect(checkedFromProto(trip(CheckResponse, checkedToProto(checked)))).toEqual(granted(checked));
      }),
    );
  });

  test('push', () => {
    fc.assert(
      fc.property(anyCaller, anySpace, fc.array(anyChange, { maxLength: 2 }), (caller, space, changes) => {
        const call = { caller, push: { kind: 'push' as const, space, changes } };
        expect(pushCallFromProto(trip(PushRequest, pushCallToProto(call)))).toEqual(granted(call));
      }),
    );
    fc.assert(
      fc.property(
        anySpace,
        fc.array(anyOutcome, { maxLength: 2 }),
        anyNullable(anyPace),
        (space, outcomes, pace) => {
          const pushed = { outcomes: { kind: 'outcomes' as const, space, outcomes }, pace };
          expect(pushedCallFromProto(trip(PushResponse, pushedCallToProto(pushed)))).toEqual(granted(pushed));
        },
      ),
    );
    expect(pushCallFromProto(PushRequest.create({ caller: { device: 'phone' } }))).toMatchObject({
      refusal: { violations: [{ field: 'push', description: 'must be set' }, { field: 'push.space' }] },
    });
  });

  test('pull', () => {
    const anyCall = fc.record({
      caller: anyCaller,
      space: anySpace,
      scope: anyScope,
      cursor: anyNullable(fc.uint8Array({ minLength: 1, maxLength: 9 })),
      acknowledged: anyNullable(fc.uint8Array({ minLength: 1, maxLength: 9 })),
      bytesMax: anyNullable(fc.integer({ min: 1, max: 1_000_000 })),
      digests: anyDigests,
    });
    fc.assert(
      fc.property(anyCall, (call) => {
        expect(pullCallFromProto(trip(PullRequest, pullCallToProto(call)))).toEqual(granted(call));
      }),
    );
    const anyPulled = fc.record({
      reset: anyNullable(
        anySpace.map((space) => ({ kind: 'reset' as const, space, refusal: refusal('CURSOR_TOO_OLD') })),
      ),
      pages: anyPages,
      checkpoint: anyNullable(
        fc.record({
          kind: fc.constant('checkpoint' as const),
          space: anySpace,
          version: anyWhole,
          cursor: anyBytes,
          clock: anyClock,
          digests: anyDigests,
        }),
      ),
      lastNumber: anyWhole,
      epoch: anyWhole,
      role: anyNullable(fc.constantFrom('owner' as const, 'editor' as const, 'reader' as const)),
      collections: fc.array(anyKnownCollection, { maxLength: 2 }),
      mismatched: fc.array(anyCollection, { maxLength: 2 }),
      pace: anyNullable(anyPace),
      serverTimeMs: anyWhole,
    });
    fc.assert(
      fc.property(anyPulled, (pulled) => {
        expect(pulledFromProto(trip(PullResponse, pulledToProto(pulled)))).toEqual(granted(pulled));
        const packing = { compressor: gzip, packBytesMin: 0 };
        const packed = trip(PullResponse, pulledToProto(pulled, packing));
        expect(pulledFromProto(packed, gzip)).toEqual(granted(pulled));
      }),
    );
  });

  test('compare', () => {
    const anyCall = fc.record({
      caller: anyCaller,
      space: anySpace,
      cursor: anyBytes,
      ranges: fc.array(anyRange, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(anyCall, (call) => {
        expect(comparingCallFromProto(trip(CompareRequest, comparingCallToProto(call)))).toEqual(
          granted(call),
        );
      }),
    );
  });
});
