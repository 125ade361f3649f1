import {
  CAPABILITIES,
  type CheckPlan,
  CONFLICT_KINDS,
  type ConflictState,
  type DeviceMessage,
  type HlcTime,
  type Link,
  type NoticeKind,
  type Outcome,
  type OutcomeStatus,
  type PresenceStatus,
  type Reason,
  REASONS,
  type Refusal,
  refusal,
  type ServerMessage,
  SESSION_LIMITS,
  type SessionId,
  type SessionLimits,
  SYNC_MODES,
  TICKS_PER_MS,
} from '@syncline/core';
import fc from 'fast-check';
import {
  anyChange,
  anyCollection,
  anyDevice,
  anyDigests,
  anyEntry,
  anyImage,
  anyMap,
  anyNullable,
  anyRecordId,
  anyScope,
  anySpace,
  anyTenant,
  anyText,
  anyTime,
  anyUint32,
  anyUser,
  anyWhole,
} from './arbitrary-records';

const kind = <Kind extends string>(name: Kind) => fc.constant(name);
const anySession = anyUser.map((id) => id as string as SessionId);
const anyCursor = fc.uint8Array({ minLength: 1, maxLength: 64 });
const anyMode = fc.constantFrom(...SYNC_MODES);
const anyBattery = anyNullable(fc.nat(100));
const anyLink = fc.constantFrom<Link>('unknown', 'wifi', 'cellular', 'ethernet');
const anyTag = fc.nat(0xffffffff);
const anyStatus = fc.constantFrom<PresenceStatus>('online', 'away', 'busy', 'offline');
const anyReason = fc.constantFrom(...(Object.keys(REASONS) as Reason[]));
const anyWallClock = fc
  .integer({ min: 0, max: Math.floor(Number.MAX_SAFE_INTEGER / TICKS_PER_MS) })
  .map((ms) => (ms * TICKS_PER_MS) as HlcTime);

const anyLife = fc.oneof(
  anyWhole.map((ms) => Math.max(1, ms)),
  fc.constant(Number.POSITIVE_INFINITY),
);

const anyViolation = fc.record({ field: anyText, description: anyText });

export const anyRefusal: fc.Arbitrary<Refusal> = fc.record(
  {
    reason: anyReason,
    message: anyText,
    violations: fc.array(anyViolation, { maxLength: 3 }),
    retryAfterMs: anyNullable(anyWhole),
    facts: fc.dictionary(anyText, anyText, { maxKeys: 3, noNullPrototype: true }),
    trace: fc.stringMatching(/^[0-9a-f]{32}$/),
  },
  { requiredKeys: ['reason', 'message', 'violations', 'retryAfterMs', 'facts'] },
);

export const anyDeviceMessage: fc.Arbitrary<DeviceMessage> = fc.oneof(
  fc.record({
    kind: kind('hello'),
    protocol: fc.record({ min: anyUint32, max: anyUint32 }),
    capabilities: fc.array(anyText, { maxLength: 3 }),
    tenant: anyNullable(anyTenant),
    device: anyDevice,
    info: fc.record({
      name: anyText,
      platform: anyText,
      appVersion: anyText,
      link: anyLink,
      batteryPercent: anyBattery,
    }),
    token: anyText,
    clock: anyWallClock,
    schemaVersions: anyMap(anyCollection, anyUint32),
    resume: anyNullable(anySession),
  }),
  fc.record({
    kind: kind('subscribe'),
    space: anySpace,
    scope: anyScope,
    cursor: anyNullable(anyCursor),
    mode: anyMode,
    digests: anyDigests,
    pending: fc.array(
      fc.record({ collection: anyCollection, id: anyRecordId, baseVersion: anyWhole, bytes: anyWhole }),
      { maxLength: 3 },
    ),
    tag: anyTag,
  }),
  fc.record({ kind: kind('push'), space: anySpace, changes: fc.array(anyChange, { maxLength: 4 }) }),
  fc.record({ kind: kind('ack'), space: anySpace, cursor: anyCursor }),
  fc.record({
    kind: kind('presence'),
    space: anySpace,
    status: anyStatus,
    text: anyText,
    batteryPercent: anyBattery,
    link: anyLink,
  }),
  fc.record({ kind: kind('authenticate'), token: anyText }),
  fc.record({ kind: kind('unsubscribe'), space: anySpace }),
  fc.record({ kind: kind('goodbye') }),
);

