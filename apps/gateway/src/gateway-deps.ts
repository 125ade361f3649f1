import type { CursorKeys, Limits, PolicyRegistry } from '@syncline/core';
import type { IssueToken, RatesOf } from '@syncline/flows';
import type {
  Administration,
  Announcements,
  ArtifactStore,
  AuditStore,
  ChainSigner,
  Chance,
  Clock,
  ConflictLedger,
  DeltaStore,
  DeviceStore,
  Directory,
  HistoryStore,
  PastStore,
  Presence,
  RateLimits,
  ReceiptStore,
  Secrets,
  SyncLog,
  SessionRegistry,
  Timer,
  Tokens,
  Whereabouts,
} from '@syncline/ports';
import type { Log, Traces } from '@syncline/telemetry';
import type { Backends } from './backends';
import type { GatewayMetrics } from './gateway-metrics';
import type { GatewayTiming } from './gateway-timing';
import type { PageEncodings } from './session/page-encodings';
import type { SpaceTrails } from './spaces/space-trails';
import type { SyncGathering } from './syncs/sync-gathering';
import type { BegunTraces } from './tracing/begun-traces';

/**
 * Of the store a gateway sees who may do what, which devices there are, and where spaces stand. Records it reads for people
 * alone, who look at conflicts and at what was.
 */
export type GatewayStore = Pick<DeltaStore, 'heads' | 'state' | 'collections' | 'records'> &
  ConflictLedger &
  HistoryStore &
  PastStore &
  SyncLog &
  AuditStore &
  DeviceStore &
  ReceiptStore &
  Directory &
  Administration & { readonly artifacts: ArtifactStore };

/** Everything that the calls of a gateway work with, whichever way they come in. */
export interface GatewayDeps {
  readonly store: GatewayStore;
  readonly backends: Backends;
  readonly announcements: Announcements;
  /** What other gateways remember of the way of changes. */
  readonly whereabouts: Whereabouts;
  /** What this one does. */
  readonly trails: SpaceTrails;
  /** What the syncs of devices come to. */
  readonly syncs: SyncGathering;
  /** These three never reject: whoever hands them over says what is to go on without them. */
  readonly presence: Presence;
  readonly sessions: SessionRegistry;
  readonly rates: RateLimits;
  /** The same for pushes, taken a little ahead. */
  readonly pushRates: RateLimits;
  /** What tenants have of their own in the place of the installation's limits. */
  readonly ratesOf: RatesOf;
  readonly tokens: Tokens;
  readonly keys: CursorKeys;
  readonly policies: PolicyRegistry;
  readonly limits: Limits;
  /** Users of tenants that were not declared are turned away. */
  readonly tenantsDeclaredOnly: boolean;
  readonly secrets: Secrets;
  /** Signs tokens for devices that pair; null where the installation's tokens come from elsewhere. */
  readonly issueToken: IssueToken | null;
  /** Signs the hash chains of spaces; null where no key was given, and then nobody is told of them. */
  readonly chainSigner: ChainSigner | null;
  readonly timing: GatewayTiming;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly timer: Timer;
  readonly metrics: GatewayMetrics;
  readonly traces: Traces;
  /** What is traced is decided here. */
  readonly begunTraces: BegunTraces;
  readonly log: Log;
  /** Shared with whatever receives pages as bytes, so that they need not be encoded here again. */
  readonly pages: PageEncodings;
}
