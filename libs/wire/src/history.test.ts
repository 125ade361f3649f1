import type { Answer, ChainLink, PastVersion } from '@syncline/core';
import * as proto from '@syncline/proto';
import { type Codec, decode, encode } from './encoding';
import * as wire from './index';
import type { Pair } from './pair';

const NAMED = { space: 'home', collection: 'notes', id: 'a' };
const IMAGE = {
  collection: 'notes',
  id: 'a',
  version: 2 ** 40,
  deleted: false,
  payload: new Uint8Array([1, 2]),
  device: 'd',
  number: 3,
  user: 'ann',
  time: 1024,
  schemaVersion: 4,
  committedAtMs: 5,
};
const TOLD = {
  record: IMAGE,
  action: 'resolve',
  previousVersion: 6,
  baseVersion: 7,
  conflict: 'notes/d/3',
  status: 'MERGED',
  trace: '00-0af7-b7ad-01',
  incoming: new Uint8Array([8]),
  incomingDeleted: true,
  policy: 'manual',
  rulesVersion: 9,
};
const HASH = new Uint8Array(32).fill(7);
const HEAD = {
  version: 10,
  hash: HASH,
  signedAtMs: 11,
  keyId: '1',
  signature: new Uint8Array(64),
  epoch: 12,
  publicKey: HASH,
};
const AUDITED = { version: 2 ** 40, told: TOLD, contentSha256: HASH, link: new Uint8Array([9]), hash: HASH };

const SYNC_PLACE = { startedAtMs: 1_700_000_000_000, durationMs: 4, device: 'd/1' };
const SYNC = {
  ...SYNC_PLACE,
  user: 'ann',
  fromVersion: 1,
  toVersion: 2 ** 40,
  mode: 'upload-only',
  pushedCount: 2,
  receivedCount: 3,
  sentBytes: 4,
  receivedBytes: 5,
  conflictCount: 6,
  reason: 'SLOW_CONSUMER',
  reset: true,
  traceId: '0af7651916cd43dd8448eb211c80319c',
};

function arrived<Proto, Value>(codec: Codec<Proto>, pair: Pair<Proto, Value>, value: unknown): Answer<Value> {
  const decoded = decode(codec, encode(codec, pair.toProto(value as Value)));
  return decoded.ok ? pair.fromProto(decoded.value) : decoded;
}

test.each<[string, (value: unknown) => Answer<unknown>, unknown]>([
  [
    'ListRecordVersionsRequest',
    (value) => arrived(proto.ListRecordVersionsRequest, wire.listVersionsCall, value),
    { ...NAMED, resultsMax: 5, before: 2 ** 40, withoutContents: true },
  ],
  [
    'ListRecordVersionsResponse',
    (value) => arrived(proto.ListRecordVersionsResponse, wire.versionsListed, value),
    { items: [TOLD, { ...TOLD, status: null, conflict: null, incoming: null }], next: '7' },
  ],
  [
    'GetRecordAtRequest',
    (value) => arrived(proto.GetRecordAtRequest, wire.recordAtCall, value),
    { ...NAMED, at: { kind: 'version', version: 0 } },
  ],
  [
    'GetRecordAtResponse',
    (value) => arrived(proto.GetRecordAtResponse, wire.recordAtFound, value),
    { record: IMAGE, version: 5 },
  ],
  [
    'ReadSpaceAtRequest',
    (value) => arrived(proto.ReadSpaceAtRequest, wire.spaceAtCall, value),
    { space: 'home', at: { kind: 'time', timeMs: 5 }, collections: ['notes'] },
  ],
  [
    'ReadSpaceAtResponse',
    (value) => arrived(proto.ReadSpaceAtResponse, wire.spacePart, value),
    { records: [IMAGE], version: 5 },
  ],
  [
    'RestoreRecordRequest',
    (value) => arrived(proto.RestoreRecordRequest, wire.restoreRecordCall, value),
    { ...NAMED, version: 5, seenVersion: null },
  ],
  [
    'RestoreRecordResponse',
    (value) => arrived(proto.RestoreRecordResponse, wire.recordRestored, value),
    { ...IMAGE, deleted: true, payload: null },
  ],
  [
    'RestoreSpaceRequest',
    (value) => arrived(proto.RestoreSpaceRequest, wire.restoreSpaceCall, value),
    { space: 'home', to: { kind: 'version', version: 5 }, collections: [], dryRun: true },
  ],
  [
    'RestoreSpaceResponse',
    (value) => arrived(proto.RestoreSpaceResponse, wire.spaceRestored, value),
    { changed: 1, deleted: 2, recreated: 3, head: 4 },
  ],
  [
    'GetChainHeadRequest',
    (value) => arrived(proto.GetChainHeadRequest, wire.chainHeadCall, value),
    { space: 'home', version: 3 },
  ],
  ['GetChainHeadResponse', (value) => arrived(proto.GetChainHeadResponse, wire.chainHeadFound, value), HEAD],
  [
    'ExportAuditRequest',
    (value) => arrived(proto.ExportAuditRequest, wire.exportAuditCall, value),
    { space: 'home', from: 3, to: 4, withoutContents: true },
  ],
  [
    'ExportAuditResponse',
    (value) => arrived(proto.ExportAuditResponse, wire.auditPart, value),
    { entries: [AUDITED], before: HEAD, end: null },
  ],
  [
    'ListSyncEntriesRequest',
    (value) => arrived(proto.ListSyncEntriesRequest, wire.listSyncsCall, value),
    { space: 'home', device: 'd/1', fromMs: 0, toMs: 9, resultsMax: 5, after: SYNC_PLACE },
  ],
  [
    'ListSyncEntriesRequest without anything',
    (value) => arrived(proto.ListSyncEntriesRequest, wire.listSyncsCall, value),
    { space: 'home', device: null, fromMs: null, toMs: null, resultsMax: null, after: null },
  ],
  [
    'ListSyncEntriesResponse',
    (value) => arrived(proto.ListSyncEntriesResponse, wire.syncsListed, value),
    { items: [SYNC, { ...SYNC, mode: null, reason: null, reset: false, traceId: '' }], next: SYNC_PLACE },
  ],
])('%s comes back as it was', (_, trip, value) => {
  expect(trip(value)).toEqual({ ok: true, value });
});

