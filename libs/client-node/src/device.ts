import {
  type AppNotice,
  type Command,
  type ConnectionStatus,
  createEngine,
  defaultConfig,
  type DeviceStore,
  type Edit,
  ENGINE_CAPABILITIES,
  type EngineConfig,
  type EngineState,
  failedChanges,
  type FailedChange,
  type LocalRefusal,
  NO_DATA_TYPES,
  pendingChanges,
  type SpaceStatus,
  spaceStatus,
  viewCollection,
  viewAll,
  type ViewRecord,
  viewRecord,
} from '@syncline/client';
import {
  type Capability,
  type Change,
  type ChangeNumber,
  collectionName,
  deviceId,
  type DeviceId,
  type PresenceStatus,
  recordId,
  type Scope,
  spaceId,
  type SyncMode,
  tenantId,
  userId,
} from '@syncline/core';
import type { Chance, Clock, Timer } from './machine';
import { startShell, type Shell } from './shell';
import type { Transport } from './transport';

export interface DeviceOptions {
  readonly device: string;
  /** Whose data it is; a store that holds something already keeps its owner. */
  readonly user: string;
  /** Only where the token does not name it. */
  readonly tenant?: string;
  readonly transport: Transport;
  readonly store: DeviceStore;
  /** Asked whenever a token is needed, and again when it ends; when it fails it is asked again later. */
  readonly token: () => Promise<string>;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly timer: Timer;
  readonly config?: Partial<Omit<EngineConfig, 'device' | 'tenant' | 'user'>>;
  readonly onNotice?: (notice: AppNotice) => void;
  /** The store has failed: the device has stopped, because it could no longer keep its promises. */
  readonly onFailure?: (failure: unknown) => void;
}

export interface Device {
  readonly id: DeviceId;
  /** Begins to follow a space, or changes what of it is followed, and in which mode. */
  follow(space: string, how?: { readonly scope?: Scope; readonly mode?: SyncMode }): void;
  unfollow(space: string, how?: { readonly force?: boolean }): void;
  /** All edits or none; gives the numbers of the changes. They are stored when this returns. */
  change(space: string, ...edits: readonly Edit[]): readonly ChangeNumber[];
  get(space: string, collection: string, id: string): ViewRecord | null;
  list(space: string, collection: string): ViewRecord[];
  view(space: string): ViewRecord[];
  status(space: string): SpaceStatus | null;
  connection(): ConnectionStatus;
  pending(space: string): Change[];
  failed(space: string): FailedChange[];
  retryFailed(space: string, failed: number): void;
  discardFailed(space: string, failed: number): void;
  goOnline(): void;
  goOffline(): void;
  syncNow(space?: string): void;
  presence(space: string, status: PresenceStatus, text?: string): void;
  listen(listener: (notice: AppNotice) => void): () => void;
  /** Resolves with the first thing that `fact` finds, now or after any step, and fails with `what` was waited for. */
  waitFor<Found>(
    what: string,
    fact: () => Found | null | undefined | false,
    withinMs?: number,
  ): Promise<Found>;
  /** Says goodbye to the server. What is stored stays, for the next time. */
  close(): void;
  /** As the death of its process: nobody is told anything. */
  abandon(): void;
  /** All that the engine holds, to look at. */
  engine(): EngineState;
}

/** A command that the device did not take; nothing has changed. */
export class NotTaken extends Error {
  override readonly name = 'NotTaken';
  readonly reason: LocalRefusal['reason'];
  readonly edit: number | null;

  constructor({ reason, message, edit }: LocalRefusal) {
    super(message);
    this.reason = reason;
    this.edit = edit;
  }
}

const WAIT_MS = 30_000;

/** A device in this process: what its store holds is there at once, connected it is only after `goOnline`. */
export function openDevice(options: DeviceOptions): Device {
  const config: EngineConfig = {
    ...defaultConfig({
      device: deviceId(options.device),
      user: userId(options.user),
      tenant: options.tenant === undefined ? null : tenantId(options.tenant),
    }),
    capabilities: [...ENGINE_CAPABILITIES, ...ownCapabilities(options)],
    repair: 'compare',
    ...options.config,
  };
  const shell = startShell(config, createEngine(config), options);
  if (options.onNotice !== undefined) shell.listeners.add(options.onNotice);
  return { id: config.device, ...reading(shell), ...commands(shell), ...waiting(shell, options) };
}

