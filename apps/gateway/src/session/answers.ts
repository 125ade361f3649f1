import {
  type AskedEffect,
  type DeviceId,
  msOf,
  payloadBytes,
  type QuotaState,
  type Reason,
  type Refusal,
  refusal,
  type SpaceId,
  type SpaceKey,
  unanswered,
  type UserId,
  type Version,
} from '@syncline/core';
import {
  accessTo,
  acknowledgeAll,
  admitPush,
  authenticate,
  type KnownTenants,
  knownTenants,
  openSpace,
  type RatedSender,
  seeDevice,
} from '@syncline/flows';
import { Unavailable } from '@syncline/ports';
import { traceFacts } from '@syncline/telemetry';
import type { GatewayDeps } from '../gateway-deps';
import { nearQuotasAtPush } from '../near-quotas';
import { pushAnswered } from '../tracing/push-answered';
import type { TracedRead } from '../tracing/traced-news';
import {
  type DeviceSession,
  keyOf,
  leavingSignal,
  type ReceivedPush,
  type TracedInput,
} from './device-session';

type Asked = AskedEffect['do'];
type EffectOf<Kind extends Asked> = AskedEffect & { readonly do: Kind };

type Handlers = {
  readonly [Kind in Asked]: (session: DeviceSession, effect: EffectOf<Kind>) => Promise<TracedInput>;
};

/** What a session's device has stored of a space. */
export interface Acknowledged {
  readonly session: DeviceSession;
  readonly space: SpaceId;
  readonly cursor: Uint8Array;
}

export interface SessionAnswers {
  /** Never rejects: what cannot be reached, or fails, is a refusal. */
  answer(session: DeviceSession, effect: AskedEffect): Promise<TracedInput>;
  /** Each device of a space at most once. */
  acknowledge(several: readonly Acknowledged[]): Promise<void>;
  close(): void;
}

export interface AnswersDeps extends GatewayDeps {
  /** Resolves once changes of rights to the space can no longer go unnoticed. */
  readonly watched: (space: SpaceKey) => Promise<void>;
  /** Of a read from a version on; null where nothing that it may bring is traced. */
  readonly tracedRead: (session: DeviceSession, space: SpaceKey, position: Version) => TracedRead | null;
}

const UNAVAILABLE_RETRY_MS = 500;
const QUOTAS_EVERY_MS = 10_000;

/** The flows behind the effects of a session. */
export function sessionAnswers(deps: AnswersDeps): SessionAnswers {
  const { store, clock, keys, policies, log } = deps;
  const open = openSpace({ deltas: store, devices: store, directory: store, policies, keys, clock });
  const tenants = knownTenants({ ...deps, tenants: store, directory: store });
  const note = acknowledgeAll({ devices: store, keys });

  const handlers: Handlers = {
    authenticate: logIn(deps, tenants),
    async open(session, { ticket, request }) {
      const { space } = request.subscribe;
      await deps.watched(keyOf(session, space));
      const caller = {
        identity: session.identity!,
        device: session.state.hello!.device,
        skewMs: session.skewMs,
      };
      const found = await open(caller, request);
      if (!found.ok) return { kind: 'not-opened', space, ticket, refusal: found.refusal };
      return { kind: 'opened', space, ticket, opening: found.value };
    },
    plan: planFor(deps),
    push: pushFor(deps),
    read: readFor(deps),
  };

  const refusalFor = (error: unknown, session: DeviceSession, effect: AskedEffect): Refusal => {
    const received = effect.do === 'push' ? session.receivedPushes.get(effect.changes) : undefined;
    const trace = traceFacts(received?.span);
    const isAway = error instanceof Unavailable;
    const reason = isAway ? 'UNAVAILABLE' : 'INTERNAL';
    if (isAway) log.warn('a session had to be refused something', { effect: effect.do, ...trace, error });
    else log.error('a fault behind a session', { effect: effect.do, ...trace, error });
    if (effect.do === 'push' && received !== undefined)
      pushFailed(deps, session, { changes: effect.changes.length, received, reason });
    return { ...refusal(reason, { retryAfterMs: UNAVAILABLE_RETRY_MS }), ...trace };
  };

  return {
    async answer(session, effect) {
      try {
        return await handled(handlers, session, effect);
      } catch (error) {
        return unanswered(effect, refusalFor(error, session, effect));
      }
    },
    acknowledge(several) {
      const nowMs = clock.nowMs();
      return note(
        several.map(({ session, space, cursor }) => {
          const { identity, state, skewMs } = session;
          const seen = { device: state.hello!.device, user: identity!.user, nowMs, skewMs };
          return { space: keyOf(session, space), seen, cursor };
        }),
      );
    },
    close: () => tenants.close(),
  };
}

