import {
  describeChanceContract,
  describeClockContract,
  describeTimerContract,
} from '@syncline/port-contracts';
import { systemChance } from './system-chance';
import { systemClock } from './system-clock';
import { systemTimer } from './system-timer';

describeClockContract('the system clock', systemClock);
describeChanceContract('the system chance', systemChance);
describeTimerContract('the system timer', systemTimer);
