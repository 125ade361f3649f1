import type { PresenceMessage, ServerMessage } from '@syncline/core';
import { goOffline, onAuthenticated, onConnected, onPace, onToken, onWelcome, unstop } from './connection';
import { driveSyncStates, resolveConflicts } from './drive';
import { makeChanges } from './edits';
import type { Step } from './effects';
import { localRefusal } from './errors';
import { askToken, dial, lose } from './link';
import { follow, restoreSpace, syncSpace, unfollow } from './following';
import type { Command, Edit, Input, StepDeps, TimerName, TransportEvent } from './inputs';
import { takeOutcomes } from './outcomes';
import { pushNext } from './push';
import { onRefusal, sessionRefused } from './refused';
import type { EngineState, Space } from './state';
import type { DeviceSnapshot } from './store';
import { onCheckpoint, onPage, onPlan, onRepaired, onReset, onSubscribed, subscribe } from './subscription';
import { beginTurn, endTurn, notify, send, setTimer, settleView, type Turn, write } from './turn';

/**
 * Moves the engine: changes the state and tells what is to be done about it. The effects are to be performed in
 * their order, and whatever is to be persisted must be stored before the effects behind it are performed.
 */
export function step(state: EngineState, input: Input, deps: StepDeps): Step {
  const turn = beginTurn(state, deps);
  take(turn, input);
  settleView(turn);
  driveSyncStates(turn);
  return endTurn(turn);
}

function take(turn: Turn, input: Input): void {
  switch (input.kind) {
    case 'connected':
    case 'message':
    case 'disconnected':
    case 'connect-failed':
      if (input.connection === turn.state.connection.id) takeEvent(turn, input);
      return;
    case 'timer':
      if (turn.state.timers.delete(input.timer)) takeTimer(turn, input.timer);
      return;
    case 'restored':
      restore(turn.state, input.stored);
      return;
    case 'repaired':
      withSpace(turn, input.space, (space) => onRepaired(turn, space, input));
      return;
    case 'follow':
    case 'unfollow':
    case 'change':
    case 'retry-failed':
    case 'discard-failed':
    case 'sync-now':
    case 'set-mode':
    case 'go-online':
    case 'go-offline':
    case 'presence':
    case 'token':
      takeCommand(turn, input);
      return;
  }
}

function restore(state: EngineState, { clock, spaces }: DeviceSnapshot): void {
  state.clock = clock;
  for (const snapshot of spaces) {
    state.spaces.set(snapshot.row.space, restoreSpace(snapshot, state.config.dataTypes));
    state.owner = snapshot.row.user;
  }
}

function withSpace(turn: Turn, id: Space['id'], act: (space: Space) => void): void {
  const space = turn.state.spaces.get(id);
  if (space !== undefined) act(space);
}

function takeCommand(turn: Turn, command: Command): void {
  const { connection } = turn.state;
  switch (command.kind) {
    case 'follow':
      follow(turn, command.space, command.scope, command.mode);
      return;
    case 'set-mode':
      commandSpace(turn, command.space, (space) => follow(turn, space.id, undefined, command.mode));
      return;
    case 'unfollow':
      commandSpace(turn, command.space, (space) => unfollow(turn, space, command.force === true));
      return;
    case 'change':
      commandSpace(turn, command.space, (space) => change(turn, space, command.edits));
      return;
    case 'retry-failed':
    case 'discard-failed':
      commandSpace(turn, command.space, (space) => decideFailed(turn, space, command));
      return;
    case 'presence':
      commandSpace(turn, command.space, (space) => tellPresence(turn, space, command));
      return;
    case 'sync-now':
      syncNow(turn, command.space);
      return;
    case 'go-online':
      connection.wanted = true;
      unstop(turn);
      dial(turn);
      for (const space of turn.state.spaces.values()) if (space.link.phase === 'none') subscribe(turn, space);
      return;
    case 'go-offline':
      goOffline(turn);
      return;
    case 'token':
      onToken(turn, command.token);
      return;
  }
}

function commandSpace(turn: Turn, id: Space['id'], act: (space: Space) => void): void {
  const space = turn.state.spaces.get(id);
  if (space === undefined) turn.refused = localRefusal('SPACE_NOT_FOLLOWED');
  else act(space);
}

function change(turn: Turn, space: Space, edits: readonly Edit[]): void {
  makeChanges(turn, space, edits);
  if (turn.refused === null) pushNext(turn, space);
}

type FailedCommand = Extract<Command, { kind: 'retry-failed' | 'discard-failed' }>;