interface FailedPush {
  readonly changes: number;
  readonly received: ReceivedPush;
  readonly reason: Reason;
}

function pushFailed(
  { clock, metrics }: GatewayDeps,
  session: DeviceSession,
  { changes, received: { span, receivedAtMs }, reason }: FailedPush,
): void {
  span?.fail(reason);
  span?.end();
  metrics.pushed({
    refused: reason,
    changes,
    tookMs: Math.max(0, clock.nowMs() - receivedAtMs),
    tenant: session.identity!.tenant,
    traceparent: span?.traceparent ?? '',
  });
}

function handled(handlers: Handlers, session: DeviceSession, effect: AskedEffect): Promise<TracedInput> {
  switch (effect.do) {
    case 'authenticate':
      return handlers.authenticate(session, effect);
    case 'open':
      return handlers.open(session, effect);
    case 'plan':
      return handlers.plan(session, effect);
    case 'push':
      return handlers.push(session, effect);
    case 'read':
      return handlers.read(session, effect);
  }
}

function logIn(deps: GatewayDeps, tenants: KnownTenants): Handlers['authenticate'] {
  const { store, clock } = deps;
  const flow = authenticate({ ...deps, directory: store, tenants });
  const see = seeDevice({ registry: store, clock });
  return async (session, effect) => {
    const { state, stream } = session;
    const { device, resume } = effect;
    const token = effect.token === '' ? (stream.token ?? '') : effect.token;
    const first = session.identity === null;
    const entering = first ? state.setup.newSession : null;
    const skewMs = first ? msOf(state.hello!.clock) - clock.nowMs() : session.skewMs;
    const given = { device, ...state.hello!.info, client: '' };
    const found = await flow({
      token,
      device,
      address: first ? stream.address : null,
      entering,
      resume,
      ...(first ? { see: (identity, ofTenant) => see(identity, given, skewMs, ofTenant) } : {}),
    });
    if (!found.ok) return { kind: 'not-authenticated', refusal: found.refusal };
    const { identity, saved } = found.value;
    const { tenant, user } = identity;
    if (first) deps.metrics.skewed(skewMs);
    if (entering !== null) session.counted = { tenant, user, device, id: entering };
    session.skewMs = skewMs;
    // Another user's token ends the session; until then it stays who it was.
    if (first || (session.identity!.tenant === tenant && session.identity!.user === user))
      session.identity = identity;
    return { kind: 'authenticated', identity, saved };
  };
}

function planFor({ store, backends }: GatewayDeps): Handlers['plan'] {
  return async (session, { ticket, request }) => {
    const { space } = request;
    const identity = session.identity!;
    const key = keyOf(session, space);
    const access = await accessTo(store, identity, key, request);
    if (access === null) return { kind: 'not-opened', space, ticket, refusal: refusal('SPACE_NOT_FOUND') };
    const behalf = { space: key, user: identity.user, device: session.state.hello!.device, access };
    const found = await backends.plan(behalf, request, leavingSignal(session));
    if (!found.ok) return { kind: 'not-opened', space, ticket, refusal: found.refusal };
    return { kind: 'planned', space, ticket, plan: found.value };
  };
}

