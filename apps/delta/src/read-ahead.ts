import type { Changes, ChangesRequest, Clock, DeltaStore } from '@syncline/ports';
import { requestKey } from './request-key';

export interface ReadAheadDeps {
  readonly deltas: Pick<DeltaStore, 'changes'>;
  readonly clock: Clock;
  readonly pagesMax: number;
  readonly keepMs: number;
}

interface Ahead {
  readonly changes: Promise<Changes | null>;
  readonly atMs: number;
}

/** Of whoever has just come; most take a page or two. */
const PAGES_AT_FIRST = 1;
/** Of whoever takes what was read ahead: as one page waits to be taken, the next one is being read. */
const PAGES_ON_THE_WAY = 2;

/**
 * Whoever gets a page that is not the last one asks for the next one at once, so that is being read while this one is encoded
 * and sent. A page in the middle may be some moments old: what was written since stands above it and is read later, and only
 * the last one, which says where the device has arrived, has to be fresh. A page that nobody takes is
 * forgotten after a while.
 */
export function readAhead(deps: ReadAheadDeps): DeltaStore['changes'] {
  const { deltas, clock, pagesMax, keepMs } = deps;
  const kept = new Map<string, Ahead>();

  const forgetOld = (): void => {
    for (const [key, { atMs }] of kept) {
      if (kept.size <= pagesMax && clock.nowMs() - atMs < keepMs) return;
      kept.delete(key);
    }
  };
  const begin = (key: string, request: ChangesRequest): Ahead => {
    const ahead = { changes: deltas.changes(request), atMs: clock.nowMs() };
    kept.set(key, ahead);
    const drop = (found: Changes | null): void => {
      if (found === null || !found.more) kept.delete(key);
    };
    ahead.changes.then(drop, () => drop(null));
    return ahead;
  };
  const readNext = (request: ChangesRequest, { rows, more }: Changes, pages: number): void => {
    const last = rows[rows.length - 1];
    if (pages === 0 || !more || last === undefined) return;
    const next = { ...request, after: last.version };
    const key = requestKey(next);
    const ahead = kept.get(key) ?? begin(key, next);
    const goOn = (found: Changes | null): void => {
      // Whoever has taken it has asked for more already.
      if (found !== null && kept.get(key) === ahead) readNext(next, found, pages - 1);
    };
    ahead.changes.then(goOn, () => undefined);
  };

  return async (request) => {
    forgetOld();
    const key = requestKey(request);
    const ahead = await kept.get(key)?.changes.catch(() => null);
    // Whoever comes the same way later reads for himself: kept on, the rows of many pages would weigh on the memory.
    kept.delete(key);
    const isOnTheWay = ahead?.more === true;
    const changes = isOnTheWay ? ahead : await deltas.changes(request);
    if (changes !== null) readNext(request, changes, isOnTheWay ? PAGES_ON_THE_WAY : PAGES_AT_FIRST);
    return changes;
  };
}
