import type { Changes, ChangesRequest, DeltaStore } from '@syncline/ports';
import { requestKey } from './request-key';

/**
 * Reads of the same rows at the same time become one: after a lost announcement, everyone who watches a space asks the same.
 * Who asks while such a read is under way is not given its answer, which may be older than what made them ask: all of
 * these share the next one.
 */
export function sharedChanges(
  deltas: Pick<DeltaStore, 'changes'>,
  shared: () => void = () => undefined,
): DeltaStore['changes'] {
  interface Reading {
    readonly going: Promise<Changes | null>;
    next: Promise<Changes | null> | null;
  }
  const readings = new Map<string, Reading>();

  const begin = (key: string, request: ChangesRequest): Promise<Changes | null> => {
    const going = deltas.changes(request);
    const reading: Reading = { going, next: null };
    readings.set(key, reading);
    const end = (): void => {
      if (readings.get(key) === reading && reading.next === null) readings.delete(key);
    };
    going.then(end, end);
    return going;
  };

  return (request) => {
    const key = requestKey(request);
    const reading = readings.get(key);
    if (reading === undefined) return begin(key, request);
    if (reading.next !== null) {
      shared();
      return reading.next;
    }
    const after = (): Promise<Changes | null> => begin(key, request);
    reading.next = reading.going.then(after, after);
    return reading.next;
  };
}
