import type { Reason } from './refusals';

/** Reasons for which a device cannot go on from where it is, but can from the beginning. */
const STARTING_OVER: ReadonlySet<Reason> = new Set<Reason>([
  'CURSOR_TOO_OLD',
  'EPOCH_CHANGED',
  'SCOPE_CHANGED',
  'ACCESS_CHANGED',
  'INVALID_SYNC_STATE',
]);

export function startsOver(reason: Reason): boolean {
  return STARTING_OVER.has(reason);
}
