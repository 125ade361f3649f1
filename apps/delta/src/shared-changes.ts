import type { Changes, ChangesRequest, Clock, DeltaStore } from '@syncline/ports';
import { requestKey } from './request-key';

export interface SharedChangesDeps {
  readonly deltas: Pick<DeltaStore, 'changes'>;
  readonly clock: Clock;
  readonly keptMax: number;
  readonly keepMs: number;
  readonly shared?: () => void;
}

interface Reading {
  readonly going: Promise<Changes | null>;
  /** When it began. */
  readonly atMs: number;
  isOver: boolean;
  next: Promise<Changes | null> | null;
}

/**
 * Reads of the same rows become one: after a lost announcement or the end of a gateway, everyone who follows a space asks the
 * same. An answer is given to whoever knows of no later version than it has; that holds for a read under way and for a while
 * after it. For others it may be older than what made them ask: all of those who come during a read share the next one.
 */
export function sharedChanges(deps: SharedChangesDeps): DeltaStore['changes'] {
  const { deltas, clock, keptMax, keepMs, shared = () => undefined } = deps;
  const readings = new Map<string, Reading>();

  const forgetOld = (): void => {
    for (const [key, { atMs }] of readings) {
      if (readings.size <= keptMax && clock.nowMs() - atMs < keepMs) return;
      readings.delete(key);
    }
  };
  const begin = (key: string, request: ChangesRequest): Promise<Changes | null> => {
    const going = deltas.changes(request);
    const reading: Reading = { going, atMs: clock.nowMs(), isOver: false, next: null };
    readings.delete(key);
    readings.set(key, reading);
    const end = (changes: Changes | null): void => {
      reading.isOver = true;
      // A page in the middle is on its way to one device as a rule, and large.
      const isKept = changes !== null && !changes.more;
      if (!isKept && reading.next === null && readings.get(key) === reading) readings.delete(key);
    };
    going.then(end, () => end(null));
    return going;
  };
  const readAnew = (key: string, request: ChangesRequest): Promise<Changes | null> => {
    const reading = readings.get(key);
    if (reading === undefined || reading.isOver) return begin(key, request);
    if (reading.next !== null) {
      shared();
      return reading.next;
    }
    const after = (): Promise<Changes | null> => begin(key, request);
    reading.next = reading.going.then(after, after);
    return reading.next;
  };

  return async (request) => {
    forgetOld();
    const key = requestKey(request);
    const { knownHead } = request;
    const reading = readings.get(key);
    if (reading === undefined || knownHead === undefined) return readAnew(key, request);
    const known = await reading.going.catch(() => null);
    if (known === null || known.state.head < knownHead) return readAnew(key, request);
    shared();
    return known;
  };
}
