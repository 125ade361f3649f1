import { randomBytes, randomInt } from 'node:crypto';
import type { Chance } from '@syncline/ports';

const ID_BYTES = 18;
const FRACTION_STEPS = 2 ** 47;

/** The only place where the product draws from the machine's chance. */
export function systemChance(): Chance {
  return {
    id: () => randomBytes(ID_BYTES).toString('base64url'),
    fraction: () => randomInt(FRACTION_STEPS) / FRACTION_STEPS,
  };
}
