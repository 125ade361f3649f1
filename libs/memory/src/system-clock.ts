import type { Clock } from '@syncline/ports';

/** The only place where the product reads the machine's clock. */
export function systemClock(): Clock {
  return { nowMs: () => Date.now() };
}
