import type { Row } from './row';
import { amplification } from './rows/amplification';
import { firstSync } from './rows/first-sync';
import { idle } from './rows/idle';
import { live1, live200, live1000 } from './rows/live';
import { costs } from './rows/costs';
import { flat } from './rows/flat';
import { mergeRate } from './rows/merge-rate';
import { pushBatched } from './rows/push-batched';
import { pushSingle } from './rows/push-single';
import { storm } from './rows/storm';
import { sustained } from './rows/sustained';
import { tracing } from './rows/tracing';
import { wire } from './rows/wire';

/** In the order of the table. */
export const ROWS: readonly Row[] = [
  pushBatched,
  pushSingle,
  firstSync,
  live1,
  live200,
  live1000,
  idle,
  flat,
  amplification,
  wire,
  mergeRate,
  sustained,
  storm,
  tracing,
  costs,
];
