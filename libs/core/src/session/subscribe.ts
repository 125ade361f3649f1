import { type Access, readableKey } from '../access';
import { digestsFor, type Reader } from '../delta';
import { idProblem, type SpaceId } from '../ids';
import type { Subscribe } from '../messages';
import { continuedTrail, trailFrom } from '../moments';
import { nextPollMs } from '../pacing';
import { overLimit, type Refusal, refusal } from '../refusals';
import type { Opening, SessionEffect, SessionInput } from './io';
import { readOn } from './read-on';
import type { SavedSession } from './saved';
import { checkpointMessage, refuse, send } from './send';
import type { SessionState, Subscription } from './state';

export function subscribe(state: SessionState, message: Subscribe): SessionEffect[] {
  const { space } = message;
  const problem = idProblem(space);
  if (problem !== null) {
    const violations = [{ field: 'subscribe.space', description: problem }];
    return refuse(state, refusal('INVALID_ID', { violations }), 'subscribe', space);
  }
  const spacesMax = state.setup.limits.spacesPerSessionMax;
  if (!state.subscriptions.has(space) && state.subscriptions.size >= spacesMax) {
    const refused = overLimit('TOO_MANY_SUBSCRIPTIONS', 'spacesPerSessionMax', spacesMax, spacesMax + 1);
    return refuse(state, refused, 'subscribe', space);
  }
  if (message.mode === 'check-only') return askPlan(state, message);
  return openSubscription(state, message);
}

function askPlan(state: SessionState, request: Subscribe): SessionEffect[] {
  const spacesMax = state.setup.limits.spacesPerSessionMax;
  if (state.plansAsked.size >= spacesMax) {
    const refused = overLimit('TOO_MANY_SUBSCRIPTIONS', 'spacesPerSessionMax', spacesMax, spacesMax + 1);
    return refuse(state, refused, 'subscribe', request.space);
  }
  const ticket = ++state.lastTicket;
  state.plansAsked.add(ticket);
  return [{ do: 'plan', ticket, request }];
}

export function planned(
  state: SessionState,
  { space, ticket, plan }: SessionInput & { kind: 'planned' },
): SessionEffect[] {
  return state.plansAsked.delete(ticket) ? [send(state, { kind: 'plan', space, plan })] : [];
}

/**
 * A second Subscribe for a space takes the place of the first. The space is watched before it is opened, so that
 * nothing that happens in between goes unnoticed.
 */
export function openSubscription(
  state: SessionState,
  message: Subscribe,
  { restart = null, resumed = false }: { restart?: Refusal | null; resumed?: boolean } = {},
): SessionEffect[] {
  const { space, mode, scope, cursor } = message;
  const before = state.subscriptions.get(space);
  const ticket = ++state.lastTicket;
  state.subscriptions.set(space, {
    space,
    ticket,
    mode,
    scope,
    opened: null,
    reading: 'idle',
    turn: 0,
    readAgainAtMs: 0,
    announcedTo: 0,
    acknowledged: cursor,
    trail: before?.trail ?? null,
    seenAtMs: 0,
    resumed,
    asked: { subscribe: message, restart },
    // A push under way still gets its answer: changes take effect once, whatever becomes of the subscription.
    push: before?.push ?? null,
    queue: before?.queue ?? [],
    presence: before?.presence ?? null,
  });
  const watch: SessionEffect[] = before === undefined ? [{ do: 'watch', space }] : [];
  return [...watch, { do: 'open', ticket, request: { subscribe: message, restart } }];
}

export function notOpened(
  state: SessionState,
  { space, trail }: Subscription,
  refused: Refusal,
): SessionEffect[] {
  state.subscriptions.delete(space);
  return [{ do: 'unwatch', space, trail }, ...refuse(state, refused, 'subscribe', space)];
}

