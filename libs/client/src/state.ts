import {
  type Capability,
  type ChangeNumber,
  type CollectionName,
  type DeviceId,
  type DeviceInfo,
  type Epoch,
  type HlcTime,
  type ProtocolRange,
  PROTOCOL_MAX,
  PROTOCOL_MIN,
  type RecordKey,
  type Refusal,
  type Scope,
  type SessionLimits,
  type SpaceId,
  type SyncMode,
  type TenantId,
  type UserId,
  type Version,
  ZERO_TIME,
} from '@syncline/core';
import { type ClientLimits, DEFAULT_CLIENT_LIMITS } from './client-limits';
import { type DataTypes, NO_DATA_TYPES } from './content';
import { type Copy, emptyCopy } from './copy';
import type { ConnectionStatus } from './effects';
import type { Repaired, TimerName } from './inputs';
import type { Overlay } from './overlay';
import type { FailedChange, PendingChange, SettledChange, StagedEntry } from './store';
import type { SyncState } from './sync-state';

export interface EngineConfig {
  readonly device: DeviceId;
  readonly tenant: TenantId | null;
  /** To whom a new store belongs; one that is restored keeps its owner. */
  readonly user: UserId;
  readonly info: DeviceInfo;
  readonly protocol: ProtocolRange;
  readonly capabilities: readonly string[];
  readonly schemaVersions: ReadonlyMap<CollectionName, number>;
  /** Name `operations` among the capabilities to be sent what others did in them instead of whole records. */
  readonly dataTypes: DataTypes;
  readonly limits: ClientLimits;
  /** On a digest that differs: build the copy anew, or let the shell compare ranges (effect `repair`). */
  readonly repair: 'restart' | 'compare';
}

/** What the engine can do by itself; a shell that compares ranges or signs messages adds to them. */
export const ENGINE_CAPABILITIES: readonly Capability[] = ['patch-entries', 'own-entries', 'presence'];

export function defaultConfig(who: Pick<EngineConfig, 'device' | 'tenant' | 'user'>): EngineConfig {
  return {
    ...who,
    info: { name: '', platform: '', appVersion: '', link: 'unknown', batteryPercent: null },
    protocol: { min: PROTOCOL_MIN, max: PROTOCOL_MAX },
    capabilities: ENGINE_CAPABILITIES,
    schemaVersions: new Map(),
    dataTypes: NO_DATA_TYPES,
    limits: DEFAULT_CLIENT_LIMITS,
    repair: 'restart',
  };
}

export interface Staging {
  /** A whole new copy grows here, beside the old one. */
  readonly fresh: boolean;
  cursor: Uint8Array | null;
  readonly entries: Map<RecordKey, StagedEntry>;
}

/** A space as this device holds it. What is in `link` ends with the connection, all else is stored. */
export interface Space {
  readonly id: SpaceId;
  readonly dataTypes: DataTypes;
  scope: Scope;
  mode: SyncMode;
  copy: Copy;
  version: Version;
  cursor: Uint8Array | null;
  epoch: Epoch | null;
  staging: Staging | null;
  counter: ChangeNumber;
  sentUpTo: ChangeNumber;
  coveredUpTo: ChangeNumber;
  failedCounter: number;
  /** Both in order of their numbers; all settled ones come before all pending ones. */
  pending: Map<ChangeNumber, PendingChange>;
  settled: Map<ChangeNumber, SettledChange>;
  readonly failed: Map<number, FailedChange>;
  readonly vector: Map<DeviceId, ChangeNumber>;
  /** Records with own changes that the copy does not show yet. */
  readonly overlays: Map<RecordKey, Overlay>;
  syncState: SyncState;
  /** Restarts in a row that did not lead to a checkpoint with the right digests. */
  restarts: number;
  mismatches: number;
  /** Refused subscriptions in a row, for the backoff. */
  refusals: number;
  link: SpaceLink;
}

