import {
  type Change,
  type ChangeReliance,
  type CollectionName,
  type DeviceId,
  type Hash64,
  type HlcTime,
  idProblem,
  type Kept,
  type PageEntry,
  type Patch,
  type RecordId,
  type RecordImage,
  type Scope,
  type Sibling,
  type SpaceId,
  type ToldDigest,
  type ToldDigests,
  type TenantId,
  type UserId,
  WHOLE_SPACE,
} from '@syncline/core';
import fc from 'fast-check';

const UINT32_MAX = 0xffffffff;

/** Mostly small, at times as large as can be. */
export const anyWhole = fc.oneof(
  { weight: 3, arbitrary: fc.nat(10_000) },
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
);
export const anyUint32 = fc.integer({ min: 0, max: UINT32_MAX });
export const anyTime = anyWhole as fc.Arbitrary<HlcTime>;
export const anyBytes = fc.uint8Array({ maxLength: 48 });
export const anyText = fc.string({ unit: 'grapheme', maxLength: 24 });

const anyId = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 24 })
  .filter((text) => idProblem(text) === null);
export const anyRecordId = anyId as fc.Arbitrary<RecordId>;
export const anyDevice = anyId as fc.Arbitrary<DeviceId>;
export const anyUser = anyId as fc.Arbitrary<UserId>;
export const anySpace = anyId as fc.Arbitrary<SpaceId>;
export const anyTenant = fc.stringMatching(/^[a-z0-9-]{1,12}$/) as fc.Arbitrary<TenantId>;
export const anyCollection = fc.stringMatching(/^[a-z][a-z0-9._-]{0,12}$/) as fc.Arbitrary<CollectionName>;

export const anyHash: fc.Arbitrary<Hash64> = fc.record({ a: anyUint32, b: anyUint32 });
export const anyDigest: fc.Arbitrary<ToldDigest> = fc.record({
  count: anyWhole,
  versions: anyHash,
  contents: fc.option(anyHash),
});
export const anyDigests: fc.Arbitrary<ToldDigests> = anyMap(anyCollection, anyDigest);

export function anyMap<Key, Value>(
  key: fc.Arbitrary<Key>,
  value: fc.Arbitrary<Value>,
): fc.Arbitrary<ReadonlyMap<Key, Value>> {
  return fc.array(fc.tuple(key, value), { maxLength: 4 }).map((pairs) => new Map(pairs));
}

export function anyNullable<Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> {
  return fc.option(value, { nil: null });
}

export const anyScope: fc.Arbitrary<Scope> = fc.oneof(
  fc.constant(WHOLE_SPACE),
  fc.record({
    collections: fc.array(anyCollection, { maxLength: 3 }),
    idPrefix: anyText,
    changedFromMs: anyNullable(anyWhole),
    changedToMs: anyNullable(anyWhole),
    includeDeleted: fc.boolean(),
    fields: fc.array(fc.record({ field: anyText, json: fc.json({ maxDepth: 1 }) }), { maxLength: 2 }),
  }),
);

const anyPatch: fc.Arbitrary<Patch> = fc.record({
  set: anyBytes,
  remove: fc.array(anyText, { maxLength: 3 }),
});

const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
const anyTrace = fc.oneof(
  fc.constant(''),
  fc.tuple(hex(32), hex(16)).map(([trace, span]) => `00-${trace}-${span}-01`),
);

const anyReliance: fc.Arbitrary<ChangeReliance> = fc
  .record({
    seen: fc.array(fc.record({ device: anyDevice, number: anyWhole }), { maxLength: 2 }),
    dependencies: anyMap(anyDevice, anyWhole),
    artifacts: fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 2 }),
  })
  // Relying on nothing is not said.
  .filter(({ seen, dependencies, artifacts }) => seen.length + dependencies.size + artifacts.length > 0);

/** Left out of most changes. */
const changeOptions = fc.record(
  { critical: fc.constant(true as const), reliesOn: anyReliance },
  { requiredKeys: [] },
);

const changeFields = {
  number: anyWhole.map((number) => Math.max(1, number)),
  collection: anyCollection,
  id: anyRecordId,
  baseVersion: anyWhole,
  after: anyWhole,
  time: anyTime,
  schemaVersion: anyUint32,
  resolves: fc.array(anyRecordId, { maxLength: 2 }),
  trace: anyTrace,
};

const anyPlainChange: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ ...changeFields, kind: fc.constant('create' as const), payload: anyBytes }),
  fc.record({ ...changeFields, kind: fc.constant('update' as const), payload: anyBytes }),
  fc.record({ ...changeFields, kind: fc.constant('patch' as const), patch: anyPatch }),
  fc.record({ ...changeFields, kind: fc.constant('delete' as const) }),
  fc.record({
    ...changeFields,
    kind: fc.constant('operations' as const),
    type: anyText,
    operations: anyBytes,
  }),
);

export const anyChange: fc.Arbitrary<Change> = fc
  .tuple(anyPlainChange, changeOptions)
  .map(([change, options]) => ({ ...change, ...options }));

const stamp = { time: anyTime, device: anyDevice, number: anyWhole };
const named = { collection: anyCollection, id: anyRecordId, version: anyWhole };

const anySibling: fc.Arbitrary<Sibling> = fc
  .record({
    ...{ device: anyDevice, number: anyWhole, time: anyTime, user: anyUser, schemaVersion: anyUint32 },
    payload: fc.option(anyBytes),
  })
  // The version at which it was written stays with the server.
  .map((sibling) => ({ ...sibling, deleted: sibling.payload === null, version: 0 }));

const anyKept: fc.Arbitrary<Kept> = fc.oneof(
  fc.record({
    kind: fc.constant('siblings' as const),
    siblings: fc.array(anySibling, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('data' as const),
    type: anyText,
    state: anyBytes,
    recent: fc.constant([]),
  }),
);

const anyPlainImage: fc.Arbitrary<RecordImage> = fc.record({
  ...named,
  ...stamp,
  payload: anyBytes,
  user: anyUser,
  schemaVersion: anyUint32,
  resurrected: fc.boolean(),
});

export const anyImage: fc.Arbitrary<RecordImage> = fc
  .tuple(anyPlainImage, fc.option(anyKept))
  .map(([image, kept]) => (kept === null ? image : { ...image, kept }));

export const anyEntry: fc.Arbitrary<PageEntry> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), record: anyImage }),
  fc.record({
    kind: fc.constant('patch' as const),
    ...named,
    ...stamp,
    previousVersion: anyWhole,
    patch: anyPatch,
    user: anyUser,
    schemaVersion: anyUint32,
  }),
  fc.record({
    kind: fc.constant('operations' as const),
    ...named,
    ...stamp,
    previousVersion: anyWhole,
    type: anyText,
    operations: fc.array(anyBytes, { maxLength: 3 }),
    user: anyUser,
    schemaVersion: anyUint32,
  }),
  fc.record({ kind: fc.constant('delete' as const), ...named, ...stamp }),
  fc.record({ kind: fc.constant('gone' as const), ...named }),
  fc.record({ kind: fc.constant('own' as const), ...named, number: anyWhole }),
);