test.each<[string, Answer<unknown>, string]>([
  ['a moment that is not there', wire.recordAtCall.fromProto({ ...NAMED, at: undefined }), 'at'],
  ['a moment that names nothing', wire.recordAtCall.fromProto({ ...NAMED, at: { moment: undefined } }), 'at'],
  [
    'no version to restore',
    wire.restoreRecordCall.fromProto({ ...NAMED, version: 0, seenVersion: 0 }),
    'version',
  ],
  [
    'where to go on that no answer said',
    wire.listVersionsCall.fromProto({ ...NAMED, resultsMax: 0, after: '1e3', withoutContents: false }),
    'after',
  ],
  [
    'a place among syncs that no answer said',
    wire.listSyncsCall.fromProto({ space: 'home', device: '', resultsMax: 0, after: '5/6/sys.mine' }),
    'after',
  ],
  [
    'a range that ends before it begins',
    wire.exportAuditCall.fromProto({ space: 'home', fromVersion: 5, toVersion: 4, withoutContents: false }),
    'to_version',
  ],
])('%s is refused', (_, answer, field) => {
  expect(answer).toMatchObject({ refusal: { reason: 'INVALID_ARGUMENT', violations: [{ field }] } });
});

test('contents are left out where nobody asked for them', () => {
  const version = {
    ...IMAGE,
    previousVersion: 0,
    incoming: new Uint8Array([1]),
    about: IMAGE,
    baseVersion: 0,
    policy: '',
    rulesVersion: 0,
    conflict: null,
    trace: '',
    replacesDelete: false,
    settles: null,
  } as unknown as PastVersion;
  expect(wire.versionTold(version, true)).toMatchObject({
    record: { payload: IMAGE.payload },
    action: 'create',
  });
  expect(wire.versionTold(version, false)).toMatchObject({
    record: { payload: null, deleted: false },
    incoming: null,
    status: 'MERGED',
  });
});

/** Whatever changes this breaks every chain that there is. */
test('a link is these bytes for good', () => {
  const link = {
    version: 300,
    collection: 'notes',
    id: 'a',
    action: 'update',
    contentSha256: HASH,
    device: 'd1',
    number: 2,
    user: 'ann',
    time: 1_740_800_000_000_000,
    committedAtMs: 1_700_000_000_000,
    previousVersion: 1,
    conflict: null,
    deleted: false,
    baseVersion: 1,
    schemaVersion: 0,
    status: 'APPLIED',
    policy: '',
    rulesVersion: 0,
    trace: '',
    incomingSha256: null,
    incomingDeleted: false,
  } as unknown as ChainLink;
  expect(Buffer.from(wire.chainLinkToBytes(link)).toString('hex')).toBe(
    `08ac0212056e6f7465731a016120022a20${'07'.repeat(32)}3202643138024203616e6e48808080adf9e78b035080d095ffbc3158017001800101`,
  );
  expect(decode(proto.ChainLink, wire.chainLinkToBytes(link))).toMatchObject({
    value: { version: 300, action: proto.HistoryAction.UPDATE, previousVersion: 1 },
  });
});
