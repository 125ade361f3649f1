import { randomBytes, randomInt } from 'node:crypto';
import type { Chance, Secrets } from '@syncline/ports';

const ID_BYTES = 18;
const FRACTION_STEPS = 2 ** 47;

/** The only file that draws from the machine's chance. */
export function systemChance(): Chance {
  return {
    id: () => randomBytes(ID_BYTES).toString('base64url'),
    fraction: () => randomInt(FRACTION_STEPS) / FRACTION_STEPS,
  };
}

export function systemSecrets(): Secrets {
  return { bytes: (count) => new Uint8Array(randomBytes(count)) };
}
