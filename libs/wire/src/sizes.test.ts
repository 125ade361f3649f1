import {
  type Change,
  checkpointCursor,
  type CollectionDigest,
  collectionName,
  type CursorKeys,
  deviceId,
  encodeCursor,
  encodeUtf8,
  hlcTime,
  recordId,
  spaceId,
  spaceKey,
  tenantId,
  WHOLE_SPACE,
} from '@syncline/core';
import { deviceMessageToBytes } from './device-message';
import { serverMessageToBytes } from './server-message';

const space = spaceId('home-4711');
const rooms = collectionName('rooms');
const phone = deviceId('0b9a3c5e-7d1f-4a86-9c3e-5f2b8d6a1e40');
const keys: CursorKeys = { current: 1, sign: () => new Uint8Array(32) };
const version = 1_234_567;
const cursor = encodeCursor(
  checkpointCursor(1, version, { a: 1, b: 2 }),
  spaceKey(tenantId('acme'), space),
  keys,
);
const digest: CollectionDigest = {
  count: 10_000,
  versions: { a: 0x89abcdef, b: 0x12345678 },
  contents: { a: 0xfedcba98, b: 0x76543210 },
};

const patch: Change = {
  kind: 'patch',
  number: 812,
  collection: rooms,
  id: recordId('f47ac10b-58cc-4372-a567-0e02b2c3d479'),
  baseVersion: version,
  after: 0,
  time: hlcTime(1_760_000_000_000, 3),
  schemaVersion: 3,
  resolves: [],
  trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  patch: { set: encodeUtf8('{"targetCelsius":21.5}'), remove: [] },
};

const emptySync = (digests: ReadonlyMap<typeof rooms, CollectionDigest>): number => {
  const asked = deviceMessageToBytes({
    kind: 'subscribe',
    space,
    scope: WHOLE_SPACE,
    cursor,
    mode: 'bidirectional',
    digests: new Map(),
    pending: [],
    tag: 7,
  });
  const answered = [
    serverMessageToBytes({
      kind: 'subscribed',
      space,
      head: version,
      mode: 'bidirectional',
      lastNumber: 812,
      epoch: 1,
      mismatched: [],
      tag: 7,
    }),
    serverMessageToBytes({ kind: 'checkpoint', space, version, cursor, clock: new Map(), digests }),
  ];
  return answered.reduce((sum, { length }) => sum + length, asked.length);
};

describe('bytes on the wire', () => {
  test('one changed field goes in a push of less than 300, trace included', () => {
    const traced = deviceMessageToBytes({ kind: 'push', space, changes: [patch] }).length;
    const plain = deviceMessageToBytes({ kind: 'push', space, changes: [{ ...patch, trace: '' }] }).length;
    expect({ traced, plain }).toEqual({ traced: 164, plain: 104 });
  });

  test('and comes back to the others in a page of less than 300', () => {
    const { number, id, time, schemaVersion } = patch;
    const page = serverMessageToBytes({
      kind: 'page',
      space,
      cursor,
      entries: [
        {
          kind: 'patch',
          collection: rooms,
          id,
          version: version + 1,
          previousVersion: version,
          patch: patch.patch,
          time,
          device: phone,
          number,
          user: 'ann@example.org' as never,
          schemaVersion,
        },
      ],
    });
    expect(page.length).toBe(200);
  });

  test('a sync that finds nothing new takes less than 200, with the digest of a collection as well', () => {
    expect({ bare: emptySync(new Map()), digested: emptySync(new Map([[rooms, digest]])) }).toEqual({
      bare: 136,
      digested: 168,
    });
  });
});
