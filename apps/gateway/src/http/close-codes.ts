import type { Reason } from '@syncline/core';
import { httpStatus } from './http-status';

/** Codes that WebSockets have themselves for what is meant. */
const STANDARD: ReadonlyMap<Reason, number> = new Map<Reason, number>([
  ['DRAINING', 1001],
  ['MESSAGE_TOO_LARGE', 1009],
  ['INTERNAL', 1011],
]);

const PRIVATE_CODES = 4_000;

/** How a WebSocket ends that is refused: as HTTP would say it, from 4400 on; the reason itself is the text. */
export function closeCode(reason: Reason): number {
  return STANDARD.get(reason) ?? PRIVATE_CODES + httpStatus(reason);
}

export const CLOSED_WELL = 1000;
