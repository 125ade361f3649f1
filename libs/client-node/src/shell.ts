import {
  type AppNotice,
  type DeviceStore,
  type Effect,
  type EngineConfig,
  type EngineState,
  type Input,
  retryDelayMs,
  type Step,
  step,
  type TimerName,
} from '@syncline/client';
import type { Caller } from '@syncline/wire';
import { compareCopy, type CompareDeps } from './compare-copy';
import type { Chance, Clock, Timer } from './machine';
import type { Connection, Transport } from './transport';

/** What the engine needs done. */
export interface ShellDeps {
  readonly transport: Transport;
  readonly store: DeviceStore;
  readonly token: () => Promise<string>;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly timer: Timer;
  readonly onFailure?: (failure: unknown) => void;
}

export interface Shell {
  readonly engine: EngineState;
  readonly listeners: Set<(notice: AppNotice) => void>;
  /** Called after each step. */
  readonly watchers: Set<() => void>;
  /** Throws what the store threw, and from then on every time. */
  take(input: Input): Step;
  stop(how: 'orderly' | 'at-once'): void;
}

interface State extends Shell {
  readonly config: EngineConfig;
  readonly deps: ShellDeps;
  readonly timers: Map<TimerName, () => void>;
  link: { readonly id: number; readonly connection: Connection } | null;
  tokenFailures: number;
  /** Why nothing goes on any more. */
  over: { readonly why: unknown } | null;
}

export function startShell(config: EngineConfig, engine: EngineState, deps: ShellDeps): Shell {
  const state: State = {
    engine,
    listeners: new Set(),
    watchers: new Set(),
    config,
    deps,
    timers: new Map(),
    link: null,
    tokenFailures: 0,
    over: null,
    take: (input) => take(state, input),
    stop(how) {
      state.over ??= { why: new Error('the device was closed') };
      if (how === 'at-once') state.link?.connection.cut();
      end(state);
    },
  };
  state.take({ kind: 'restored', stored: deps.store.load() });
  return state;
}

function end(state: State): void {
  for (const stop of state.timers.values()) stop();
  state.timers.clear();
  state.link?.connection.close();
  state.link = null;
}

/** Effects first and in their order; only then is told what happened, so that whoever hears it may go on with a command. */
function take(state: State, input: Input): Step {
  if (state.over !== null) throw state.over.why;
  const { clock, chance } = state.deps;
  const result = step(state.engine, input, { nowMs: clock.nowMs(), chance: chance.fraction() });
  const notices: AppNotice[] = [];
  try {
    for (const effect of result.effects)
      if (effect.kind === 'notify') notices.push(effect.notice);
      else perform(state, effect);
  } catch (failure) {
    // The engine is ahead of its store: to go on could break a promise to the server.
    state.over = { why: failure };
    state.link?.connection.cut();
    end(state);
    state.deps.onFailure?.(failure);
    throw failure;
  }
  for (const notice of notices) for (const listener of state.listeners) listener(notice);
  for (const look of [...state.watchers]) look();
  return result;
}

/** What the world tells; a device that is over hears nothing. */
function hear(state: State, input: Input): void {
  if (state.over !== null) return;
  try {
    take(state, input);
  } catch (failure) {
    if (state.over === null) throw failure;
  }
}

function perform(state: State, effect: Exclude<Effect, { kind: 'notify' }>): void {
  const { link, timers, deps } = state;
  switch (effect.kind) {
    case 'persist':
      deps.store.apply(effect.writes);
      return;
    case 'connect':
      connect(state, effect.connection);
      return;
    case 'disconnect':
      if (link?.id !== effect.connection) return;
      link.connection.close();
      state.link = null;
      return;
    case 'send':
      if (link?.id === effect.connection) link.connection.send(effect.message);
      return;
    case 'set-timer':
      timers.get(effect.timer)?.();
      timers.set(
        effect.timer,
        deps.timer.after(effect.delayMs, () => {
          timers.delete(effect.timer);
          hear(state, { kind: 'timer', timer: effect.timer });
        }),
      );
      return;
    case 'cancel-timer':
      timers.get(effect.timer)?.();
      timers.delete(effect.timer);
      return;
    case 'ask-token':
      void askToken(state);
      return;
    case 'repair':
      void repair(state, effect);
      return;
  }
}

function connect(state: State, id: number): void {
  state.link?.connection.close();
  const connection = state.deps.transport.connect({
    connected: () => hear(state, { kind: 'connected', connection: id }),
    message: (message) => hear(state, { kind: 'message', connection: id, message }),
    ended(refusal) {
      if (state.link?.id === id) state.link = null;
      hear(
        state,
        refusal === null
          ? { kind: 'disconnected', connection: id }
          : { kind: 'connect-failed', connection: id, refusal },
      );
    },
  });
  state.link = { id, connection };
}

async function askToken(state: State): Promise<void> {
  const { token, timer, chance } = state.deps;
  const fresh = await token().catch(() => null);
  if (state.over !== null) return;
  if (fresh !== null) {
    state.tokenFailures = 0;
    hear(state, { kind: 'token', token: fresh });
    return;
  }
  // The application knows why; the engine still waits for its answer.
  state.tokenFailures++;
  timer.after(retryDelayMs(state.tokenFailures, chance.fraction()), () => {
    if (state.over === null) void askToken(state);
  });
}

/** Ends in an answer in any case: after an empty one the engine helps itself if the next digest differs again. */
async function repair(
  state: State,
  { space, cursor, collections }: Extract<Effect, { kind: 'repair' }>,
): Promise<void> {
  const { transport } = state.deps;
  const held = state.engine.spaces.get(space);
  const token = state.engine.connection.token;
  if (held === undefined || token === null) return;
  const { id } = state.engine.connection;
  const compare: CompareDeps['compare'] = (ranges) =>
    transport.compare({ caller: callerOf(state), space, cursor, ranges }, token);
  const found = await compareCopy({ copy: () => held.copy, compare }, collections).catch(() => null);
  // On another connection the question was asked anew, if it still stands.
  if (state.over !== null || state.engine.connection.id !== id) return;
  hear(state, {
    kind: 'repaired',
    space,
    ...(found ?? { asOf: held.version, records: [], gone: [] }),
  });
}

function callerOf({ config, deps }: State): Caller {
  const { device, tenant, protocol, capabilities, schemaVersions, info } = config;
  return {
    device,
    tenant,
    protocol: protocol.max,
    capabilities,
    schemaVersions,
    clockMs: Math.floor(deps.clock.nowMs()),
    condition: { link: info.link, batteryPercent: info.batteryPercent },
  };
}