/** What others did with a data type is sent alone only to who can apply it. */
function ownCapabilities({ config }: DeviceOptions): readonly Capability[] {
  const { engines, types } = config?.dataTypes ?? NO_DATA_TYPES;
  const known = engines.size + types.size > 0;
  return ['compare', 'page-compression', ...(known ? (['operations'] as const) : [])];
}

function command(shell: Shell, input: Command): readonly ChangeNumber[] {
  const { refused, numbers } = shell.take(input);
  if (refused !== null) throw new NotTaken(refused);
  return numbers;
}

type Commands = Pick<
  Device,
  | 'follow'
  | 'unfollow'
  | 'change'
  | 'retryFailed'
  | 'discardFailed'
  | 'goOnline'
  | 'goOffline'
  | 'syncNow'
  | 'presence'
>;

function commands(shell: Shell): Commands {
  const tell = (input: Command): void => void command(shell, input);
  return {
    follow: (space, { scope, mode } = {}) =>
      tell({
        kind: 'follow',
        space: spaceId(space),
        ...(scope === undefined ? {} : { scope }),
        ...(mode === undefined ? {} : { mode }),
      }),
    unfollow: (space, { force = false } = {}) => tell({ kind: 'unfollow', space: spaceId(space), force }),
    change: (space, ...edits) => command(shell, { kind: 'change', space: spaceId(space), edits }),
    retryFailed: (space, failed) => tell({ kind: 'retry-failed', space: spaceId(space), failed }),
    discardFailed: (space, failed) => tell({ kind: 'discard-failed', space: spaceId(space), failed }),
    goOnline: () => tell({ kind: 'go-online' }),
    goOffline: () => tell({ kind: 'go-offline' }),
    syncNow: (space) =>
      tell(space === undefined ? { kind: 'sync-now' } : { kind: 'sync-now', space: spaceId(space) }),
    presence: (space, status, text = '') => tell({ kind: 'presence', space: spaceId(space), status, text }),
  };
}

type Reading = Pick<
  Device,
  'get' | 'list' | 'view' | 'status' | 'connection' | 'pending' | 'failed' | 'engine'
>;

function reading({ engine }: Shell): Reading {
  return {
    get: (space, collection, id) =>
      viewRecord(engine, spaceId(space), collectionName(collection), recordId(id)),
    list: (space, collection) => viewCollection(engine, spaceId(space), collectionName(collection)),
    view: (space) => viewAll(engine, spaceId(space)),
    status: (space) => spaceStatus(engine, spaceId(space)),
    connection: () => engine.connection.status,
    pending: (space) => pendingChanges(engine, spaceId(space)),
    failed: (space) => failedChanges(engine, spaceId(space)),
    engine: () => engine,
  };
}

type Waiting = Pick<Device, 'listen' | 'waitFor' | 'close' | 'abandon'>;

function waiting(shell: Shell, { device, timer }: DeviceOptions): Waiting {
  return {
    listen(listener) {
      shell.listeners.add(listener);
      return () => void shell.listeners.delete(listener);
    },
    waitFor: (what, fact, withinMs = WAIT_MS) =>
      new Promise((resolve, reject) => {
        const end = (): void => {
          shell.watchers.delete(look);
          stop();
        };
        const look = (): void => {
          const found = fact();
          if (found === null || found === undefined || found === false) return;
          end();
          resolve(found);
        };
        const stop = timer.after(withinMs, () => {
          end();
          reject(new Error(`${device} waited ${withinMs} ms in vain for ${what}\n${standing(shell.engine)}`));
        });
        shell.watchers.add(look);
        look();
      }),
    close() {
      if (shell.engine.connection.wanted) shell.take({ kind: 'go-offline' });
      shell.stop('orderly');
    },
    abandon: () => shell.stop('at-once'),
  };
}

/** How a device stands, for whoever has to find out why it does not go on. */
export function standing(engine: EngineState): string {
  const { status, stoppedBy, failures } = engine.connection;
  const spaces = [...engine.spaces.values()].map(({ id, version, pending, settled, syncState, link }) => {
    const counts = `${pending.size} pending, ${settled.size} settled`;
    return `${id}: version ${version}, ${counts}, ${syncState}, ${link.phase}, head ${link.head}`;
  });
  const why = stoppedBy === null ? '' : ` (${stoppedBy.reason}: ${stoppedBy.message})`;
  return [`connection ${status}${why}, ${failures} failures`, ...spaces].join('\n');
}
