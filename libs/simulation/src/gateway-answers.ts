import {
  type Answer,
  type AskedEffect,
  type Cursor,
  type CursorKeys,
  type Delta,
  type Limits,
  msOf,
  payloadBytes,
  type PolicyRegistry,
  type PushResult,
  type Reader,
  type SessionInput,
  type SessionState,
  type SpaceId,
  spaceKey,
  type SpaceKey,
} from '@syncline/core';
import { acknowledge, admitPush, authenticate, checkSpace, openSpace, type SpacePush } from '@syncline/flows';
import type {
  Announcements,
  Chance,
  Clock,
  Identity,
  RateLimits,
  SessionRegistry,
  Tokens,
} from '@syncline/ports';
import type { Process, Tolerate } from './process';
import { type Store, storeFor, throughProcess } from './stores';
import type { Link } from './wire-link';

export interface GatewayDeps {
  readonly store: Store;
  readonly announcements: Announcements;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly tokens: Tokens;
  readonly sessions: () => SessionRegistry;
  readonly rates: () => RateLimits;
  readonly keys: CursorKeys;
  readonly policies: PolicyRegistry;
  readonly limits: Limits;
  readonly tolerate: Tolerate;
  /** A session said something after its token had ended. */
  readonly saidTooLate: (what: string) => void;
  /** The calls to the other services, over the network between them. */
  push(from: Process, push: SpacePush): Promise<PushResult>;
  read(from: Process, space: SpaceKey, reader: Reader, cursor: Cursor): Promise<Answer<Delta>>;
}

export interface OpenSession {
  readonly state: SessionState;
  readonly link: Link;
  identity: Identity | null;
  /** When the token that was verified last ends. */
  tokenEndsMs: number;
  skewMs: number;
  readonly unwatch: Map<SpaceId, () => void>;
}

export interface GatewayAnswers {
  answer(session: OpenSession, effect: AskedEffect): Promise<SessionInput>;
  acknowledge(session: OpenSession, space: SpaceId, cursor: Uint8Array): Promise<unknown>;
}

export const keyOf = (session: OpenSession, space: SpaceId): SpaceKey =>
  spaceKey(session.identity!.tenant, space);

/** The real flows behind the effects of a session, each called on behalf of one gateway. */
export function gatewayAnswers(process: Process, deps: GatewayDeps): GatewayAnswers {
  const { clock, keys, policies } = deps;
  const store = storeFor(process, deps.store);
  const open = openSpace({ deltas: store, devices: store, directory: store, policies, keys, clock });
  const check = checkSpace({ deltas: store, directory: store, keys });
  const note = acknowledge({ devices: store, keys });

  type Handler = {
    [Kind in AskedEffect['do']]: (
      session: OpenSession,
      effect: AskedEffect & { do: Kind },
    ) => Promise<SessionInput>;
  };
  const answers: Handler = {
    authenticate: (session, effect) => logIn(process, deps, store, session, effect),
    async open(session, { ticket, request }) {
      const { space } = request.subscribe;
      const caller = {
        identity: session.identity!,
        device: session.state.hello!.device,
        skewMs: session.skewMs,
      };
      const found = await open(caller, request);
      if (!found.ok) return { kind: 'not-opened', space, ticket, refusal: found.refusal };
      return { kind: 'opened', space, ticket, opening: found.value };
    },
    async plan(session, { ticket, request }) {
      const { space } = request;
      const found = await check({ identity: session.identity! }, request);
      if (!found.ok) return { kind: 'not-opened', space, ticket, refusal: found.refusal };
      return { kind: 'planned', space, ticket, plan: found.value };
    },
    push: (session, effect) => pushOn(process, deps, session, effect),
    async read(session, { space, ticket, reader, cursor }) {
      const found = await deps.read(process, keyOf(session, space), reader, cursor);
      if (!found.ok) return { kind: 'not-read', space, ticket, refusal: found.refusal };
      return { kind: 'read', space, ticket, delta: found.value };
    },
  };

  return {
    answer(session, effect) {
      switch (effect.do) {
        case 'authenticate':
          return answers.authenticate(session, effect);
        case 'open':
          return answers.open(session, effect);
        case 'plan':
          return answers.plan(session, effect);
        case 'push':
          return answers.push(session, effect);
        case 'read':
          return answers.read(session, effect);
      }
    },
    acknowledge(session, space, cursor) {
      const { user } = session.identity!;
      const { device } = session.state.hello!;
      return note(
        keyOf(session, space),
        { device, user, nowMs: clock.nowMs(), skewMs: session.skewMs },
        cursor,
      );
    },
  };
}

/** Worlds have no tenants that were declared. */
const NO_TENANTS = { tenant: () => Promise.resolve(null) };
const NO_OWN_RATES = () => Promise.resolve(null);

async function logIn(
  process: Process,
  { tokens, sessions, rates, clock, limits }: GatewayDeps,
  directory: Store,
  session: OpenSession,
  effect: AskedEffect & { do: 'authenticate' },
): Promise<SessionInput> {
  const flow = authenticate({
    tokens,
    directory,
    tenants: NO_TENANTS,
    tenantsDeclaredOnly: false,
    sessions: throughProcess(process, sessions()),
    rates: throughProcess(process, rates()),
    ratesOf: NO_OWN_RATES,
    clock,
    limits,
  });
  const { token, device, resume } = effect;
  const entering = session.identity === null ? session.state.setup.newSession : null;
  const found = await flow({ token, device, address: null, entering, resume });
  if (!found.ok) return { kind: 'not-authenticated', refusal: found.refusal };
  const { identity, saved } = found.value;
  session.identity ??= identity;
  session.tokenEndsMs = identity.expiresAtMs;
  session.skewMs = msOf(session.state.hello!.clock) - clock.nowMs();
  return { kind: 'authenticated', identity, saved };
}

async function pushOn(
  process: Process,
  deps: GatewayDeps,
  session: OpenSession,
  effect: AskedEffect & { do: 'push' },
): Promise<SessionInput> {
  const { space, ticket, user, device, access, changes, schemaVersions } = effect;
  const admit = admitPush({
    pushRates: throughProcess(process, deps.rates()),
    ratesOf: NO_OWN_RATES,
    limits: deps.limits,
  });
  const bytes = changes.reduce((sum, change) => sum + payloadBytes(change), 0);
  const { tenant } = session.identity!;
  const admitted = await admit({ tenant, user, device }, { changes: changes.length, bytes });
  if (!admitted.ok) {
    const result = { kind: 'refused', refusal: admitted.refusal } as const;
    return { kind: 'pushed', space, ticket, answer: { result, changesRemaining: 0 } };
  }
  const result = await deps.push(process, {
    space: keyOf(session, space),
    push: { device, user, access, changes, ...(schemaVersions && { schemaVersions }) },
  });
  return { kind: 'pushed', space, ticket, answer: { result, changesRemaining: admitted.value.remaining } };
}