export function opened(
  state: SessionState,
  sub: Subscription,
  opening: Opening,
  nowMs: number,
): SessionEffect[] {
  const { space, mode, scope } = sub;
  const identity = state.identity!;
  const capabilities = state.agreed!.capabilities;
  const reader: Reader = {
    device: identity.device,
    scope,
    access: opening.access,
    takesPatches: capabilities.includes('patch-entries'),
    takesOperations: capabilities.includes('operations'),
    takesOwn: capabilities.includes('own-entries'),
    mayHoldMore: sub.resumed,
    ...wantedVersions(state),
    knownRules: opening.rulesChanges,
  };
  sub.opened = {
    access: opening.access,
    reader,
    epoch: opening.epoch,
    head: opening.head,
    cursor: opening.cursor,
    lastMovedAtMs: nowMs,
    lastSentAtMs: nowMs,
  };
  sub.trail = continuedTrail(sub.trail, trailFrom(opening.cursor));
  const effects: SessionEffect[] = [
    send(state, {
      kind: 'subscribed',
      space,
      head: opening.head,
      mode,
      lastNumber: opening.lastNumber,
      epoch: opening.epoch,
      mismatched: opening.mismatched,
      tag: sub.asked.subscribe.tag,
    }),
  ];
  if (opening.reset !== null) {
    effects.push(...dropStale(state, sub, opening.reset));
    effects.push(send(state, { kind: 'reset', space, refusal: opening.reset }));
    sub.acknowledged = null;
  }
  if (sub.presence !== null) effects.push({ do: 'show-presence', presence: sub.presence });
  sub.presence = null;
  effects.push(saveSession(state));
  if (mode === 'upload-only') return effects;
  const moved = sub.announcedTo > opening.head;
  // What was announced until now is in the next read, or belongs to an epoch that has ended.
  sub.announcedTo = 0;
  // Nothing has moved since the device's checkpoint, so it is told so without a read.
  if (!moved && opening.cursor.checkpoint === opening.head && opening.reset === null && opening.head > 0) {
    // A device that told its own hears of those that differ, in Subscribed: what is not named has not changed.
    const isSame = sub.asked.subscribe.digests.size > 0 && opening.mismatched.length === 0;
    const digests = isSame ? new Map() : digestsFor(scope, opening.access, opening.digests);
    effects.push(
      send(state, checkpointMessage(state, sub, opening.head, opening.cursor, new Map(), digests), 'live'),
    );
    return effects;
  }
  return [...effects, ...readOn(state, sub, nowMs)];
}

/** Left out where the device reads the newest of all collections, as most do. */
export function wantedVersions({ hello }: SessionState): Pick<Reader, 'schemaVersions'> {
  const versions = hello?.schemaVersions;
  return versions === undefined || versions.size === 0 ? {} : { schemaVersions: versions };
}

/** After a restore, numbers and base versions mean something else: what waits is refused and has to come anew. */
function dropStale(state: SessionState, sub: Subscription, reset: Refusal): SessionEffect[] {
  if (reset.reason !== 'EPOCH_CHANGED' || sub.queue.length === 0) return [];
  sub.queue.length = 0;
  return refuse(state, reset, 'push', sub.space);
}

/** Starts a subscription over on the server's own account. */
export function restart(state: SessionState, sub: Subscription, reason: Refusal): SessionEffect[] {
  const { space, scope, mode } = sub;
  const again: Subscribe = {
    kind: 'subscribe',
    space,
    scope,
    mode,
    cursor: null,
    digests: new Map(),
    pending: [],
    tag: sub.asked.subscribe.tag,
  };
  return openSubscription(state, again, { restart: reason });
}

export function accessChanged(
  state: SessionState,
  sub: Subscription,
  access: Access | null,
): SessionEffect[] {
  if (access === null) {
    return [
      ...refuse(state, refusal('PERMISSION_DENIED'), null, sub.space),
      ...unsubscribe(state, sub.space),
    ];
  }
  const { opened: space } = sub;
  // What is just being opened may be opened with the access of before.
  if (space === null) return reopen(state, sub);
  if (readableKey(space.access) !== readableKey(access))
    return restart(state, sub, refusal('ACCESS_CHANGED'));
  sub.opened = { ...space, access, reader: { ...space.reader, access } };
  return [];
}

/** Asks once more, as the device did. */
function reopen(state: SessionState, sub: Subscription): SessionEffect[] {
  sub.ticket = ++state.lastTicket;
  return [{ do: 'open', ticket: sub.ticket, request: sub.asked }];
}

export function unsubscribe(state: SessionState, space: SpaceId): SessionEffect[] {
  const sub = state.subscriptions.get(space);
  if (sub === undefined) return refuse(state, refusal('NOT_SUBSCRIBED'), 'unsubscribe', space);
  state.subscriptions.delete(space);
  return [{ do: 'unwatch', space, trail: sub.trail }, saveSession(state)];
}

export function saveSession(state: SessionState): SessionEffect {
  const { session, tenant, user, device } = state.identity!;
  const subscriptions: SavedSession['subscriptions'] = [...state.subscriptions.values()].map(
    ({ space, scope, mode, acknowledged }) => ({ space, scope, mode, cursor: acknowledged }),
  );
  return { do: 'save', session: { id: session, tenant, user, device, subscriptions } };
}

/** When a device that does not stay connected should ask again. */
export function pollAfterMs(state: SessionState, nowMs: number): number {
  const moved = [...state.subscriptions.values()].map(({ opened: space }) => space?.lastMovedAtMs ?? nowMs);
  return nextPollMs(nowMs - Math.max(0, ...moved), state.setup.limits);
}
