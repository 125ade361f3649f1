/** What a gRPC server puts up with. Everything has a default; times that are 0 are without bound. */
export interface GrpcLimits {
  readonly messageBytesMax: number;
  readonly connectionsMax: number;
  readonly streamsPerConnectionMax: number;
  readonly headerBytesMax: number;
  /** What a connection may keep buffered here before it is closed. */
  readonly connectionMemoryMibMax: number;
  /** The server asks a silent connection this often whether it is still there … */
  readonly keepAliveMs: number;
  /** … and waits so long for the answer. */
  readonly keepAliveWithinMs: number;
  /**
   * Pings of a client within ten seconds; one that sends more is cut off. Clients in Go send one with each round trip while data
   * comes, to find out how much may be under way.
   */
  readonly pingsPerTenSecondsMax: number;
  /** For TLS. What comes after is bounded by `idleMs`. */
  readonly handshakeWithinMs: number;
  /** A connection without a call is closed after this. */
  readonly idleMs: number;
  /** A connection is asked to move elsewhere after about this long, so that new servers get their share. */
  readonly connectionAgeMs: number;
  /** Calls that then go on have so long to end. */
  readonly connectionAgeGraceMs: number;
  /** When the server closes, calls have so long to end by themselves. */
  readonly drainWithinMs: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_GRPC_LIMITS: GrpcLimits = {
  messageBytesMax: 4 * MIB,
  connectionsMax: 20_000,
  streamsPerConnectionMax: 1_000,
  headerBytesMax: 32 * 1024,
  connectionMemoryMibMax: 64,
  keepAliveMs: 30_000,
  keepAliveWithinMs: 10_000,
  pingsPerTenSecondsMax: 10_000,
  handshakeWithinMs: 10_000,
  idleMs: 300_000,
  connectionAgeMs: 0,
  connectionAgeGraceMs: 0,
  drainWithinMs: 10_000,
};

/** Between services a connection carries what many devices say: few connections, each with much on it. */
export const INTERNAL_GRPC_LIMITS = {
  connectionMemoryMibMax: 512,
  streamsPerConnectionMax: 10_000,
} satisfies Partial<GrpcLimits>;