const anyFirmOutcome = fc.record({
  number: anyWhole,
  status: fc.constantFrom<OutcomeStatus>('APPLIED', 'MERGED', 'LOST', 'HELD', 'REJECTED'),
  version: anyWhole,
  conflict: anyNullable(
    fc.record({
      id: anyRecordId,
      kind: fc.constantFrom(...CONFLICT_KINDS),
      state: fc.constantFrom<ConflictState>('resolved', 'open', 'reopened'),
    }),
  ),
  record: anyNullable(anyImage),
  reason: anyNullable(anyReason),
  message: anyText,
  aheadMs: anyWhole,
  repeated: fc.boolean(),
});

export const anyOutcome: fc.Arbitrary<Outcome> = fc
  .tuple(anyFirmOutcome, fc.array(anyViolation, { maxLength: 2 }))
  .map(([outcome, violations]) => (violations.length > 0 ? { ...outcome, violations } : outcome));

export const anyPlan: fc.Arbitrary<CheckPlan> = fc.record({
  direction: fc.constantFrom('none', 'upload', 'download', 'bidirectional'),
  head: anyWhole,
  downloadRecords: anyWhole,
  downloadBytes: anyWhole,
  uploadChanges: anyWhole,
  uploadBytes: anyWhole,
  conflictsExpected: anyWhole,
});

const anyQuotas = fc.array(fc.record({ space: anySpace, name: anyText, allowed: anyWhole, used: anyWhole }), {
  minLength: 1,
  maxLength: 2,
});
const anyBarePace = fc.record({
  kind: kind('pace'),
  pushChangesMax: anyUint32,
  pushBytesMax: anyUint32,
  delayMs: anyUint32,
  nextPollMs: anyUint32,
  changesRemaining: anyUint32,
});
export const anyPace = fc.oneof(
  anyBarePace,
  fc.tuple(anyBarePace, anyQuotas).map(([pace, quotas]) => ({ ...pace, quotas })),
);

export const anyServerMessage: fc.Arbitrary<ServerMessage> = fc.oneof(
  fc.record({
    kind: kind('welcome'),
    session: anySession,
    agreed: fc.record({ protocol: anyUint32, capabilities: fc.subarray([...CAPABILITIES]) }),
    limits: fc
      .array(anyUint32, { minLength: SESSION_LIMITS.length, maxLength: SESSION_LIMITS.length })
      .map((values) => Object.fromEntries(SESSION_LIMITS.map((name, index) => [name, values[index]!])))
      .map((limits) => limits as unknown as SessionLimits),
    user: anyUser,
    tenant: anyTenant,
    expiresInMs: anyLife,
    resumeWithinMs: anyUint32,
    clock: anyTime,
    deviceTimeMs: anyWhole,
    receivedAtMs: anyWhole,
    sentAtMs: anyWhole,
    skewMs: fc.maxSafeInteger(),
    resumed: fc.array(anySpace, { maxLength: 3 }),
  }),
  fc.record({
    kind: kind('subscribed'),
    space: anySpace,
    head: anyWhole,
    mode: anyMode,
    lastNumber: anyWhole,
    epoch: anyWhole,
    mismatched: fc.array(anyCollection, { maxLength: 3 }),
    tag: anyTag,
  }),
  fc.record({
    kind: kind('page'),
    space: anySpace,
    entries: fc.array(anyEntry, { maxLength: 4 }),
    cursor: anyCursor,
  }),
  fc.record({
    kind: kind('checkpoint'),
    space: anySpace,
    version: anyWhole,
    cursor: anyCursor,
    clock: anyMap(anyDevice, anyWhole),
    digests: anyDigests,
  }),
  fc.record({
    kind: kind('outcomes'),
    space: anySpace,
    outcomes: fc.array(anyOutcome, { maxLength: 4 }),
  }),
  fc.record({ kind: kind('plan'), space: anySpace, plan: anyPlan }),
  fc.record({
    kind: kind('presence'),
    space: anySpace,
    device: anyDevice,
    user: anyUser,
    status: anyStatus,
    text: anyText,
  }),
  anyPace,
  // A reset names its reason and no more.
  fc.record({
    kind: kind('reset'),
    space: anySpace,
    refusal: fc.tuple(anyReason, anyText).map(([reason, message]) => refusal(reason, { message })),
  }),
  fc.record({
    kind: kind('notice'),
    notice: fc.constantFrom<NoticeKind>('draining', 'token-ends-soon', 'clock-skewed', 'rules-changed'),
    inMs: anyUint32,
  }),
  fc.record({
    kind: kind('authenticated'),
    expiresInMs: anyLife,
  }),
  fc.record({
    kind: kind('refusal'),
    space: anyNullable(anySpace),
    about: anyNullable(
      fc.constantFrom<DeviceMessage['kind']>(
        'hello',
        'subscribe',
        'push',
        'ack',
        'presence',
        'authenticate',
        'unsubscribe',
        'goodbye',
      ),
    ),
    refusal: anyRefusal,
    closing: fc.boolean(),
  }),
);
