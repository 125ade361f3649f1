import {
  actionOf,
  type AuditedVersion,
  chainHeadMessage,
  factsOfEntry,
  type HistoryAction,
  isIncomingDelete,
  linkOf,
} from './audit';
import { hlcTime } from './clock';
import type { HistoryEntry } from './history';
import { CONFLICTS, type DeviceId, type RecordId, SERVICE_DEVICE, type SpaceKey, type UserId } from './ids';
import { NOTES } from './space.test-fixtures';
import { decodeUtf8, encodeUtf8 } from './utf8';

const A = 'a' as RecordId;
const CONFLICT = 'notes/d/1' as RecordId;
const marked = (bytes: Uint8Array) => encodeUtf8(`hash of ${decodeUtf8(bytes)}`);

const ENTRY: HistoryEntry = {
  version: 7,
  collection: NOTES,
  id: A,
  previousVersion: 3,
  payload: encodeUtf8('now'),
  incoming: null,
  about: { collection: NOTES, id: A },
  device: 'd' as DeviceId,
  user: 'ann' as UserId,
  number: 4,
  baseVersion: 3,
  time: hlcTime(5),
  committedAtMs: 6,
  policy: 'last-write-wins',
  rulesVersion: 2,
  schemaVersion: 1,
  conflict: null,
  trace: '',
};

const versionOf = (given: Partial<AuditedVersion> = {}): AuditedVersion => ({
  ...factsOfEntry(ENTRY, marked),
  replacesDelete: false,
  settles: null,
  keptBytes: 3,
  ...given,
});

test.each<[HistoryAction, Partial<AuditedVersion>]>([
  ['update', {}],
  ['create', { previousVersion: 0 }],
  ['create', { replacesDelete: true }],
  ['delete', { deleted: true }],
  ['resolve', { settles: CONFLICT }],
  ['resolve', { settles: CONFLICT, device: SERVICE_DEVICE, deleted: true }],
  ['restore', { device: SERVICE_DEVICE }],
  ['restore', { device: SERVICE_DEVICE, previousVersion: 0 }],
  ['restore', { device: SERVICE_DEVICE, deleted: true }],
  ['create', { collection: CONFLICTS, previousVersion: 0 }],
  ['resolve', { collection: CONFLICTS, previousVersion: 2 }],
])('a version did this: %s, for %j', (action, given) => {
  expect(actionOf(versionOf(given))).toBe(action);
});

test('a link says what a version did, what became of its change, and of contents the hashes', () => {
  expect(linkOf(versionOf())).toMatchObject({ action: 'update', status: 'APPLIED', conflict: null });
  expect(decodeUtf8(linkOf(versionOf()).contentSha256)).toBe('hash of now');
  const merged = factsOfEntry({ ...ENTRY, incoming: encodeUtf8('sent'), conflict: CONFLICT }, marked);
  const link = linkOf({ ...versionOf(), ...merged });
  expect(link).toMatchObject({ status: 'MERGED', conflict: CONFLICT, incomingDeleted: false });
  expect(decodeUtf8(link.incomingSha256!)).toBe('hash of sent');
  expect(linkOf(versionOf({ settles: CONFLICT })).conflict).toBe(CONFLICT);
  expect(linkOf(versionOf({ collection: CONFLICTS })).status).toBeNull();
  expect(Object.keys(link)).not.toContain('keptBytes');
});

test('a delete has the hash of nothing', () => {
  const facts = factsOfEntry({ ...ENTRY, payload: null }, marked);
  expect([facts.deleted, decodeUtf8(facts.contentSha256)]).toEqual([true, 'hash of ']);
});

test('what the ledger enters without a content that was sent was a delete', () => {
  const entered = { ...ENTRY, collection: CONFLICTS, id: CONFLICT };
  expect(isIncomingDelete(entered)).toBe(true);
  expect(isIncomingDelete({ ...entered, incoming: encodeUtf8('{}') })).toBe(false);
  expect(isIncomingDelete({ ...entered, about: { collection: CONFLICTS, id: CONFLICT } })).toBe(false);
  expect(isIncomingDelete(ENTRY)).toBe(false);
});

test('what is signed of a chain names the space, the epoch, the version, the time and the hash', () => {
  const hash = new Uint8Array(32).fill(9);
  const message = chainHeadMessage('acme/höme' as SpaceKey, {
    epoch: 2,
    version: 2 ** 33 + 1,
    signedAtMs: 3,
    hash,
  });
  const names = encodeUtf8('syncline/chain/1\u0000acme/höme\u0000');
  expect([...message]).toEqual([
    ...names,
    ...[0, 0, 0, 0, 0, 0, 0, 2],
    ...[0, 0, 0, 2, 0, 0, 0, 1],
    ...[0, 0, 0, 0, 0, 0, 0, 3],
    ...hash,
  ]);
});