/** Tried again, a failed change is a new one, made on what the device sees now. */
function decideFailed(turn: Turn, space: Space, { kind, failed: id }: FailedCommand): void {
  const failed = space.failed.get(id);
  if (failed === undefined) {
    turn.refused = localRefusal('NO_SUCH_FAILED_CHANGE');
    return;
  }
  if (kind === 'retry-failed') {
    if (failed.change.kind === 'operations') {
      turn.refused = localRefusal('INVALID_PATCH');
      return;
    }
    makeChanges(turn, space, [failed.change]);
    if (turn.refused !== null) return;
  }
  space.failed.delete(id);
  write(turn, { kind: 'drop-failed', space: space.id, id });
  pushNext(turn, space);
}

function tellPresence(turn: Turn, space: Space, command: Extract<Command, { kind: 'presence' }>): void {
  const { connection, config } = turn.state;
  if (connection.status !== 'open' || space.link.phase !== 'subscribed') {
    turn.refused = localRefusal('NOT_CONNECTED');
    return;
  }
  const { batteryPercent, link } = config.info;
  const { status, text = '' } = command;
  const message: PresenceMessage = { kind: 'presence', space: space.id, status, text, batteryPercent, link };
  send(turn, message);
}

function syncNow(turn: Turn, id: Space['id'] | undefined): void {
  if (id === undefined) for (const space of turn.state.spaces.values()) syncSpace(turn, space);
  else commandSpace(turn, id, (space) => syncSpace(turn, space));
  if (turn.refused !== null) return;
  turn.state.connection.stoppedBy = null;
  dial(turn);
}

function takeEvent(turn: Turn, event: TransportEvent): void {
  switch (event.kind) {
    case 'connected':
      onConnected(turn);
      return;
    case 'disconnected':
      lose(turn, { closed: true });
      return;
    case 'connect-failed': {
      const { refusal } = event;
      if (refusal === undefined) {
        lose(turn, { closed: true });
        return;
      }
      notify(turn, { kind: 'refusal', space: null, refusal });
      sessionRefused(turn, refusal, 'hello');
      return;
    }
    case 'message':
      takeMessage(turn, event.message);
      return;
  }
}

function takeMessage(turn: Turn, message: ServerMessage): void {
  switch (message.kind) {
    case 'welcome':
      onWelcome(turn, message);
      return;
    case 'subscribed':
      withSpace(turn, message.space, (space) => onSubscribed(turn, space, message));
      return;
    case 'page':
      withSpace(turn, message.space, (space) => onPage(turn, space, message));
      return;
    case 'checkpoint':
      withSpace(turn, message.space, (space) => onCheckpoint(turn, space, message));
      return;
    case 'outcomes':
      withSpace(turn, message.space, (space) => {
        if (takeOutcomes(turn, space, message).conflicts > 0) resolveConflicts(turn, space);
        pushNext(turn, space);
      });
      return;
    case 'plan':
      withSpace(turn, message.space, (space) => onPlan(turn, space, message.plan));
      return;
    case 'presence': {
      const { kind, space, device, user, status, text } = message;
      notify(turn, { kind, space, device, user, status, text });
      return;
    }
    case 'pace':
      onPace(turn, message);
      return;
    case 'reset':
      withSpace(turn, message.space, (space) => onReset(turn, space, message.refusal));
      return;
    case 'notice':
      onNotice(turn, message);
      return;
    case 'authenticated':
      onAuthenticated(turn);
      return;
    case 'refusal':
      onRefusal(turn, message);
      return;
  }
}

function onNotice(turn: Turn, { notice, inMs }: Extract<ServerMessage, { kind: 'notice' }>): void {
  notify(turn, { kind: 'server-notice', notice, inMs });
  switch (notice) {
    case 'draining':
      // Spread over the time that is left, so that not all devices of a server move at once.
      setTimer(turn, 'drain', Math.round(inMs * turn.deps.chance));
      return;
    case 'token-ends-soon':
      askToken(turn);
      return;
    case 'clock-skewed':
    case 'rules-changed':
      return;
  }
}

function takeTimer(turn: Turn, timer: TimerName): void {
  switch (timer) {
    case 'retry':
      dial(turn);
      return;
    case 'greeting':
      lose(turn);
      return;
    case 'drain':
      lose(turn, { atOnce: true });
      return;
    default:
      takeSpaceTimer(turn, timer);
  }
}

function takeSpaceTimer(turn: Turn, timer: string): void {
  const colon = timer.indexOf(':');
  withSpace(turn, timer.slice(colon + 1) as Space['id'], (space) => {
    switch (timer.slice(0, colon)) {
      case 'answer':
        lose(turn);
        return;
      case 'push':
        if (turn.state.connection.pace !== null) turn.state.connection.pace.notBeforeMs = 0;
        pushNext(turn, space);
        return;
      case 'restart':
        subscribe(turn, space);
        return;
      default:
        return;
    }
  });
}
