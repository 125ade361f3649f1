import {
  type Answer,
  granted,
  HOLDS_NOTHING,
  nameHash,
  type Outcome,
  outcomeBytes,
  payloadBytes,
  pushObstacle,
  type PushResult,
  type Reason,
  refused,
} from '@syncline/core';
import { admitPush } from '@syncline/flows';
import { Unavailable } from '@syncline/ports';
import { PushRequest, PushResponse } from '@syncline/proto';
import type { Span } from '@syncline/telemetry';
import { type PushCall, pushCallFromProto, type PushedCall, pushedCallToProto } from '@syncline/wire';
import type { AnsweredPush } from '../delivery-metrics';
import { nearQuotasAtPush } from '../near-quotas';
import { notePushed } from '../syncs/caller-syncs';
import { inSpan } from '../tracing/in-span';
import { type Admit, type Admitted, admitToSpace } from './admitted';
import type { CallDeps } from './call-deps';
import { type CallContext, type UnaryMethod, unaryMethod } from './methods';
import { pushingPace } from './pace';

export function pushMethod(deps: CallDeps, admit: Admit): UnaryMethod {
  const quotasAt = nearQuotasAtPush(deps);
  return unaryMethod(PushRequest, PushResponse, async (request, context) => {
    const atMs = deps.clock.nowMs();
    const call = pushCallFromProto(request, deps.compressor);
    if (!call.ok) return call;
    const obstacle = pushObstacle(call.value.push, deps.limits);
    if (obstacle !== null) return { ok: false, refusal: obstacle };
    const admitted = await admit(call.value.caller, context);
    if (!admitted.ok) return admitted;
    const { changes } = call.value.push;
    const traceparent = request.body?.$case === 'push' ? request.body.push.traceparent : '';
    const span = deps.begunTraces.push({ changes, traceparent, around: context.trace, atMs });
    const { tenant } = admitted.value.identity;
    const ofPush = { changes: changes.length, tenant, traceparent: span?.traceparent ?? '' };
    const pushed = await inSpan(span, context, () =>
      counted(deps, ofPush, context.gone, () =>
        pushFor({ ...deps, quotasAt, span }, admitted.value, call.value, context),
      ),
    );
    return pushed.ok ? granted(pushedCallToProto(pushed.value)) : pushed;
  });
}

/** Whatever becomes of it, it counts as a push that was answered. */
async function counted(
  { clock, metrics }: CallDeps,
  push: Omit<AnsweredPush, 'refused' | 'tookMs'>,
  gone: AbortSignal,
  call: () => Promise<Answer<PushedCall>>,
): Promise<Answer<PushedCall>> {
  const startedMs = clock.nowMs();
  const count = (refused: Reason | null): void =>
    metrics.pushed({ ...push, refused, tookMs: Math.max(0, clock.nowMs() - startedMs) });
  try {
    const pushed = await call();
    // Whoever hung up before it was sent on has no answer, and no failure of ours.
    const hungUp = !pushed.ok && pushed.refusal.reason === 'DEADLINE_EXCEEDED' && gone.aborted;
    if (!hungUp) count(pushed.ok ? null : pushed.refusal.reason);
    return pushed;
  } catch (error) {
    count(error instanceof Unavailable ? 'UNAVAILABLE' : 'INTERNAL');
    throw error;
  }
}

interface Pushing extends CallDeps {
  readonly quotasAt: ReturnType<typeof nearQuotasAtPush>;
  readonly span: Span | null;
}

async function pushFor(
  deps: Pushing,
  caller: Admitted,
  { push }: PushCall,
  context: CallContext,
): Promise<Answer<PushedCall>> {
  const { backends, limits, clock, span } = deps;
  const { gone } = context;
  const { space, changes } = push;
  const { identity, device, schemaVersions } = caller;
  const allowed = await admitToSpace(deps, caller, space);
  if (!allowed.ok) return allowed;
  const { key, access } = allowed.value;
  const own = await isOwnDevice(deps, caller, key);
  if (!own.ok) return own;
  const size = { changes: changes.length, bytes: changes.reduce((sum, each) => sum + payloadBytes(each), 0) };
  const admitted = await admitPush(deps)({ tenant: identity.tenant, user: identity.user, device }, size);
  if (!admitted.ok) return admitted;
  if (gone.aborted) return refused('DEADLINE_EXCEEDED');
  span?.tell({ space: nameHash(key), ...size });
  const startedMs = clock.nowMs();
  const result: PushResult = await backends.push({
    space: key,
    push: { device, user: identity.user, access, changes, ...(schemaVersions && { schemaVersions }) },
    traceparent: span?.traceparent,
  });
  const tookMs = Math.max(0, clock.nowMs() - startedMs);
  notePushed(deps.syncs, key, caller, { ...size, result }, context);
  if (result.kind === 'refused') return { ok: false, refusal: result.refusal };
  const outcomes = asManyAsFit(result.outcomes, limits.messageBytesMax / 2);
  const pace = pushingPace(limits, { changes: changes.length, tookMs, ...admitted.value });
  const quotas = await deps.quotasAt(key, clock.nowMs());
  return granted({ outcomes: { kind: 'outcomes', space, outcomes }, pace: { ...pace, quotas } });
}

/** As when a space is opened: a device belongs to one user there. It keeps the copy that it has, or none. */
async function isOwnDevice(
  { store, clock }: CallDeps,
  { identity, device, skewMs }: Admitted,
  key: Parameters<CallDeps['store']['open']>[0],
): Promise<Answer<null>> {
  const seen = { device, user: identity.user, nowMs: clock.nowMs(), skewMs };
  const known = await store.open(key, seen, HOLDS_NOTHING);
  if (known === null) return refused('SPACE_NOT_FOUND');
  return known.user === identity.user ? granted(null) : refused('DEVICE_OF_OTHER_USER');
}

/** Outcomes bring the records that stand. Those at the end that are too much are asked for by sending their changes again. */
function asManyAsFit(outcomes: readonly Outcome[], bytesMax: number): readonly Outcome[] {
  let bytes = 0;
  const over = outcomes.findIndex((outcome, index) => {
    bytes += outcomeBytes(outcome);
    return index > 0 && bytes > bytesMax;
  });
  return over < 0 ? outcomes : outcomes.slice(0, over);
}
