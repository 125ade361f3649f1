import type {
  CheckPlan,
  CheckpointMessage,
  CollectionName,
  ToldDigests,
  PageMessage,
  PendingSummary,
  Refusal,
  Subscribe,
  Subscribed,
} from '@syncline/core';
import { isMovable, payloadBytes, sameBytes, ZERO_TIME } from '@syncline/core';
import { applyRepair, reachCheckpoint } from './checkpoint';
import type { Repaired } from './inputs';
import { dropLink, lose, restAnswerTimer } from './link';
import { meetServerCount } from './numbering';
import { pushNext } from './push';
import { retryDelayMs } from './retry';
import { stageEntries } from './staging';
import { downloads, newLink, type Space, type SpaceLink } from './state';
import {
  answerTimer,
  cancelTimer,
  notify,
  pushTimer,
  restartTimer,
  saveRow,
  seeClock,
  send,
  setTimer,
  type Turn,
  write,
} from './turn';

const NO_DIGESTS: ToldDigests = new Map();

/** Opens the subscription, or opens it again: what comes before its Subscribed belongs to an earlier one. */
export function subscribe(turn: Turn, space: Space): void {
  const { connection, config, timers } = turn.state;
  const { phase } = space.link;
  const reachable = connection.status === 'open' || connection.status === 'greeting';
  if (!reachable || phase === 'stopped' || timers.has(restartTimer(space.id))) return;
  if (phase === 'subscribing') {
    space.link.again = true;
    return;
  }
  cancelTimer(turn, pushTimer(space.id));
  // A plan takes the place of no subscription.
  if (space.mode === 'check-only' && phase === 'subscribed')
    send(turn, { kind: 'unsubscribe', space: space.id });
  const tag = ++connection.lastTag;
  space.link = { ...newLink(space.mode), ...pushOf(space.link), phase: 'subscribing', tag };
  if (downloads(space.mode) && space.staging === null && space.cursor === null) beginFresh(turn, space);
  send(turn, subscribeMessage(space));
  setTimer(turn, answerTimer(space.id), config.limits.answerMsMax);
}

/** A push under way goes on across subscriptions of one connection, and is answered on the next. */
function pushOf({ head, inFlight, serverLast, sentBefore, reused, batchMax, pushFailures }: SpaceLink) {
  return { head, inFlight, serverLast, sentBefore, reused, batchMax, pushFailures };
}

/** What was asked for is answered; tells whether something else is to be asked in the meantime. */
function askedAgain(turn: Turn, space: Space): boolean {
  const { again } = space.link;
  if (again) {
    space.link.phase = 'subscribed';
    subscribe(turn, space);
  }
  return again;
}

function subscribeMessage(space: Space): Subscribe {
  const { id, scope, mode, staging, version, link } = space;
  const atCheckpoint = staging === null && space.cursor !== null && version > 0;
  // Of a part of a collection the server keeps no digest.
  const whole = !isMovable(scope) && scope.idPrefix === '';
  return {
    kind: 'subscribe',
    space: id,
    scope,
    cursor: staging === null ? space.cursor : staging.cursor,
    mode,
    digests: atCheckpoint && whole ? new Map(space.copy.digests) : NO_DIGESTS,
    pending: mode === 'check-only' ? [...space.pending.values()].map(({ change }) => summaryOf(change)) : [],
    tag: link.tag,
  };
}

function summaryOf(change: Parameters<typeof payloadBytes>[0]): PendingSummary {
  const { collection, id, baseVersion } = change;
  return { collection, id, baseVersion, bytes: payloadBytes(change) };
}

function beginFresh(turn: Turn, space: Space): void {
  if (space.staging !== null) write(turn, { kind: 'unstage', space: space.id });
  space.staging = { fresh: true, cursor: null, entries: new Map() };
  saveRow(turn, space);
}

/**
 * A border: what follows for the space begins where this device asked to begin, or with a reset. One of another tag is
 * what an earlier Subscribe led to, which the last one has crossed.
 */
export function onSubscribed(turn: Turn, space: Space, message: Subscribed): void {
  const { link } = space;
  if (link.phase !== 'subscribing' && link.phase !== 'subscribed') return;
  if (message.tag !== link.tag) return;
  if (space.mode === 'check-only' || askedAgain(turn, space)) return;
  if (space.epoch !== null && space.epoch !== message.epoch && link.inFlight !== null) {
    // Its answer would speak of numbers that mean something else from now on.
    lose(turn, { atOnce: true });
    return;
  }
  space.refusals = 0;
  link.uncertain = link.phase === 'subscribed' && link.moved;
  link.moved = false;
  link.phase = 'subscribed';
  link.mode = message.mode;
  link.head = message.head;
  const sameEpoch = space.epoch === message.epoch;
  link.serverLast = sameEpoch ? Math.max(link.serverLast, message.lastNumber) : message.lastNumber;
  link.sentBefore = space.sentUpTo;
  meetServerCount(turn, space, message.epoch, message.lastNumber);
  link.caughtUp =
    sameEpoch && space.staging === null && space.cursor !== null && message.head <= space.version;
  if (link.inFlight === null) restAnswerTimer(turn, space);
  if (message.mismatched.length > 0 && downloads(link.mode)) repair(turn, space, message.mismatched);
  pushNext(turn, space);
}

