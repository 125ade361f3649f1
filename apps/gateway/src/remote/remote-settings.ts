/** How a gateway deals with the merge and delta services. */
export interface RemoteSettings {
  /** A push or call without an answer by then is refused. */
  readonly deadlineMs: number;
  readonly retryAfterMs: number;
  /** Of pushes that one merge instance has not answered; beyond, a push is refused. */
  readonly unansweredBytesMax: number;
  /** Names are looked up this often, and when a stream breaks. */
  readonly resolveEveryMs: number;
  /** The pause before a broken stream is opened again, doubled each time. */
  readonly reconnectMsMin: number;
  readonly reconnectMsMax: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_REMOTE_SETTINGS: RemoteSettings = {
  deadlineMs: 10_000,
  retryAfterMs: 500,
  unansweredBytesMax: 16 * MIB,
  resolveEveryMs: 5_000,
  reconnectMsMin: 100,
  reconnectMsMax: 5_000,
};
