import { createHmac } from 'node:crypto';
import { DeviceMessage, Hello } from '@syncline/proto';
import fc from 'fast-check';
import {
  helloIntegrity,
  signedBytes,
  signedFromDevice,
  signedFromServer,
  signedToDeviceMessage,
  signedToServerMessage,
  welcomedSession,
} from './signed-messages';

const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

// Clients in other languages have to come to the same bytes.
test('a code is computed over these bytes', () => {
  const bytes = signedBytes({ signer: 'device', session: 's-1', sequence: 258 }, new Uint8Array([1, 2, 3]));
  expect(toHex(bytes)).toBe(
    `${toHex(Buffer.from('syncline/1'))}00${toHex(Buffer.from('Ds-1'))}000000000000000102010203`,
  );
  const key = new Uint8Array(32).fill(9);
  expect(createHmac('sha256', key).update(bytes).digest('hex')).toBe(
    '9331038a955c00c9318963cb9e595f3ef9e3000400f9198301dc64c2857de12a',
  );
});

test('no two places or messages have the same bytes', () => {
  const anyPlace = fc.record({
    signer: fc.constantFrom('device' as const, 'server' as const),
    session: fc.stringMatching(/^[a-z0-9-]{0,8}$/),
    sequence: fc.nat(),
  });
  fc.assert(
    fc.property(anyPlace, anyPlace, fc.uint8Array({ maxLength: 9 }), (left, right, message) => {
      const same = JSON.stringify(left) === JSON.stringify(right);
      expect(toHex(signedBytes(left, message)) === toHex(signedBytes(right, message))).toBe(same);
    }),
  );
});

test('signed messages arrive as they were', () => {
  const anySigned = fc.record({
    message: fc.uint8Array({ maxLength: 20 }),
    keyId: fc.stringMatching(/^[a-z]{1,5}$/),
    sequence: fc.nat(),
    mac: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  });
  fc.assert(
    fc.property(anySigned, (signed) => {
      expect(signedFromDevice(signedToDeviceMessage(signed))).toEqual({ ok: true, value: signed });
      expect(signedFromServer(signedToServerMessage(signed))).toEqual({ ok: true, value: signed });
    }),
  );
});

test('a code of another length is none, and a signed message holds no signed one', () => {
  const short = { message: new Uint8Array(0), keyId: 'k', sequence: 1, mac: new Uint8Array(31) };
  expect(signedFromDevice(signedToDeviceMessage(short))).toMatchObject({
    refusal: { violations: [{ field: 'signed.mac' }] },
  });
  expect(helloIntegrity(signedToDeviceMessage({ ...short, mac: new Uint8Array(32) })).ok).toBe(false);
  const hello = Hello.fromPartial({ device: { id: 'd' }, token: 't', integrityKeyId: 'k' });
  const bytes = DeviceMessage.encode({ message: { $case: 'hello', hello } }).finish();
  expect(helloIntegrity(bytes)).toEqual({ ok: true, value: { device: 'd', token: 't', keyId: 'k' } });
  expect(helloIntegrity(new Uint8Array(0))).toEqual({ ok: true, value: null });
  expect(welcomedSession(new Uint8Array([255]))).toBeNull();
});
