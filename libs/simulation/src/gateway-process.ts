import {
  type AskedEffect,
  SERVED_CAPABILITIES,
  type DeviceMessage,
  newSession,
  plainMessage,
  refusal,
  type SessionEffect,
  sessionId,
  type SessionInput,
  type SpaceId,
  startPace,
  stepSession,
  unanswered,
} from '@syncline/core';
import type { CountedSession, SessionRegistry } from '@syncline/ports';
import {
  type GatewayAnswers,
  gatewayAnswers,
  type GatewayDeps,
  keyOf,
  type OpenSession,
} from './gateway-answers';
import type { Process } from './process';
import { storeFor, throughProcess } from './stores';
import type { Link } from './wire-link';

export interface GatewayProcess {
  readonly process: Process;
  accept(link: Link): GatewaySession;
  drain(): void;
}

export interface GatewaySession {
  receive(message: DeviceMessage): void;
  read(bytes: number): void;
  cut(): void;
}

const TICK_MS = 1_000;
const HEADS_MS = 5_000;
const LAST_WORDS_MS = 1_000;

/** Runs the real session machines: performs their effects with the real flows, and feeds them what comes back. */
interface Gateway {
  readonly process: Process;
  readonly deps: GatewayDeps;
  readonly answers: GatewayAnswers;
  readonly open: Set<OpenSession>;
}

export function gatewayProcess(process: Process, deps: GatewayDeps): GatewayProcess {
  const gateway: Gateway = { process, deps, answers: gatewayAnswers(process, deps), open: new Set() };
  everyMs(gateway, TICK_MS, () =>
    gateway.open.forEach((session) => feed(gateway, session, { kind: 'tick' })),
  );
  everyMs(gateway, HEADS_MS, () => void pollHeads(gateway).catch(deps.tolerate));
  everyMs(gateway, deps.limits.sessionLeaseMs / 3, () => void renew(gateway).catch(deps.tolerate));
  followAccess(gateway);
  return {
    process,
    drain: () => gateway.open.forEach((session) => feed(gateway, session, { kind: 'draining', inMs: 0 })),
    accept: (link) => accept(gateway, link),
  };
}

function accept(gateway: Gateway, link: Link): GatewaySession {
  const { limits, keys, clock, chance } = gateway.deps;
  const setup = {
    limits,
    keys,
    capabilities: SERVED_CAPABILITIES,
    newSession: sessionId(chance.id()),
    openedAtMs: clock.nowMs(),
  };
  const state = newSession(setup, startPace(limits));
  const session: OpenSession = {
    state,
    link,
    identity: null,
    tokenEndsMs: Infinity,
    skewMs: 0,
    unwatch: new Map(),
  };
  gateway.open.add(session);
  return {
    receive: (message) => feed(gateway, session, { kind: 'message', message }),
    read: (bytes) => feed(gateway, session, { kind: 'flushed', bytes }),
    cut() {
      feed(gateway, session, { kind: 'disconnected' });
      end(gateway, session);
    },
  };
}

function feed(gateway: Gateway, session: OpenSession, input: SessionInput): void {
  if (!gateway.process.alive()) return;
  const nowMs = gateway.deps.clock.nowMs();
  for (const effect of stepSession(session.state, input, nowMs)) perform(gateway, session, effect);
}

function perform(gateway: Gateway, session: OpenSession, effect: SessionEffect): void {
  const { tolerate } = gateway.deps;
  switch (effect.do) {
    case 'send':
      checkToken(gateway, session, effect.message.kind);
      session.link.toDevice(plainMessage(effect.message), effect.bytes);
      return;
    case 'authenticate':
    case 'open':
    case 'plan':
    case 'read':
    case 'push':
      return ask(gateway, session, effect);
    case 'watch':
      return watch(gateway, session, effect.space);
    case 'unwatch':
      session.unwatch.get(effect.space)?.();
      session.unwatch.delete(effect.space);
      return;
    case 'acknowledge':
      gateway.answers.acknowledge(session, effect.space, effect.cursor).catch(tolerate);
      return;
    case 'save':
      registry(gateway).save(effect.session, gateway.deps.limits.resumeWithinMs).catch(tolerate);
      return;
    case 'forget':
      registry(gateway).forget(effect.session).catch(tolerate);
      return;
    case 'show-presence':
      return;
    case 'close':
      return end(gateway, session);
  }
}

