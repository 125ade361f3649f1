import {
  type DeviceMessage,
  type HlcTime,
  observe,
  type RecordKey,
  recordKey,
  type SpaceId,
} from '@syncline/core';
import type { AppNotice, ConnectionStatus, Effect, Step, ViewCause } from './effects';
import type { LocalRefusal } from './errors';
import type { StepDeps, TimerName } from './inputs';
import { type Content, sameContent } from './content';
import { refreshOverlay, viewContent } from './overlay';
import type { EngineState, Space } from './state';
import type { RecordRef, SpaceRow, StoreWrite } from './store';

interface Touched extends RecordRef {
  readonly before: Content | null;
}

/** One step under way: what it will store, and then do. */
export interface Turn {
  readonly state: EngineState;
  readonly deps: StepDeps;
  readonly writes: StoreWrite[];
  readonly effects: Effect[];
  /** Spaces whose row has changed; it is written once, at the end. */
  readonly rows: Set<Space>;
  readonly touched: Map<Space, Map<RecordKey, Touched>>;
  readonly causes: Map<Space, ViewCause>;
  readonly clockBefore: HlcTime;
  refused: LocalRefusal | null;
  numbers: number[];
}

export function beginTurn(state: EngineState, deps: StepDeps): Turn {
  return {
    state,
    deps: { ...deps, nowMs: Math.floor(deps.nowMs) },
    writes: [],
    effects: [],
    rows: new Set(),
    touched: new Map(),
    causes: new Map(),
    clockBefore: state.clock,
    refused: null,
    numbers: [],
  };
}

/** All writes become one atomic effect, ahead of everything that relies on them. */
export function endTurn(turn: Turn): Step {
  const { state, writes, effects, refused, numbers } = turn;
  for (const space of turn.rows)
    if (state.spaces.get(space.id) === space) writes.push(rowWrite(state, space));
  if (state.clock !== turn.clockBefore) writes.push({ kind: 'clock', clock: state.clock });
  if (writes.length === 0) return { effects, refused, numbers };
  return { effects: [{ kind: 'persist', writes }, ...effects], refused, numbers };
}

function rowWrite({ owner: user }: EngineState, space: Space): StoreWrite {
  const { id, scope, mode, version, cursor, epoch, counter, sentUpTo, coveredUpTo, failedCounter } = space;
  const staging =
    space.staging === null ? null : { fresh: space.staging.fresh, cursor: space.staging.cursor };
  const row: SpaceRow = {
    space: id,
    user,
    scope,
    mode,
    version,
    cursor,
    epoch,
    counter,
    sentUpTo,
    coveredUpTo,
    failedCounter,
    staging,
  };
  return { kind: 'space', row };
}

export function write(turn: Turn, ...writes: readonly StoreWrite[]): void {
  turn.writes.push(...writes);
}

export function saveRow(turn: Turn, space: Space): void {
  turn.rows.add(space);
}

export function notify(turn: Turn, notice: AppNotice): void {
  turn.effects.push({ kind: 'notify', notice });
}

export function send(turn: Turn, message: DeviceMessage): void {
  turn.effects.push({ kind: 'send', connection: turn.state.connection.id, message });
}

export function setTimer(turn: Turn, timer: TimerName, delayMs: number): void {
  turn.state.timers.add(timer);
  turn.effects.push({ kind: 'set-timer', timer, delayMs });
}

export function cancelTimer(turn: Turn, timer: TimerName): void {
  if (turn.state.timers.delete(timer)) turn.effects.push({ kind: 'cancel-timer', timer });
}

export const answerTimer = (space: SpaceId): TimerName => `answer:${space}`;
export const pushTimer = (space: SpaceId): TimerName => `push:${space}`;
export const restartTimer = (space: SpaceId): TimerName => `restart:${space}`;

export function setStatus(turn: Turn, status: ConnectionStatus): void {
  const { connection } = turn.state;
  if (connection.status === status) return;
  connection.status = status;
  notify(turn, { kind: 'connection', status });
}

/** The device's clock moves on to what it has seen, as far as that can be believed. */
export function seeClock(turn: Turn, seen: HlcTime): void {
  const { state, deps } = turn;
  state.clock = observe(state.clock, seen, deps.nowMs, state.config.limits.clockSkewMsMax);
}

/** To be called for a record before the copy or the changes under it are changed. */
export function touch(turn: Turn, space: Space, { collection, id }: RecordRef, cause: ViewCause): void {
  let records = turn.touched.get(space);
  if (records === undefined) turn.touched.set(space, (records = new Map<RecordKey, Touched>()));
  turn.causes.set(space, cause);
  const key = recordKey(collection, id);
  if (!records.has(key)) records.set(key, { collection, id, before: viewContent(space, collection, id) });
}

/** Brings the view of all touched records up to date and tells which of them look different. */
export function settleView(turn: Turn): void {
  for (const [space, records] of turn.touched) {
    const changed: RecordRef[] = [];
    for (const { collection, id, before } of records.values()) {
      refreshOverlay(space, collection, id);
      if (!sameContent(before, viewContent(space, collection, id))) changed.push({ collection, id });
    }
    if (changed.length === 0) continue;
    const cause = turn.causes.get(space) ?? 'local';
    notify(turn, {
      kind: 'records-changed',
      space: space.id,
      cause,
      version: space.version,
      records: changed,
    });
  }
  turn.touched.clear();
}
