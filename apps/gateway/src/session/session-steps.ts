import { type AskedEffect, refusal, type Refusal, type SessionEffect, stepSession } from '@syncline/core';
import type { GatewayDeps } from '../gateway-deps';
import type { PresenceRooms } from '../spaces/presence-rooms';
import type { Rights } from '../spaces/rights';
import type { WatchedSpaces } from '../spaces/watched-spaces';
import { noteLeft, notePushed, noteSent } from '../syncs/session-syncs';
import type { SessionAnswers } from './answers';
import { type DeviceSession, keyOf, type TracedInput } from './device-session';
import { isAnswered, mayRead } from './flow-control';
import type { Keeping } from './keeping';
import type { Outgoing } from './outgoing';

/** What the steps of all sessions of a gateway work with. */
export interface SessionParts {
  readonly deps: GatewayDeps;
  readonly open: Set<DeviceSession>;
  readonly spaces: WatchedSpaces;
  readonly presence: PresenceRooms;
  readonly rights: Rights;
  readonly answers: SessionAnswers;
  readonly out: Outgoing;
  readonly kept: Keeping;
}

/** Runs the session's machine over an input; one step after the other, also where performing one makes the next happen. */
export function feed(parts: SessionParts, session: DeviceSession, input: TracedInput): void {
  const { clock, log } = parts.deps;
  session.inputs.push(input);
  if (session.stepping) return;
  session.stepping = true;
  try {
    for (let next = session.inputs.shift(); next !== undefined; next = session.inputs.shift()) {
      const effects = stepSession(session.state, next, clock.nowMs());
      for (const effect of effects) perform(parts, session, effect);
      next.delivery?.handled(session, effects);
    }
  } catch (error) {
    log.error('a fault in a session', { input: input.kind, error });
    abandon(parts, session);
  } finally {
    session.stepping = false;
  }
  adjust(parts, session);
}

function perform(parts: SessionParts, session: DeviceSession, effect: SessionEffect): void {
  const { out, spaces, presence, kept } = parts;
  switch (effect.do) {
    case 'send':
      noteSent(parts.deps.syncs, session, effect.message, out.send(session, effect));
      if (effect.message.kind === 'subscribed') presence.enter(session, effect.message.space);
      return;
    case 'authenticate':
    case 'open':
    case 'plan':
    case 'read':
      void ask(parts, session, effect);
      return;
    case 'push':
      notePushed(parts.deps.syncs, session, effect);
      void ask(parts, session, effect);
      return;
    case 'watch':
      return spaces.watch(session, effect.space);
    case 'unwatch':
      return leaveSpace(parts, session, effect);
    case 'acknowledge':
      if (effect.version !== null) spaces.acknowledged(session, effect.space, effect.version);
      return kept.acknowledge(session, effect.space, effect.cursor);
    case 'show-presence':
      return presence.show(session, effect.presence);
    case 'save':
      return kept.save(effect.session);
    case 'forget':
      return kept.forget(effect.session);
    case 'close':
      return end(parts, session, session.lastRefusal);
  }
}

function leaveSpace(
  { deps, spaces, presence }: SessionParts,
  session: DeviceSession,
  { space, trail }: Pick<Extract<SessionEffect, { do: 'unwatch' }>, 'space' | 'trail'>,
): void {
  presence.leave(session, space);
  spaces.unwatch(session, space);
  noteLeft(deps.syncs, session, space);
  if (trail !== null) deps.trails.left(keyOf(session, space), session.state.hello!.device, trail);
}

async function ask(parts: SessionParts, session: DeviceSession, effect: AskedEffect): Promise<void> {
  const bytes = effect.do === 'push' ? (session.receivedPushes.get(effect.changes)?.bytes ?? 0) : 0;
  const before = session.identity;
  session.asked++;
  session.pushBytesAsked += bytes;
  const input = await parts.answers.answer(session, effect);
  session.asked--;
  session.pushBytesAsked -= bytes;
  feed(parts, session, input);
  if (session.ended) makeRoom(parts, session);
  else if (before !== null && input.kind === 'authenticated') await parts.rights.refreshed(session, before);
}

/** After each step: listen to the device or not, and see whether a device that will say no more has its answers. */
export function adjust(parts: SessionParts, session: DeviceSession): void {
  if (session.ended || session.stepping) return;
  parts.presence.catchUp(session);
  const paused = !mayRead(session, parts.deps.limits);
  if (paused && !session.paused) session.stream.pauseReading();
  if (!paused && session.paused) session.stream.resumeReading();
  session.paused = paused;
  if (session.finished && isAnswered(session)) feed(parts, session, { kind: 'disconnected' });
}

function end({ deps, open, out }: SessionParts, session: DeviceSession, why: Refusal | null): void {
  if (session.ended) return;
  session.ended = true;
  session.leaving?.abort();
  open.delete(session);
  deps.metrics.sessionClosed(session.stream.transport);
  const { identity, state, stream } = session;
  deps.log.debug('a session ended', {
    transport: stream.transport,
    tenant: identity?.tenant,
    user: identity?.user,
    device: state.hello?.device,
    reason: why?.reason,
  });
  makeRoom({ deps }, session);
  if (session.gone) return out.drop(session);
  session.stream.end(why);
  deps.timer.after(deps.timing.lastWordsMs, () => {
    if (!session.gone) session.stream.cut();
  });
}

/** For another session. Asked again for one whose token was still being looked at when it ended. */
function makeRoom({ deps }: Pick<SessionParts, 'deps'>, session: DeviceSession): void {
  const { counted } = session;
  session.counted = null;
  if (counted !== null) void deps.sessions.leave(counted);
}

/** The rules have failed: what they would say next cannot be relied on. */
function abandon(parts: SessionParts, session: DeviceSession): void {
  const { state } = session;
  session.inputs.length = 0;
  for (const sub of state.subscriptions.values()) leaveSpace(parts, session, sub);
  state.phase = 'closed';
  end(parts, session, refusal('INTERNAL'));
}