const LATE_MS = 2 * TICK_MS;

/** Promise 8: what a token allows ends with it, but for the tick that finds out. */
function checkToken({ deps, process }: Gateway, { state, tokenEndsMs }: OpenSession, said: string): void {
  if (deps.clock.nowMs() <= tokenEndsMs + LATE_MS) return;
  deps.saidTooLate(`${process.name} sent ${said} to ${state.hello?.device} after its token had ended`);
}

/** An answer of another part goes back in as an input; a part that cannot be reached is a refusal. */
function ask(gateway: Gateway, session: OpenSession, effect: AskedEffect): void {
  gateway.answers.answer(session, effect).then(
    (input) => feed(gateway, session, input),
    (error: unknown) => {
      gateway.deps.tolerate(error);
      feed(gateway, session, unanswered(effect, refusal('UNAVAILABLE', { retryAfterMs: 500 })));
    },
  );
}

function watch(gateway: Gateway, session: OpenSession, space: SpaceId): void {
  const stop = gateway.deps.announcements.listen(keyOf(session, space), (announcement) =>
    feed(gateway, session, { kind: 'announced', space, announcement }),
  );
  session.unwatch.get(space)?.();
  session.unwatch.set(space, stop);
}

function end(gateway: Gateway, session: OpenSession): void {
  if (!gateway.open.delete(session)) return;
  for (const stop of session.unwatch.values()) stop();
  const counted = countedOf(session);
  if (counted !== null) registry(gateway).leave(counted).catch(gateway.deps.tolerate);
  // What was sent before still has time to arrive.
  gateway.process.after(LAST_WORDS_MS, () => session.link.cut());
}

function countedOf({ identity, state }: OpenSession): CountedSession | null {
  const { hello, setup } = state;
  if (identity === null || hello === null) return null;
  const { tenant, user } = identity;
  return { tenant, user, device: hello.device, id: setup.newSession };
}

async function renew(gateway: Gateway): Promise<void> {
  const counted = new Map(
    [...gateway.open].flatMap((session) => {
      const seat = countedOf(session);
      return seat === null ? [] : [[seat, session] as const];
    }),
  );
  const replaced = await registry(gateway).renew([...counted.keys()], gateway.deps.limits.sessionLeaseMs);
  for (const seat of replaced)
    feed(gateway, counted.get(seat)!, { kind: 'shut-out', refusal: refusal('TOO_MANY_SESSIONS') });
}

const registry = ({ process, deps }: Gateway): SessionRegistry => throughProcess(process, deps.sessions());

/** Finds what a lost announcement left unsaid: one query for all spaces that anyone here watches. */
async function pollHeads(gateway: Gateway): Promise<void> {
  const watching = [...gateway.open].filter(({ unwatch }) => unwatch.size > 0);
  const spaces = new Set(
    watching.flatMap((each) => [...each.unwatch.keys()].map((space) => keyOf(each, space))),
  );
  if (spaces.size === 0) return;
  const heads = await storeFor(gateway.process, gateway.deps.store).heads([...spaces]);
  for (const session of watching) {
    for (const space of session.unwatch.keys()) {
      const found = heads.get(keyOf(session, space));
      if (found === undefined) continue;
      const { epoch, head: to } = found;
      const announcement = { epoch, from: 0, to, entries: null, clock: new Map(), digests: new Map() };
      feed(gateway, session, { kind: 'announced', space, announcement });
    }
  }
}

function followAccess(gateway: Gateway): void {
  const stop = gateway.deps.store.onAccessChange((change) => {
    if (!gateway.process.alive()) return stop();
    for (const session of gateway.open) {
      if (change.kind === 'revoked') {
        if (session.state.hello?.device === change.device.device) feed(gateway, session, { kind: 'revoked' });
        continue;
      }
      if (change.kind !== 'access' || session.identity?.user !== change.user) continue;
      for (const space of session.state.subscriptions.keys()) {
        if (keyOf(session, space) !== change.space) continue;
        feed(gateway, session, { kind: 'access', space, access: change.access });
      }
    }
  });
}

function everyMs(gateway: Gateway, periodMs: number, task: () => void): void {
  gateway.process.after(periodMs, () => {
    task();
    everyMs(gateway, periodMs, task);
  });
}
