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

/**
 * Whoever gets a page that is not the last one asks for the next one at once, so that is being read while this one is encoded
 * and sent. A page in the middle may be some moments old: what was written since stands above it and is read later, and only
 * the last one, which says where the device has arrived, has to be fresh. The pages stay for a while, for other devices that
 * come the same way.
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
  const readNext = (request: ChangesRequest, { rows, more }: Changes): void => {
    const last = rows[rows.length - 1];
    if (!more || last === undefined) return;
    const next = { ...request, after: last.version };
    const key = requestKey(next);
    if (kept.has(key)) return;
    const changes = deltas.changes(next);
    kept.set(key, { changes, atMs: clock.nowMs() });
    const drop = (found: Changes | null): void => {
      if (found === null || !found.more) kept.delete(key);
    };
    changes.then(drop, () => drop(null));
  };

  return async (request) => {
    forgetOld();
    const key = requestKey(request);
    const ahead = await kept.get(key)?.changes.catch(() => null);
    // Whoever comes the same way later reads for himself: kept on, the rows of many pages would weigh on the memory.
    kept.delete(key);
    const changes = ahead?.more === true ? ahead : await deltas.changes(request);
    if (changes !== null) readNext(request, changes);
    return changes;
  };
}
