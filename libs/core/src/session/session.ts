import type { SpaceId } from '../ids';
import type { DeviceMessage } from '../messages';
import { refusal } from '../refusals';
import { authenticated, greet, waitForWelcome } from './handshake';
import type { SessionEffect, SessionInput } from './io';
import { push, pushed, pushNext } from './push';
import { announced, pageNotRead, pageRead } from './read';
import { readWaiting } from './read-on';
import { closeWith, leave, refuse, send } from './send';
import type { SessionState, Subscription } from './state';
import { accessChanged, opened, saveSession, subscribe, unsubscribe } from './subscribe';

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
    case 'authenticated': {
      const { effects, early } = authenticated(state, input.identity, input.saved, nowMs);
      return [...effects, ...early.flatMap((message) => receive(state, message, nowMs))];
    }
    case 'not-authenticated':
      return notAuthenticated(state, input);
    case 'planned':
      return [send(state, { kind: 'plan', space: input.space, plan: input.plan })];
    case 'opened':
    case 'not-opened':
    case 'read':
    case 'not-read':
    case 'pushed':
      return answer(state, input, nowMs);
    case 'announced':
      return forSpace(state, input.space, (sub) => announced(state, sub, input.announcement, nowMs));
    case 'access':
      return forSpace(state, input.space, (sub) => accessChanged(state, sub, input.access));
    case 'presence':
      return forSpace(state, input.space, () => [send(state, input.message, 'live')]);
    case 'revoked':
      return closeWith(state, refusal('DEVICE_REVOKED'));
    case 'flushed':
      state.unsentBytes = Math.max(0, state.unsentBytes - input.bytes);
      return readWaiting(state, nowMs);
    case 'draining':
      state.draining = true;
      return [send(state, { kind: 'notice', notice: 'draining', inMs: 0 })];
    case 'tick':
      return tick(state, nowMs);
    case 'disconnected':
      return leave(state);
  }
}

function receive(state: SessionState, message: DeviceMessage, nowMs: number): SessionEffect[] {
  if (state.phase === 'closed') return [];
  if (message.kind === 'hello') return greet(state, message);
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
      return acknowledge(state, message.space, message.cursor);
    case 'presence':
      if (!state.subscriptions.has(message.space))
        return refuse(state, refusal('NOT_SUBSCRIBED'), 'presence', message.space);
      return [{ do: 'show-presence', presence: message }];
    case 'unsubscribe':
      return unsubscribe(state, message.space);
  }
}

/** An answer counts only for the opening that asked; a push's answer counts whatever became of its subscription. */
function answer(
  state: SessionState,
  input: SessionInput & { kind: 'opened' | 'not-opened' | 'read' | 'not-read' | 'pushed' },
  nowMs: number,
): SessionEffect[] {
  const sub = state.subscriptions.get(input.space);
  if (input.kind === 'not-opened' && sub?.ticket !== input.ticket) {
    // A plan leaves no subscription behind, so its refusal is for whoever asked.
    return input.ticket <= state.lastTicket && sub === undefined
      ? refuse(state, input.refusal, 'subscribe', input.space)
      : [];
  }
  if (sub === undefined) return [];
  if (input.kind === 'pushed') return pushed(state, sub, input.answer, nowMs);
  if (sub.ticket !== input.ticket) return [];
  switch (input.kind) {
    case 'opened':
      return [...opened(state, sub, input.opening, nowMs), ...pushNext(state, sub, nowMs)];
    case 'not-opened':
      state.subscriptions.delete(sub.space);
      return refuse(state, input.refusal, 'subscribe', sub.space);
    case 'read':
      return pageRead(state, sub, input.delta, nowMs);
    case 'not-read':
      return pageNotRead(state, sub, input.refusal, nowMs);
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

function acknowledge(state: SessionState, space: SpaceId, cursor: Uint8Array): SessionEffect[] {
  const sub = state.subscriptions.get(space);
  if (sub === undefined) return refuse(state, refusal('NOT_SUBSCRIBED'), 'ack', space);
  sub.acknowledged = cursor;
  return [{ do: 'acknowledge', space, cursor }, saveSession(state)];
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

function tick(state: SessionState, nowMs: number): SessionEffect[] {
  const { identity, setup } = state;
  if (identity === null) {
    if (nowMs - setup.openedAtMs < setup.limits.helloWithinMs) return [];
    return closeWith(state, refusal('DEADLINE_EXCEEDED', { message: 'Hello did not come in time.' }));
  }
  const endsInMs = identity.expiresAtMs - nowMs;
  if (endsInMs <= 0) return closeWith(state, refusal('AUTH_EXPIRED'));
  const effects = readWaiting(state, nowMs);
  if (endsInMs <= END_NOTICE_MS && !state.endNoticed) {
    state.endNoticed = true;
    effects.push(send(state, { kind: 'notice', notice: 'token-ends-soon', inMs: endsInMs }));
  }
  return effects;
}
