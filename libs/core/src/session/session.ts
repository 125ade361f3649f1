import { decodeCursor } from '../cursor';
import { type SpaceId, spaceKey } from '../ids';
import type { DeviceMessage, PresenceMessage } from '../messages';
import { reach } from '../moments';
import { refusal } from '../refusals';
import { authenticated, greet, waitForWelcome } from './handshake';
import type { SessionEffect, SessionInput } from './io';
import { push, pushed, pushNext } from './push';
import { announced, pageNotRead, pageRead } from './read';
import { readWaiting } from './read-on';
import { closeWith, leave, refuse, send } from './send';
import type { SessionState, Subscription } from './state';
import { accessChanged, notOpened, opened, planned, saveSession, subscribe, unsubscribe } from './subscribe';

const END_NOTICE_MS = 60_000;

/**
 * The server's side of one stream: takes what happened, moves the state on, and says what is to be done. It
 * never waits, sends, or reads a clock itself.
 */
export function stepSession(state: SessionState, input: SessionInput, nowMs: number): SessionEffect[] {
  if (state.phase === 'closed') return [];
  switch (input.kind) {
    case 'message':
      return receive(state, input.message, nowMs);
    case 'unreadable':
      return unreadable(state, input);
    case 'authenticated': {
      const { effects, early } = authenticated(state, input.identity, input.saved, nowMs);
      return [...effects, ...early.flatMap((message) => receive(state, message, nowMs))];
    }
    case 'not-authenticated':
      return notAuthenticated(state, input);
    case 'planned':
      return planned(state, input);
    case 'opened':
    case 'not-opened':
    case 'read':
    case 'not-read':
    case 'pushed':
      return answer(state, input, nowMs);
    case 'announced':
      return forSpace(state, input.space, (sub) => announced(state, sub, input, nowMs));
    case 'access':
      return forSpace(state, input.space, (sub) => accessChanged(state, sub, input.access));
    case 'presence':
      return forSpace(state, input.space, ({ opened: space }) =>
        space === null ? [] : [send(state, input.message, 'live')],
      );
    case 'revoked':
      return closeWith(state, refusal('DEVICE_REVOKED'));
    case 'shut-out':
      return closeWith(state, input.refusal);
    case 'flushed':
      state.unsentBytes = Math.max(0, state.unsentBytes - input.bytes);
      return readWaiting(state, nowMs);
    case 'draining':
      state.draining = true;
      return [send(state, { kind: 'notice', notice: 'draining', inMs: input.inMs })];
    case 'tick':
      return tick(state, nowMs);
    case 'disconnected':
      return leave(state);
  }
}

function receive(state: SessionState, message: DeviceMessage, nowMs: number): SessionEffect[] {
  if (state.phase === 'closed') return [];
  if (message.kind === 'hello') return greet(state, message, nowMs);
  if (message.kind === 'goodbye') return goodbye(state);
  if (state.phase === 'new') {
    return closeWith(state, refusal('WRONG_ORDER', { message: 'Hello comes first.' }), message.kind);
  }
  if (message.kind === 'authenticate') return authenticateAgain(state, message.token);
  if (state.phase === 'greeted') return waitForWelcome(state, message);
  switch (message.kind) {
    case 'subscribe':
      return subscribe(state, message);
    case 'push':
      return push(state, message, nowMs);
    case 'ack':
      return acknowledge(state, message.space, message.cursor, nowMs);
    case 'presence':
      return showPresence(state, message);
    case 'unsubscribe':
      return unsubscribe(state, message.space);
  }
}

/** Before Hello there is nobody who could be told to go on. */
function unreadable(
  state: SessionState,
  { refusal: why, about, space, ends }: SessionInput & { kind: 'unreadable' },
): SessionEffect[] {
  if (ends || state.phase === 'new') return closeWith(state, why, about);
  return refuse(state, why, about, space);
}

/** An answer counts only for the opening that asked; a push's answer counts whatever became of its subscription. */
function answer(
  state: SessionState,
  input: SessionInput & { kind: 'opened' | 'not-opened' | 'read' | 'not-read' | 'pushed' },
  nowMs: number,
): SessionEffect[] {
  // A plan leaves no subscription behind, so its refusal is for whoever asked.
  if (input.kind === 'not-opened' && state.plansAsked.delete(input.ticket))
    return refuse(state, input.refusal, 'subscribe', input.space);
  const sub = state.subscriptions.get(input.space);
  if (sub === undefined) return [];
  if (input.kind === 'pushed') return pushed(state, sub, input.answer, nowMs);
  const isAwaited =
    input.kind === 'read' || input.kind === 'not-read' ? sub.reading === 'asked' : sub.opened === null;
  if (sub.ticket !== input.ticket || !isAwaited) return [];
  switch (input.kind) {
    case 'opened':
      return [...opened(state, sub, input.opening, nowMs), ...pushNext(state, sub, nowMs)];
    case 'not-opened':
      return notOpened(state, sub, input.refusal);
    case 'read':
      return [...pageRead(state, sub, input.delta, nowMs), ...readWaiting(state, nowMs)];
    case 'not-read':
      return [...pageNotRead(state, sub, input.refusal, nowMs), ...readWaiting(state, nowMs)];
  }
}

