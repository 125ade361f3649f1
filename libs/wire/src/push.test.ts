import { type PushMessage, spaceId, spaceKey, tenantId, userId } from '@syncline/core';
import { anyChange, anyDevice, anySpace } from '@syncline/port-contracts';
import { DeviceMessage } from '@syncline/proto';
import fc from 'fast-check';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Compressor } from './compressor';
import { deviceMessageToBytes } from './device-message';
import { decode, encode, valueOrNull } from './encoding';
import { mergeCallFromProto, mergeCallToProto } from './merge-calls';
import { encodedPushIn, packedPushToProto } from './push';

const anyPush: fc.Arbitrary<PushMessage> = fc.record({
  kind: fc.constant('push' as const),
  space: anySpace,
  changes: fc.array(anyChange, { minLength: 1, maxLength: 4 }),
});

const encodedIn = (bytes: Uint8Array) => encodedPushIn(bytes, valueOrNull(decode(DeviceMessage, bytes))!);

test('a push that is passed on as it came is the same push', () => {
  fc.assert(
    fc.property(anyPush, anyDevice, (message, device) => {
      const encoded = encodedIn(deviceMessageToBytes(message))!;
      const call = {
        correlation: 1,
        space: spaceKey(tenantId('acme'), message.space),
        push: {
          device,
          user: userId('ann'),
          access: { role: 'owner' as const, collections: new Map() },
          changes: message.changes,
        },
        receivedAtMs: 1,
        deadlineAtMs: null,
        critical: false,
        traceparent: '',
      };
      expect(mergeCallToProto({ ...call, encoded }).push).toBe(encoded);
      expect(mergeCallFromProto(mergeCallToProto({ ...call, encoded }))).toEqual({ ok: true, value: call });
    }),
  );
});

const push: PushMessage = { kind: 'push', space: spaceId('home'), changes: [] };
const goodbye = deviceMessageToBytes({ kind: 'goodbye' });
const gzip: Compressor = {
  name: 'gzip',
  unpackedBytesMax: 4_000_000,
  pack: (bytes) => new Uint8Array(gzipSync(bytes)),
  unpack: (packed, bytesMax) => new Uint8Array(gunzipSync(packed, { maxOutputLength: bytesMax })),
};

test.each([
  ['is no push', goodbye],
  ['said something else before', Buffer.concat([goodbye, deviceMessageToBytes(push)])],
  ['was pushed twice', Buffer.concat([deviceMessageToBytes(push), deviceMessageToBytes(push)])],
])('a message that %s is not passed on', (_, bytes) => {
  expect(encodedIn(bytes)).toBeNull();
});

test('packed changes are not passed on', () => {
  fc.assert(
    fc.property(fc.array(anyChange, { minLength: 5, maxLength: 5 }), (changes) => {
      const packed = packedPushToProto({ ...push, changes: [...changes, ...changes] }, gzip);
      fc.pre(packed.compressedChanges.length > 0);
      expect(encodedIn(encode(DeviceMessage, { message: { $case: 'push', push: packed } }))).toBeNull();
    }),
  );
});
