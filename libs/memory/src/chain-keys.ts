import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { ChainSigner } from '@syncline/ports';

export interface ChainSecret {
  readonly id: number;
  /** 32 bytes: the seed of an Ed25519 key. */
  readonly secret: Uint8Array;
}

const SEED_BYTES = 32;
/** What stands before the seed in PKCS #8, which holds nothing else that could differ. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

export function ed25519Signer({ id, secret }: ChainSecret): ChainSigner {
  if (secret.length !== SEED_BYTES) throw new RangeError(`the key ${id} is not ${SEED_BYTES} bytes long`);
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, secret]),
    format: 'der',
    type: 'pkcs8',
  });
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const publicKey = new Uint8Array(der.subarray(der.length - SEED_BYTES));
  return {
    keyId: String(id),
    publicKey,
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}
