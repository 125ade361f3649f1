/** How often a gateway looks after its sessions, and how long it waits for them. */
export interface GatewayTiming {
  readonly tickMs: number;
  /** Between two looks at where all watched spaces stand. */
  readonly headsMs: number;
  /** What such a look finds may be announced within this time before it counts as lost. */
  readonly announcementMs: number;
  /** Between two looks for open devices that were revoked. */
  readonly revokedMs: number;
  /** A device that takes nothing for so long, although something waits for it, is sent away. */
  readonly slowConsumerMs: number;
  /** What was said last has so long to arrive before the stream is cut. */
  readonly lastWordsMs: number;
  /** What a device acknowledged is written down at most this often, space by space; so is what is kept for resuming. */
  readonly keepEveryMs: number;
  /** A sync of a device in a space is over when nothing went either way for so long. */
  readonly syncQuietMs: number;
  /** One that goes on for so long is written down, and another one begins. */
  readonly syncLongestMs: number;
  /** What a device shows of itself lapses after this, unless it is shown again. */
  readonly presenceMs: number;
  /** Devices have so long to move elsewhere once the gateway is about to stop. */
  readonly drainMs: number;
}

export const DEFAULT_TIMING: GatewayTiming = {
  tickMs: 1_000,
  headsMs: 3_000,
  announcementMs: 500,
  revokedMs: 10_000,
  slowConsumerMs: 60_000,
  lastWordsMs: 5_000,
  keepEveryMs: 1_000,
  syncQuietMs: 15_000,
  syncLongestMs: 600_000,
  presenceMs: 90_000,
  drainMs: 10_000,
};
