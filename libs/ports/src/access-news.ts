import type { AccessChange } from './directory';

/**
 * How a change of rights reaches all gateways. Contract: best effort, as with announcements; `publish` resolves when the
 * news has been handed over, and every listener of every process gets it, the publisher's own included.
 */
export interface AccessNews {
  publish(change: AccessChange): Promise<void>;
  /** Returns the way to stop listening. */
  listen(listener: (change: AccessChange) => void): () => void;
}
