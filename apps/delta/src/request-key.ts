import type { ChangesRequest } from '@syncline/ports';

/** The same for requests that have the same answer. */
export function requestKey({
  space,
  after,
  collections,
  recordsMax,
  bytesMax,
  clockAfter,
}: ChangesRequest): string {
  return JSON.stringify([space, after, [...collections].sort(), recordsMax, bytesMax, clockAfter]);
}