function readFor({ backends, tracedRead }: AnswersDeps): Handlers['read'] {
  return async (session, { space, ticket, reader, cursor, knownHead }) => {
    const key = keyOf(session, space);
    const traced = tracedRead(session, key, cursor.position);
    const gone = leavingSignal(session);
    const found = await backends
      .read(key, reader, cursor, gone, knownHead, traced?.traceparent)
      .catch((error: unknown) => {
        traced?.failed('INTERNAL');
        throw error;
      });
    if (!found.ok) {
      traced?.failed(found.refusal.reason);
      return { kind: 'not-read', space, ticket, refusal: found.refusal };
    }
    const input = { kind: 'read', space, ticket, delta: found.value } as const;
    return traced === null ? input : { ...input, delivery: traced };
  };
}

/** What is remembered of a session that pushes. */
interface Pushing {
  readonly sender: RatedSender;
  readonly quotasAtMs: Map<SpaceId, number>;
}

function pushFor(deps: GatewayDeps): Handlers['push'] {
  const { backends, clock, metrics, begunTraces } = deps;
  const admit = admitPush(deps);
  const quotasAt = nearQuotasAtPush(deps);
  const known = new WeakMap<DeviceSession, Pushing>();
  /** One for each session, as long as it is the same user's: those who count what is sent know it by that. */
  const pushingOf = (session: DeviceSession, user: UserId, device: DeviceId): Pushing => {
    const before = known.get(session);
    const { tenant } = session.identity!;
    if (before?.sender.tenant === tenant && before.sender.user === user && before.sender.device === device)
      return before;
    const pushing = { sender: { tenant, user, device }, quotasAtMs: new Map<SpaceId, number>() };
    known.set(session, pushing);
    return pushing;
  };
  /** Looked at now and then only, as it is news for people; null while it is not. */
  const quotasFor = (
    { quotasAtMs }: Pushing,
    space: SpaceId,
    key: SpaceKey,
  ): Promise<readonly QuotaState[]> | null => {
    const nowMs = clock.nowMs();
    if (nowMs - (quotasAtMs.get(space) ?? -Infinity) < QUOTAS_EVERY_MS) return null;
    quotasAtMs.set(space, nowMs);
    return quotasAt(key, nowMs);
  };
  return async (session, { space, ticket, user, device, access, changes, schemaVersions }) => {
    const sentAtMs = clock.nowMs();
    let bytes = 0;
    for (const change of changes) bytes += payloadBytes(change);
    const key = keyOf(session, space);
    const pushing = pushingOf(session, user, device);
    const received = session.receivedPushes.get(changes)!;
    const { encoded, traceparent, receivedAtMs: atMs } = received;
    const span = begunTraces.push({ changes, traceparent, around: session.traceparent, atMs });
    received.span = span;
    const admitted = await admit(pushing.sender, { changes: changes.length, bytes });
    const answered = admitted.ok
      ? await backends.push({
          space: key,
          push: { device, user, access, changes, ...(schemaVersions && { schemaVersions }) },
          encoded: encoded ?? undefined,
          traceparent: span?.traceparent,
        })
      : ({ kind: 'refused', refusal: admitted.refusal } as const);
    const result =
      span === null ? answered : pushAnswered(span, { space: key, changes: changes.length, bytes }, answered);
    const tookMs = Math.max(0, clock.nowMs() - sentAtMs);
    const { tenant } = pushing.sender;
    const refused = result.kind === 'refused' ? result.refusal.reason : null;
    metrics.pushed({
      refused,
      changes: changes.length,
      tookMs,
      tenant,
      traceparent: span?.traceparent ?? '',
    });
    const changesRemaining = admitted.ok ? admitted.value.remaining : 0;
    const looked = result.kind === 'outcomes' ? quotasFor(pushing, space, key) : null;
    const quotas = looked === null ? [] : await looked;
    return { kind: 'pushed', space, ticket, answer: { result, changesRemaining, quotas } };
  };
}