export interface SpaceLink {
  phase: 'none' | 'subscribing' | 'subscribed' | 'stopped';
  /** Of the last Subscribe: what an earlier one led to is passed over. */
  tag: number;
  /** Subscribe once more when the answer to the last one is here: only one is under way at a time. */
  again: boolean;
  /** The mode that the server agreed to. */
  mode: SyncMode;
  /** A page, checkpoint or reset has come since Subscribed. */
  moved: boolean;
  /** Another Subscribed came than was asked for: unless a reset follows, it is not known where it begins. */
  uncertain: boolean;
  caughtUp: boolean;
  /** check-only: the plan has come. */
  planned: boolean;
  /** The application asked for a sync. */
  wanted: boolean;
  head: Version;
  inFlight: { readonly first: ChangeNumber; readonly last: ChangeNumber } | null;
  /** The highest number that the server is known to have taken. */
  serverLast: ChangeNumber;
  /** What may have been sent before this subscription. */
  sentBefore: ChangeNumber;
  /** A number turned out to be used for another change. */
  reused: boolean;
  /** After a push that was too much. */
  batchMax: number | null;
  pushFailures: number;
  /** A comparison is under way. */
  repairing: boolean;
  /** Its result, waiting for the checkpoint that it belongs to. */
  repair: Repaired | null;
}

export function newLink(mode: SyncMode): SpaceLink {
  return {
    phase: 'none',
    tag: 0,
    again: false,
    mode,
    moved: false,
    uncertain: false,
    caughtUp: false,
    planned: false,
    wanted: false,
    head: 0,
    inFlight: null,
    serverLast: 0,
    sentBefore: 0,
    reused: false,
    batchMax: null,
    pushFailures: 0,
    repairing: false,
    repair: null,
  };
}

export function newSpace(id: SpaceId, scope: Scope, mode: SyncMode, dataTypes: DataTypes): Space {
  return {
    id,
    dataTypes,
    scope,
    mode,
    copy: emptyCopy(),
    version: 0,
    cursor: null,
    epoch: null,
    staging: null,
    counter: 0,
    sentUpTo: 0,
    coveredUpTo: 0,
    failedCounter: 0,
    pending: new Map(),
    settled: new Map(),
    failed: new Map(),
    vector: new Map(),
    overlays: new Map(),
    syncState: 'IDLE',
    restarts: 0,
    mismatches: 0,
    refusals: 0,
    link: newLink(mode),
  };
}

export interface PaceNow {
  readonly pushChangesMax: number;
  readonly pushBytesMax: number;
  /** For the next push; after it no longer known. */
  changesRemaining: number | null;
  notBeforeMs: number;
}

export interface Connection {
  status: ConnectionStatus;
  /** The application wants to be connected. */
  wanted: boolean;
  /** Counts connections; the current one's id. */
  id: number;
  /** The tag of the last Subscribe of any space; never used twice, so that none is mistaken for another. */
  lastTag: number;
  /** Failures in a row, for the backoff. */
  failures: number;
  token: string | null;
  tokenAsked: boolean;
  /** The token has ended: until a fresh one is accepted nothing is pushed. */
  reauthenticating: boolean;
  /** A token was sent on the open connection and has no answer yet. */
  tokenSent: boolean;
  limits: SessionLimits | null;
  pace: PaceNow | null;
  stoppedBy: Refusal | null;
}

/** Plain data, changed in place by `step` and by nothing else. */
export interface EngineState {
  readonly config: EngineConfig;
  /** Whose copy and changes the store holds. */
  owner: UserId;
  clock: HlcTime;
  readonly spaces: Map<SpaceId, Space>;
  readonly connection: Connection;
  readonly timers: Set<TimerName>;
}

export function createEngine(config: EngineConfig): EngineState {
  return {
    config,
    owner: config.user,
    clock: ZERO_TIME,
    spaces: new Map(),
    connection: {
      status: 'offline',
      wanted: false,
      id: 0,
      lastTag: 0,
      failures: 0,
      token: null,
      tokenAsked: false,
      reauthenticating: false,
      tokenSent: false,
      limits: null,
      pace: null,
      stoppedBy: null,
    },
    timers: new Set(),
  };
}

export function downloads(mode: SyncMode): boolean {
  return mode === 'bidirectional' || mode === 'download-only';
}

export function uploads(mode: SyncMode): boolean {
  return mode === 'bidirectional' || mode === 'upload-only';
}
