import { ed25519Signer } from './chain-keys';

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));

/** The first test of RFC 8032. */
test('signs as Ed25519 does', () => {
  const signer = ed25519Signer({
    id: 7,
    secret: bytes('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'),
  });
  expect(signer.keyId).toBe('7');
  expect(signer.publicKey).toEqual(bytes('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'));
  expect(signer.sign(new Uint8Array(0))).toEqual(
    bytes(
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555' +
        'fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ),
  );
});

test('a key of another length is none', () => {
  expect(() => ed25519Signer({ id: 1, secret: new Uint8Array(31) })).toThrow('not 32 bytes');
});
