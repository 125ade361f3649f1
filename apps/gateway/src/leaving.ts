import { setMaxListeners } from 'node:events';

/** Tells everything that is done for a caller, however much that is, that the caller has gone. */
export function leavingCaller(): AbortController {
  const leaving = new AbortController();
  setMaxListeners(0, leaving.signal);
  return leaving;
}