export function onPlan(turn: Turn, space: Space, plan: CheckPlan): void {
  if (space.link.phase === 'subscribing' && askedAgain(turn, space)) return;
  if (space.mode !== 'check-only') return;
  turn.state.connection.failures = 0;
  cancelTimer(turn, answerTimer(space.id));
  space.link.phase = 'subscribed';
  space.link.planned = true;
  notify(turn, { kind: 'plan', space: space.id, plan });
}

/** Pages and checkpoints count only on the subscription that is open now, and where a copy is kept. */
function receives(turn: Turn, space: Space): boolean {
  const { link, mode } = space;
  if (link.phase !== 'subscribed' || !downloads(mode)) return false;
  if (!link.uncertain) return true;
  subscribe(turn, space);
  return false;
}

export function onPage(turn: Turn, space: Space, { entries, cursor }: PageMessage): void {
  if (!receives(turn, space)) return;
  space.link.moved = true;
  space.link.caughtUp = false;
  const staging = (space.staging ??= { fresh: false, cursor: null, entries: new Map() });
  const staged = stageEntries(turn.state, space, staging, entries);
  if ('why' in staged) {
    startOver(turn, space, staged.why);
    return;
  }
  staging.cursor = cursor;
  let latest = ZERO_TIME;
  for (const entry of staged)
    if (entry.kind === 'live' && entry.record.time > latest) latest = entry.record.time;
  seeClock(turn, latest);
  if (staged.length > 0) write(turn, { kind: 'stage', space: space.id, entries: staged });
  saveRow(turn, space);
  setTimer(turn, answerTimer(space.id), turn.state.config.limits.answerMsMax);
}

export function onCheckpoint(turn: Turn, space: Space, message: CheckpointMessage): void {
  if (!receives(turn, space)) return;
  if (space.staging?.fresh !== true && message.version < space.version) {
    startOver(turn, space, `the checkpoint at ${message.version} is behind the copy at ${space.version}`);
    return;
  }
  space.link.moved = true;
  space.link.caughtUp = true;
  turn.state.connection.failures = 0;
  // The server was told of it by the Subscribe.
  const isKnown = space.cursor !== null && sameBytes(space.cursor, message.cursor);
  const differing = reachCheckpoint(turn, space, message);
  if (!isKnown) send(turn, { kind: 'ack', space: space.id, cursor: message.cursor });
  if (space.link.inFlight === null) restAnswerTimer(turn, space);
  if (differing.length > 0) repair(turn, space, differing);
  else space.restarts = 0;
  pushNext(turn, space);
}

/** The copy is not what it should be. It stays visible while it is put right. */
function repair(turn: Turn, space: Space, collections: readonly CollectionName[]): void {
  space.mismatches++;
  notify(turn, { kind: 'digest-mismatch', space: space.id, collections, count: space.mismatches });
  const { cursor, scope, link } = space;
  if (link.repairing) return;
  // A comparison that did not help is not made again.
  if (turn.state.config.repair === 'restart' || space.restarts > 0 || cursor === null) {
    startOver(turn, space, `the digest of ${collections.join(', ')} differs`);
    return;
  }
  space.restarts++;
  link.repairing = true;
  turn.effects.push({ kind: 'repair', space: space.id, scope, cursor, collections });
}

/** What was compared waits for the checkpoint that it belongs to. */
export function onRepaired(turn: Turn, space: Space, repaired: Repaired): void {
  if (!space.link.repairing || space.staging?.fresh === true) return;
  if (repaired.asOf < space.version) {
    // Since then deletes may have gone by that it does not know of.
    startOver(turn, space, 'the comparison is older than the copy');
    return;
  }
  space.link.repair = repaired;
  if (repaired.asOf === space.version) applyRepair(turn, space);
}

/**
 * Builds the copy anew, beside the one that stays visible; changes that wait and those that the copy does not show
 * yet stay on top. The first time at once, after that with growing delays, so that a fault cannot become a storm.
 */
export function startOver(turn: Turn, space: Space, why: string): void {
  notify(turn, { kind: 'started-over', space: space.id, why });
  beginFresh(turn, space);
  const failures = space.restarts++;
  if (failures === 0) {
    subscribe(turn, space);
    return;
  }
  unsubscribe(turn, space);
  setTimer(turn, restartTimer(space.id), retryDelayMs(failures, turn.deps.chance));
}

/** The pages that follow build the copy anew. Before Subscribed it speaks of an earlier subscription. */
export function onReset(turn: Turn, space: Space, refusal: Refusal): void {
  const { link } = space;
  if (link.phase !== 'subscribed') return;
  if (!downloads(space.mode)) {
    space.cursor = null;
    saveRow(turn, space);
    return;
  }
  notify(turn, { kind: 'started-over', space: space.id, why: refusal.reason });
  link.uncertain = false;
  link.moved = true;
  link.caughtUp = false;
  link.repairing = false;
  link.repair = null;
  beginFresh(turn, space);
  setTimer(turn, answerTimer(space.id), turn.state.config.limits.answerMsMax);
}

export function unsubscribe(turn: Turn, space: Space): void {
  const { phase } = space.link;
  const open = phase === 'subscribing' || phase === 'subscribed';
  if (turn.state.connection.status === 'open' && open && space.mode !== 'check-only')
    send(turn, { kind: 'unsubscribe', space: space.id });
  dropLink(turn, space);
}
