import type { Row } from './row';
import { pushBatched } from './rows/push-batched';

/** In the order of the table. */
export const ROWS: readonly Row[] = [pushBatched];
