import type { DeviceMessage, Refusal, ServerMessage } from '@syncline/core';
import { renewToken, stopConnection } from './connection';
import { dropLink, lose, restAnswerTimer } from './link';
import { followGap, holdPush, pushNext, shrinkPush } from './push';
import { type RefusalAction, refusalAction, retryDelayMs } from './retry';
import type { Space } from './state';
import { startOver, subscribe, unsubscribe } from './subscription';
import { notify, restartTimer, send, setTimer, type Turn } from './turn';

type RefusalMessage = Extract<ServerMessage, { kind: 'refusal' }>;

/** How often a refused subscription is opened again at once before it waits. */
const SUBSCRIBE_AT_ONCE_MAX = 1;

export function onRefusal(turn: Turn, message: RefusalMessage): void {
  const { refusal, about, closing } = message;
  if (refusal.reason === 'DRAINING' && turn.state.connection.status === 'open') {
    // Told to go on elsewhere: nothing failed, and nobody has to know.
    lose(turn, { atOnce: true });
    return;
  }
  notify(turn, { kind: 'refusal', space: message.space, refusal });
  if (about === 'authenticate') turn.state.connection.tokenSent = false;
  const space = message.space === null ? null : turn.state.spaces.get(message.space);
  if (space === null) sessionRefused(turn, refusal, about);
  else if (space !== undefined) spaceRefused(turn, space, refusal, about);
  const { status } = turn.state.connection;
  if (closing && (status === 'open' || status === 'greeting'))
    lose(turn, { retryAfterMs: refusal.retryAfterMs });
}

/** A refusal that concerns the session, also one that the transport met while it connected. */
export function sessionRefused(turn: Turn, refusal: Refusal, about: DeviceMessage['kind'] | null): void {
  switch (refusalAction(refusal.reason, about)) {
    case 'stop':
      stopConnection(turn, refusal);
      return;
    case 'token':
      renewToken(turn);
      if (about === 'hello') lose(turn);
      return;
    case 'reconnect':
      lose(turn, { retryAfterMs: refusal.retryAfterMs });
      return;
    case 'wait':
    case 'shrink':
      if (about === 'hello') lose(turn, { retryAfterMs: refusal.retryAfterMs });
      else if (about === 'push') eachInFlight(turn, (space) => pushRefused(turn, space, refusal));
      return;
    case 'start-over':
    case 'renumber':
    case 'subscribe':
    case 'tell':
      return;
  }
}

function eachInFlight(turn: Turn, act: (space: Space) => void): void {
  for (const space of turn.state.spaces.values()) if (space.link.inFlight !== null) act(space);
}

function spaceRefused(turn: Turn, space: Space, refusal: Refusal, about: DeviceMessage['kind'] | null): void {
  if (about === 'push') {
    pushRefused(turn, space, refusal);
    pushNext(turn, space);
  } else if (about === 'subscribe') subscribeRefused(turn, space, refusal);
  else otherRefused(turn, space, refusal, refusalAction(refusal.reason, about));
}

/** Something about the space, but none of its own requests that wait for an answer. */
function otherRefused(turn: Turn, space: Space, refusal: Refusal, action: RefusalAction): void {
  if (doneAlike(turn, space, refusal, action)) return;
  switch (action) {
    case 'stop':
      // The server has closed the subscription by itself.
      dropLink(turn, space);
      stopSpace(turn, space, refusal);
      return;
    case 'subscribe':
      subscribe(turn, space);
      return;
    case 'wait':
    case 'renumber':
    case 'shrink':
    case 'tell':
      return;
  }
}

/** Does what is the same whatever of a space was refused; false for an action that depends on that. */
function doneAlike(
  turn: Turn,
  space: Space,
  refusal: Refusal,
  action: RefusalAction,
): action is 'token' | 'reconnect' | 'start-over' {
  switch (action) {
    case 'token':
      renewToken(turn);
      return true;
    case 'reconnect':
      lose(turn, { retryAfterMs: refusal.retryAfterMs });
      return true;
    case 'start-over':
      startOver(turn, space, refusal.reason);
      return true;
    case 'wait':
    case 'stop':
    case 'renumber':
    case 'shrink':
    case 'subscribe':
    case 'tell':
      return false;
  }
}

function pushRefused(turn: Turn, space: Space, refusal: Refusal): void {
  if (space.link.inFlight === null) return;
  const action = refusalAction(refusal.reason, 'push');
  if (action === 'token') {
    space.link.inFlight = null;
    restAnswerTimer(turn, space);
  }
  if (doneAlike(turn, space, refusal, action)) return;
  switch (action) {
    case 'wait':
    case 'tell':
      holdPush(turn, space, refusal.retryAfterMs);
      return;
    case 'renumber':
      followGap(turn, space, refusal);
      return;
    case 'shrink':
      shrinkPush(turn, space, refusal);
      return;
    case 'stop':
      stopSpace(turn, space, refusal);
      return;
    case 'subscribe':
      space.link.inFlight = null;
      subscribe(turn, space);
      return;
  }
}

function subscribeRefused(turn: Turn, space: Space, refusal: Refusal): void {
  if (space.link.phase !== 'subscribing') return;
  const action = refusalAction(refusal.reason, 'subscribe');
  const already = refusal.reason === 'ALREADY_SUBSCRIBED';
  dropLink(turn, space);
  space.refusals++;
  if (doneAlike(turn, space, refusal, action)) return;
  switch (action) {
    case 'stop':
      stopSpace(turn, space, refusal);
      return;
    case 'subscribe':
      if (space.refusals <= SUBSCRIBE_AT_ONCE_MAX) {
        if (already) send(turn, { kind: 'unsubscribe', space: space.id });
        subscribe(turn, space);
        return;
      }
      subscribeLater(turn, space, refusal);
      return;
    case 'wait':
    case 'renumber':
    case 'shrink':
    case 'tell':
      subscribeLater(turn, space, refusal);
      return;
  }
}

function subscribeLater(turn: Turn, space: Space, { retryAfterMs }: Refusal): void {
  setTimer(turn, restartTimer(space.id), retryDelayMs(space.refusals, turn.deps.chance, retryAfterMs));
}

/** Only this space stops; its changes wait, the other spaces go on. */
function stopSpace(turn: Turn, space: Space, refusal: Refusal): void {
  unsubscribe(turn, space);
  space.link.phase = 'stopped';
  notify(turn, { kind: 'stopped', space: space.id, refusal });
}
