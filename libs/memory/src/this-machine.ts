import { systemChance, systemSecrets } from './system-chance';
import { systemClock } from './system-clock';
import { systemTimer } from './system-timer';

/** Time and chance as they really are, for programs. */
export function thisMachine() {
  return { clock: systemClock(), timer: systemTimer(), chance: systemChance(), secrets: systemSecrets() };
}
