/** Everything has a limit; these are the defaults, and each can be set by configuration. */
export interface Limits {
  readonly messageBytesMax: number;
  readonly recordBytesMax: number;
  readonly pushChangesMax: number;
  readonly pageRecordsMax: number;
  readonly pageBytesMax: number;
  readonly pageCompressBytesMin: number;
  readonly chunkBytesMax: number;
  readonly artifactSizeBytesMax: number;
  readonly artifactChunksMax: number;
  /** An upload that nobody has gone on with for so long is forgotten. */
  readonly uploadResumeWithinMs: number;
  /** Of one device, as every rate below that does not say of whom. */
  readonly changesPerSecondMax: number;
  readonly changesBurstMax: number;
  readonly changesPerSecondPerUserMax: number;
  readonly changesBurstPerUserMax: number;
  readonly changesPerSecondPerTenantMax: number;
  readonly changesBurstPerTenantMax: number;
  readonly pushBytesPerSecondMax: number;
  readonly pushBytesBurstMax: number;
  readonly pushBytesPerSecondPerUserMax: number;
  readonly pushBytesBurstPerUserMax: number;
  readonly pushBytesPerSecondPerTenantMax: number;
  readonly pushBytesBurstPerTenantMax: number;
  readonly handshakesPerSecondMax: number;
  readonly handshakesBurstMax: number;
  readonly handshakesPerSecondPerUserMax: number;
  readonly handshakesBurstPerUserMax: number;
  readonly handshakesPerSecondPerTenantMax: number;
  readonly handshakesBurstPerTenantMax: number;
  /** Counted before anyone knows who is asking. */
  readonly handshakesPerSecondPerAddressMax: number;
  readonly handshakesBurstPerAddressMax: number;
  readonly artifactBytesPerSecondMax: number;
  readonly sendWindowBytesMax: number;
  readonly sessionsPerDeviceMax: number;
  readonly sessionsPerUserMax: number;
  readonly sessionsPerTenantMax: number;
  /** An open session counts this long without being renewed, so those of a killed gateway soon make room. */
  readonly sessionLeaseMs: number;
  readonly spacesPerSessionMax: number;
  readonly pushesQueuedMax: number;
  readonly helloWithinMs: number;
  /** How long after its end a session can be taken up again. */
  readonly resumeWithinMs: number;
  readonly offlineHorizonMs: number;
  readonly clockSkewMsMax: number;
  readonly historyPerRecordMax: number;
  readonly syncEntriesKeptMs: number;
  readonly ledgerSideBytesMax: number;
  readonly pollMsMin: number;
  readonly pollMsMax: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

export const DEFAULT_LIMITS: Limits = {
  messageBytesMax: 4 * MIB,
  recordBytesMax: MIB,
  pushChangesMax: 1_000,
  pageRecordsMax: 1_000,
  pageBytesMax: MIB,
  pageCompressBytesMin: KIB,
  chunkBytesMax: 64 * KIB,
  artifactSizeBytesMax: 1_024 * MIB,
  artifactChunksMax: 65_536,
  uploadResumeWithinMs: DAY_MS,
  changesPerSecondMax: 100,
  changesBurstMax: 1_000,
  changesPerSecondPerUserMax: 1_000,
  changesBurstPerUserMax: 10_000,
  changesPerSecondPerTenantMax: 20_000,
  changesBurstPerTenantMax: 200_000,
  pushBytesPerSecondMax: 4 * MIB,
  pushBytesBurstMax: 32 * MIB,
  pushBytesPerSecondPerUserMax: 16 * MIB,
  pushBytesBurstPerUserMax: 128 * MIB,
  pushBytesPerSecondPerTenantMax: 128 * MIB,
  pushBytesBurstPerTenantMax: 1_024 * MIB,
  handshakesPerSecondMax: 2,
  handshakesBurstMax: 20,
  handshakesPerSecondPerUserMax: 20,
  handshakesBurstPerUserMax: 200,
  handshakesPerSecondPerTenantMax: 1_000,
  handshakesBurstPerTenantMax: 20_000,
  handshakesPerSecondPerAddressMax: 200,
  handshakesBurstPerAddressMax: 2_000,
  artifactBytesPerSecondMax: 10_000_000,
  sendWindowBytesMax: 4 * MIB,
  sessionsPerDeviceMax: 4,
  sessionsPerUserMax: 100,
  sessionsPerTenantMax: 100_000,
  sessionLeaseMs: 30_000,
  spacesPerSessionMax: 100,
  pushesQueuedMax: 8,
  helloWithinMs: 10_000,
  resumeWithinMs: HOUR_MS,
  offlineHorizonMs: 30 * DAY_MS,
  clockSkewMsMax: 60_000,
  historyPerRecordMax: 100,
  syncEntriesKeptMs: 30 * DAY_MS,
  ledgerSideBytesMax: 16 * KIB,
  pollMsMin: 5_000,
  pollMsMax: 300_000,
};

/** The limits that a session is told of in Welcome. */
export const SESSION_LIMITS = [
  'messageBytesMax',
  'recordBytesMax',
  'pushChangesMax',
  'pageRecordsMax',
  'pageBytesMax',
  'chunkBytesMax',
  'changesPerSecondMax',
  'changesBurstMax',
  'artifactBytesPerSecondMax',
  'sendWindowBytesMax',
  'sessionsPerDeviceMax',
  'spacesPerSessionMax',
  'pushesQueuedMax',
  'helloWithinMs',
  'offlineHorizonMs',
  'clockSkewMsMax',
] as const satisfies readonly (keyof Limits)[];

export type SessionLimits = Pick<Limits, (typeof SESSION_LIMITS)[number]>;

export function sessionLimits(limits: SessionLimits): SessionLimits {
  const told = SESSION_LIMITS.map((name) => [name, limits[name]] as const);
  return Object.fromEntries(told) as unknown as SessionLimits;
}

/** A limit's name as the protocol spells it, for refusals. */
export function limitName(limit: string): string {
  return limit.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** With the names that refusals and metrics call them by. */
export function namedLimits(limits: Limits): (readonly [name: string, value: number])[] {
  return Object.entries(limits).map(([limit, value]) => [limitName(limit), value as number]);
}
