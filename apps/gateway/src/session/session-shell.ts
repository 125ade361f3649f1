import {
  type Capability,
  namedLimits,
  newSession,
  refusal,
  SERVED_CAPABILITIES,
  sessionId,
  startPace,
} from '@syncline/core';
import { every } from '../every';
import type { GatewayDeps } from '../gateway-deps';
import { pollHeads } from '../spaces/heads-poll';
import { presenceRooms } from '../spaces/presence-rooms';
import { followRights } from '../spaces/rights';
import { shutOut } from '../spaces/shutting-out';
import { trailsOf, watchedSpaces } from '../spaces/watched-spaces';
import { sessionAnswers } from './answers';
import { type DeviceSession, deviceSession, type Feeding, type ReceivedPushes } from './device-session';
import { drainSessions } from './drain';
import { type ReadMessage, readMessage } from './incoming';
import { keeping } from './keeping';
import { outgoing } from './outgoing';
import { adjust, feed, type SessionParts } from './session-steps';
import type { OpenSession, SessionInlet, SessionStream } from './stream';

/** What this gateway can do beside the protocol's core. */
export const GATEWAY_CAPABILITIES: readonly Capability[] = [
  ...SERVED_CAPABILITIES,
  'page-compression',
  'integrity',
];

export interface SessionShell {
  readonly open: OpenSession;
  /** Sends the devices elsewhere; resolves when they are gone, or the time for it is over. */
  drain(): Promise<void>;
  /** Lets go of whoever is still there, and writes down what is still to be written. */
  close(): Promise<void>;
  all(): Iterable<DeviceSession>;
  count(): number;
}

const RENEWALS_PER_LEASE = 3;

/** Runs the machines of all sessions: performs their effects with the real flows, and feeds them what comes back. */
export function sessionShell(deps: GatewayDeps): SessionShell {
  const feeding: Feeding = { feed: (session, input) => feed(parts, session, input) };
  const parts = sessionParts(deps, feeding);
  const { open, spaces, presence, rights, answers, kept } = parts;
  const read = readMessage(deps);
  const stops = [
    every(deps.timer, deps.timing.tickMs, () => tick(parts, feeding)),
    every(deps.timer, deps.limits.sessionLeaseMs / RENEWALS_PER_LEASE, () => renew(parts, feeding)),
    pollHeads(deps, feeding, spaces, rights),
    shutOut(deps, feeding, () => [...open]),
    deps.whereabouts.answer((question) =>
      deps.trails.answer(question, trailsOf(spaces.find(question.space))),
    ),
  ];
  watchSessions(parts);
  let accepting = true;
  const receivedPushes: ReceivedPushes = new WeakMap();
  const sendAway = (session: DeviceSession): void =>
    feeding.feed(session, { kind: 'shut-out', refusal: refusal('DRAINING') });

  return {
    open(stream) {
      const session = begin(deps, stream, receivedPushes);
      open.add(session);
      deps.metrics.sessionOpened(stream.transport);
      if (!accepting) sendAway(session);
      return inletOf(parts, session, read);
    },
    drain() {
      accepting = false;
      return drainSessions(deps, feeding, () => [...open]);
    },
    async close() {
      accepting = false;
      for (const session of [...open]) sendAway(session);
      for (const stop of stops) stop();
      rights.close();
      presence.close();
      await kept.close();
      answers.close();
    },
    all: () => open.values(),
    count: () => open.size,
  };
}

function watchSessions({ deps, open, out, spaces }: SessionParts): void {
  const { metrics, limits } = deps;
  metrics.limitsInForce(namedLimits(limits));
  metrics.watch({
    unsentBytes: () => out.unsentBytes(),
    spacesWatched: () => spaces.all().length,
    sessions: () =>
      [...open].map(({ identity, state }) => ({
        tenant: identity?.tenant ?? null,
        windowUsed: state.unsentBytes / limits.sendWindowBytesMax,
      })),
  });
}

function sessionParts(deps: GatewayDeps, feeding: Feeding): SessionParts {
  const open = new Set<DeviceSession>();
  const spaces = watchedSpaces(deps, feeding);
  const answers = sessionAnswers({
    ...deps,
    watched: (key) => spaces.ready(key),
    tracedRead: (session, key, position) => spaces.find(key)?.traced?.read(session, position) ?? null,
  });
  return {
    deps,
    open,
    spaces,
    answers,
    presence: presenceRooms(deps, feeding),
    rights: followRights(deps, feeding, spaces),
    out: outgoing(deps, feeding),
    kept: keeping(deps, answers),
  };
}

function begin(
  { limits, keys, clock, chance }: GatewayDeps,
  stream: SessionStream,
  receivedPushes: ReceivedPushes,
): DeviceSession {
  const openedAtMs = clock.nowMs();
  const setup = {
    limits,
    keys,
    capabilities: GATEWAY_CAPABILITIES,
    newSession: sessionId(chance.id()),
    openedAtMs,
  };
  return deviceSession(newSession(setup, startPace(limits)), stream, receivedPushes, openedAtMs);
}

function inletOf(parts: SessionParts, session: DeviceSession, read: ReadMessage): SessionInlet {
  return {
    receive(bytes) {
      if (!session.ended) feed(parts, session, read(session, bytes));
    },
    refuse: (why) => feed(parts, session, { kind: 'shut-out', refusal: why }),
    finished() {
      session.finished = true;
      adjust(parts, session);
    },
    closed() {
      session.gone = true;
      parts.out.drop(session);
      feed(parts, session, { kind: 'disconnected' });
    },
  };
}

function tick({ open, out, deps }: SessionParts, { feed: feedTo }: Feeding): void {
  for (const session of [...open]) {
    if (out.isStuck(session)) {
      deps.metrics.slowConsumer();
      feedTo(session, { kind: 'shut-out', refusal: refusal('SLOW_CONSUMER') });
    } else feedTo(session, { kind: 'tick' });
  }
}

/** Those that gave way to a newer session of their device learn it here. */
async function renew({ open, deps }: SessionParts, { feed: feedTo }: Feeding): Promise<void> {
  const { sessionLeaseMs } = deps.limits;
  const counted = new Map(
    [...open].flatMap((session) => (session.counted === null ? [] : [[session.counted, session] as const])),
  );
  if (counted.size === 0) return;
  for (const replaced of await deps.sessions.renew([...counted.keys()], sessionLeaseMs)) {
    const message = 'A newer session of this device took the place of this one.';
    const why = refusal('TOO_MANY_SESSIONS', { message, retryAfterMs: sessionLeaseMs });
    feedTo(counted.get(replaced)!, { kind: 'shut-out', refusal: why });
  }
}
