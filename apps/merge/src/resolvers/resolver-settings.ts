/** How the resolvers of tenants are asked. */
export interface ResolverSettings {
  /** At once, of all tenants. */
  readonly callsMax: number;
  readonly callsPerTenantMax: number;
  /** Beyond, they are found again by looking. */
  readonly waitingMax: number;
  readonly lookEveryMs: number;
  /** After the first failure; each further one doubles it. */
  readonly pauseMs: number;
  readonly pauseMsMax: number;
  /** In a row, of one endpoint. */
  readonly breakerFailures: number;
  readonly breakerPauseMs: number;
}

export const DEFAULT_RESOLVER_SETTINGS: ResolverSettings = {
  callsMax: 32,
  callsPerTenantMax: 8,
  waitingMax: 1_000,
  lookEveryMs: 5_000,
  pauseMs: 5_000,
  pauseMsMax: 300_000,
  breakerFailures: 5,
  breakerPauseMs: 10_000,
};

/** For whoever runs the service. */
export const RESOLVER_SENTENCES: Readonly<Record<keyof ResolverSettings, string>> = {
  callsMax: 'Resolvers of tenants are asked so many questions at once.',
  callsPerTenantMax: 'Of these, as many are of one tenant.',
  waitingMax: 'Conflicts that wait to be asked about; beyond, they are found again by looking.',
  lookEveryMs: 'Conflicts that no resolver has answered are looked for this often, by one instance.',
  pauseMs: 'After a resolver did not answer, a conflict waits so long; each further time, twice as long.',
  pauseMsMax: 'A conflict waits no longer than this before its resolver is asked again.',
  breakerFailures: 'After so many failures in a row, an endpoint is not asked for a while.',
  breakerPauseMs: 'An endpoint that failed like that is left alone for so long; then one question is tried.',
};
