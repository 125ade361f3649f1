/** What the HTTP side puts up with, WebSockets included. */
export interface HttpLimits {
  readonly connectionsMax: number;
  readonly headerBytesMax: number;
  /** From the first byte of a request to the end of its headers. */
  readonly headersWithinMs: number;
  /** From the end of the headers to the end of the body. */
  readonly bodyWithinMs: number;
  /** A connection on which nothing moves for so long is closed, a request under way or not. */
  readonly idleMs: number;
  /** A connection without a request is closed after this. */
  readonly keepAliveMs: number;
  /** A WebSocket is asked this often whether it is still there, and closed when it has not answered by the next time. */
  readonly pingMs: number;
  /** When the server closes, requests have so long to end by themselves. */
  readonly drainWithinMs: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  connectionsMax: 20_000,
  headerBytesMax: 16 * 1024,
  headersWithinMs: 10_000,
  bodyWithinMs: 30_000,
  idleMs: 120_000,
  keepAliveMs: 65_000,
  pingMs: 30_000,
  drainWithinMs: 10_000,
};