function forSpace(
  state: SessionState,
  space: SpaceId,
  step: (sub: Subscription) => SessionEffect[],
): SessionEffect[] {
  const sub = state.subscriptions.get(space);
  return sub === undefined ? [] : step(sub);
}

function acknowledge(
  state: SessionState,
  space: SpaceId,
  cursor: Uint8Array,
  nowMs: number,
): SessionEffect[] {
  const sub = state.subscriptions.get(space);
  if (sub === undefined) return refuse(state, refusal('NOT_SUBSCRIBED'), 'ack', space);
  // What a device stored of a subscription that has been started over since says nothing about the new one.
  if (sub.opened === null) return [];
  const stored = decodeCursor(cursor, spaceKey(state.identity!.tenant, space), state.setup.keys);
  if (stored === null) return refuse(state, refusal('INVALID_CURSOR'), 'ack', space);
  sub.acknowledged = cursor;
  sub.seenAtMs = nowMs;
  if (sub.trail !== null) reach(sub.trail.stored, stored.checkpoint, nowMs);
  return [{ do: 'acknowledge', space, cursor, version: stored.checkpoint }, saveSession(state)];
}

/** A device may send it along with Subscribe; nobody is shown in a space before it is open to them. */
function showPresence(state: SessionState, message: PresenceMessage): SessionEffect[] {
  const sub = state.subscriptions.get(message.space);
  if (sub === undefined) return refuse(state, refusal('NOT_SUBSCRIBED'), 'presence', message.space);
  if (sub.opened !== null) return [{ do: 'show-presence', presence: message }];
  sub.presence = message;
  return [];
}

function authenticateAgain(state: SessionState, token: string): SessionEffect[] {
  if (state.phase !== 'open' || state.reauthenticating) {
    return refuse(
      state,
      refusal('WRONG_ORDER', { message: 'A token is being looked at already.' }),
      'authenticate',
    );
  }
  state.reauthenticating = true;
  return [{ do: 'authenticate', token, device: state.identity!.device, resume: null }];
}

function notAuthenticated(
  state: SessionState,
  input: SessionInput & { kind: 'not-authenticated' },
): SessionEffect[] {
  if (state.phase !== 'open') return closeWith(state, input.refusal, 'hello');
  // The old token may still be good: the device can try once more until it ends.
  state.reauthenticating = false;
  return refuse(state, input.refusal, 'authenticate');
}

function goodbye(state: SessionState): SessionEffect[] {
  const forget: SessionEffect[] =
    state.identity === null ? [] : [{ do: 'forget', session: state.identity.session }];
  return [...forget, ...leave(state)];
}

/** So many times within the offline horizon a device that is connected is counted as seen, though nothing moves. */
const SEEN_IN_HORIZON = 100;

function stillHere(state: SessionState, nowMs: number): SessionEffect[] {
  const everyMs = state.setup.limits.offlineHorizonMs / SEEN_IN_HORIZON;
  const effects: SessionEffect[] = [];
  for (const sub of state.subscriptions.values()) {
    if (sub.acknowledged === null || sub.opened === null || nowMs - sub.seenAtMs < everyMs) continue;
    sub.seenAtMs = nowMs;
    effects.push({ do: 'acknowledge', space: sub.space, cursor: sub.acknowledged, version: null });
  }
  return effects;
}

function tick(state: SessionState, nowMs: number): SessionEffect[] {
  const { identity, setup } = state;
  if (identity === null) {
    if (nowMs - setup.openedAtMs < setup.limits.helloWithinMs) return [];
    return closeWith(state, refusal('DEADLINE_EXCEEDED', { message: 'Hello did not come in time.' }));
  }
  const endsInMs = identity.expiresAtMs - nowMs;
  if (endsInMs <= 0) return closeWith(state, refusal('AUTH_EXPIRED'));
  const effects = [...readWaiting(state, nowMs), ...stillHere(state, nowMs)];
  if (endsInMs <= END_NOTICE_MS && !state.endNoticed) {
    state.endNoticed = true;
    effects.push(send(state, { kind: 'notice', notice: 'token-ends-soon', inMs: endsInMs }));
  }
  return effects;
}
