import { pushObstacle } from '../merge/reject';
import type { PushMessage, QuotaState } from '../messages';
import { type Outcome, outcomeBytes } from '../outcomes';
import { adaptPace } from '../pacing';
import { overLimit, refusal } from '../refusals';
import type { PushAnswer, SessionEffect } from './io';
import { refuse, send } from './send';
import type { SessionState, Subscription } from './state';
import { pollAfterMs, wantedVersions } from './subscribe';

export function push(state: SessionState, message: PushMessage, nowMs: number): SessionEffect[] {
  const { space, changes } = message;
  const sub = state.subscriptions.get(space);
  if (sub === undefined) return refuse(state, refusal('NOT_SUBSCRIBED'), 'push', space);
  if (sub.mode === 'download-only') return refuse(state, refusal('WRONG_MODE'), 'push', space);
  const obstacle = pushObstacle(message, state.setup.limits);
  if (obstacle !== null) return refuse(state, obstacle, 'push', space);
  if (state.draining) return refuse(state, refusal('DRAINING', { retryAfterMs: 0 }), 'push', space);
  const { pushesQueuedMax } = state.setup.limits;
  if (sub.queue.length >= pushesQueuedMax) {
    const refused = overLimit('RATE_LIMITED', 'pushesQueuedMax', pushesQueuedMax, sub.queue.length + 1);
    return refuse(state, { ...refused, retryAfterMs: 1_000 }, 'push', space);
  }
  sub.queue.push(changes);
  return pushNext(state, sub, nowMs);
}

/** One push of a space at a time: their order is the order of their numbers. */
export function pushNext(state: SessionState, sub: Subscription, nowMs: number): SessionEffect[] {
  const { opened } = sub;
  if (opened === null || sub.push !== null) return [];
  const changes = sub.queue.shift();
  if (changes === undefined) return [];
  const { user, device } = state.identity!;
  sub.push = { sentAtMs: nowMs };
  const { space, ticket } = sub;
  const { access } = opened;
  return [{ do: 'push', space, ticket, user, device, access, changes, ...wantedVersions(state) }];
}

export function pushed(
  state: SessionState,
  sub: Subscription,
  answer: PushAnswer,
  nowMs: number,
): SessionEffect[] {
  const { space } = sub;
  const { result, changesRemaining, quotas = [] } = answer;
  const answeredInMs = nowMs - (sub.push?.sentAtMs ?? nowMs);
  sub.push = null;
  if (result.kind === 'refused') {
    // Those behind it would leave a gap; the device sends them again.
    sub.queue.length = 0;
    return refuse(state, result.refusal, 'push', space);
  }
  const before = state.pace.pushChangesMax;
  state.pace = adaptPace(state.pace, answeredInMs, state.setup.limits);
  const effects = inParts(result.outcomes, state.setup.limits.messageBytesMax / 2).map((outcomes) =>
    send(state, { kind: 'outcomes', space, outcomes }),
  );
  const slower = changesRemaining < state.pace.pushChangesMax;
  if (state.pace.pushChangesMax !== before || slower || quotas.length > 0) {
    effects.push(pace(state, changesRemaining, quotas, nowMs));
  }
  return [...effects, ...pushNext(state, sub, nowMs)];
}

/** Outcomes bring the records that stand, so those of one push may not fit one message. */
function inParts(outcomes: readonly Outcome[], bytesMax: number): Outcome[][] {
  const parts: Outcome[][] = [];
  let part: Outcome[] = [];
  let bytes = 0;
  for (const outcome of outcomes) {
    bytes += outcomeBytes(outcome);
    if (part.length === 0 || bytes > bytesMax) {
      part = [];
      parts.push(part);
      bytes = outcomeBytes(outcome);
    }
    part.push(outcome);
  }
  return parts;
}

function pace(
  state: SessionState,
  changesRemaining: number,
  quotas: readonly QuotaState[],
  nowMs: number,
): SessionEffect {
  const { limits } = state.setup;
  const lacking = Math.max(0, 1 - changesRemaining);
  return send(state, {
    kind: 'pace',
    pushChangesMax: state.pace.pushChangesMax,
    pushBytesMax: limits.messageBytesMax / 2,
    delayMs: Math.ceil((lacking * 1_000) / limits.changesPerSecondMax),
    nextPollMs: pollAfterMs(state, nowMs),
    changesRemaining,
    ...(quotas.length === 0 ? {} : { quotas }),
  });
}
