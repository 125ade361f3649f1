import { hlcTime, msOf } from '../clock';
import { idProblem } from '../ids';
import { sessionLimits } from '../limits';
import type { DeviceMessage, Hello } from '../messages';
import { negotiate, PROTOCOL_MAX, PROTOCOL_MIN } from '../negotiate';
import { refusal } from '../refusals';
import type { SessionEffect, VerifiedDevice } from './io';
import type { SavedSession } from './saved';
import { closeWith, refuse, send } from './send';
import type { EarlyMessage, SessionState } from './state';
import { openSubscription } from './subscribe';

/** So much may be sent along with Hello, to save a round trip. */
const EARLY_MESSAGES_MAX = 128;

export function greet(state: SessionState, hello: Hello, nowMs: number): SessionEffect[] {
  if (state.phase !== 'new')
    return refuse(state, refusal('WRONG_ORDER', { message: 'Hello comes once.' }), 'hello');
  const problem = idProblem(hello.device);
  if (problem !== null) {
    const violations = [{ field: 'hello.device', description: problem }];
    return closeWith(state, refusal('INVALID_ID', { violations }), 'hello');
  }
  const negotiation = negotiate(
    hello.protocol,
    hello.capabilities,
    { min: PROTOCOL_MIN, max: PROTOCOL_MAX },
    state.setup.capabilities,
  );
  if (!negotiation.ok) return closeWith(state, negotiation.refusal, 'hello');
  state.phase = 'greeted';
  state.hello = hello;
  state.helloAtMs = nowMs;
  state.agreed = negotiation.agreed;
  return [{ do: 'authenticate', token: hello.token, device: hello.device, resume: hello.resume }];
}

export function waitForWelcome(state: SessionState, message: EarlyMessage): SessionEffect[] {
  if (state.early.length >= EARLY_MESSAGES_MAX) {
    return closeWith(
      state,
      refusal('WRONG_ORDER', { message: 'Too much was sent before Welcome.' }),
      message.kind,
    );
  }
  state.early.push(message);
  return [];
}

export function authenticated(
  state: SessionState,
  verified: VerifiedDevice,
  saved: SavedSession | null,
  nowMs: number,
): { effects: SessionEffect[]; early: readonly DeviceMessage[] } {
  if (state.phase === 'open') return { effects: refreshed(state, verified, nowMs), early: [] };
  const { hello, agreed } = state;
  if (state.phase !== 'greeted' || hello === null || agreed === null) return { effects: [], early: [] };
  if (hello.tenant !== null && hello.tenant !== verified.tenant) {
    const refused = refusal('UNAUTHENTICATED', { message: 'The token is of another tenant.' });
    return { effects: closeWith(state, refused, 'hello'), early: [] };
  }
  const own = saved !== null && isOwn(saved, hello, verified) ? saved : null;
  const session = own?.id ?? state.setup.newSession;
  state.phase = 'open';
  state.identity = { session, device: hello.device, ...verified };
  const early = state.early;
  state.early = [];
  // What the device subscribes to itself in the same breath is not taken up from memory as well.
  const named = new Set(
    early.map((message) =>
      message.kind === 'subscribe' && message.mode !== 'check-only' ? message.space : null,
    ),
  );
  const taken = (own?.subscriptions ?? []).filter(({ space }) => !named.has(space));
  const welcome = send(state, {
    kind: 'welcome',
    session,
    agreed,
    limits: sessionLimits(state.setup.limits),
    user: verified.user,
    tenant: verified.tenant,
    expiresInMs: verified.expiresAtMs - nowMs,
    resumeWithinMs: state.setup.limits.resumeWithinMs,
    clock: hlcTime(nowMs),
    deviceTimeMs: msOf(hello.clock),
    receivedAtMs: state.helloAtMs,
    sentAtMs: nowMs,
    // Against the moment of its arrival: looking at the token took time as well.
    skewMs: msOf(hello.clock) - state.helloAtMs,
    resumed: taken.map(({ space }) => space),
  });
  const effects = [welcome];
  for (const { space, scope, mode, cursor } of taken) {
    const subscribe = {
      kind: 'subscribe',
      space,
      scope,
      mode,
      cursor,
      digests: new Map(),
      pending: [],
      tag: 0,
    } as const;
    effects.push(...openSubscription(state, subscribe, { resumed: true }));
  }
  return { effects, early };
}

/** In band: the same user goes on with a fresh token. */
function refreshed(state: SessionState, verified: VerifiedDevice, nowMs: number): SessionEffect[] {
  const identity = state.identity!;
  state.reauthenticating = false;
  if (verified.tenant !== identity.tenant || verified.user !== identity.user) {
    return closeWith(
      state,
      refusal('UNAUTHENTICATED', { message: 'The token is of another user.' }),
      'authenticate',
    );
  }
  identity.expiresAtMs = verified.expiresAtMs;
  state.endNoticed = false;
  return [send(state, { kind: 'authenticated', expiresInMs: verified.expiresAtMs - nowMs })];
}

function isOwn(saved: SavedSession, hello: Hello, verified: VerifiedDevice): boolean {
  return (
    saved.id === hello.resume &&
    saved.tenant === verified.tenant &&
    saved.user === verified.user &&
    saved.device === hello.device
  );
}
