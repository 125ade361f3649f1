import {
  type Answer,
  type CursorKeys,
  decodeCursor,
  granted,
  spaceKey,
  type SpaceKey,
  type Version,
} from '@syncline/core';
import { pullSpace } from '@syncline/flows';
import { PullRequest, PullResponse } from '@syncline/proto';
import type { Span } from '@syncline/telemetry';
import { pullCallFromProto, pulledToProto } from '@syncline/wire';
import { nearQuotas } from '../near-quotas';
import { withEntries } from '../page-entries';
import { notePulled } from '../syncs/caller-syncs';
import { inSpan } from '../tracing/in-span';
import type { Activity } from './activity';
import type { Admit } from './admitted';
import type { CallDeps } from './call-deps';
import { type CallContext, type UnaryMethod, unaryMethod } from './methods';
import { pollingPace } from './pace';

export function pullMethod(deps: CallDeps, admit: Admit, activity: Activity): UnaryMethod {
  const { store, backends, limits, clock, keys, compressor, begunTraces, trails } = deps;
  const packing = compressor && { compressor, packBytesMin: limits.pageCompressBytesMin };
  const answer = async (
    request: PullRequest,
    context: CallContext,
    span: Span | null,
  ): Promise<Answer<PullResponse>> => {
    const call = pullCallFromProto(request);
    if (!call.ok) return call;
    const { caller, ...wanted } = call.value;
    const admitted = await admit(caller, context);
    if (!admitted.ok) return admitted;
    const { identity, capabilities, schemaVersions } = admitted.value;
    const pull = pullSpace({
      ...deps,
      deltas: store,
      devices: store,
      directory: store,
      read: async (space, reader, cursor) =>
        withEntries(await backends.read(space, reader, cursor, context.gone, null, span?.traceparent)),
    });
    const pulled = await pull(admitted.value, {
      ...wanted,
      takesPatches: capabilities.includes('patch-entries'),
      takesOperations: capabilities.includes('operations'),
      takesOwn: capabilities.includes('own-entries'),
      schemaVersions,
      isGone: () => context.gone.aborted,
    });
    if (!pulled.ok) return pulled;
    const { opening, pages, checkpoint, collections } = pulled.value;
    const { reset, access, epoch, lastNumber, mismatched } = opening;
    const key = spaceKey(identity.tenant, wanted.space);
    const sent = checkpoint?.version ?? null;
    const stored = storedIn(wanted.acknowledged, key, keys);
    trails.pulled(key, admitted.value.device, { cursor: opening.cursor, sent, stored }, clock.nowMs());
    notePulled(deps.syncs, key, admitted.value, pulled.value, context);
    const pollMs = activity.pollAfterMs(key, opening.head);
    const quotas = pages.length === 0 ? [] : await nearQuotas(deps, key, clock.nowMs());
    const response = {
      reset: reset && { kind: 'reset' as const, space: wanted.space, refusal: reset },
      pages,
      checkpoint,
      lastNumber,
      epoch,
      role: access.role,
      collections,
      mismatched,
      pace: { ...pollingPace(limits, pollMs), quotas },
      serverTimeMs: clock.nowMs(),
    };
    const takesPacked = capabilities.includes('page-compression');
    return granted(pulledToProto(response, takesPacked ? packing : null));
  };
  return unaryMethod(PullRequest, PullResponse, (request, context) => {
    const span = begunTraces.call('gateway.pull', context.trace);
    return inSpan(span, context, () => answer(request, context, span));
  });
}

function storedIn(acknowledged: Uint8Array | null, space: SpaceKey, keys: CursorKeys): Version | null {
  return acknowledged === null ? null : (decodeCursor(acknowledged, space, keys)?.checkpoint ?? null);
}
