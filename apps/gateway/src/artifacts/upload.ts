import { type Answer, granted, refused } from '@syncline/core';
import { artifactStanding, uploadArtifact } from '@syncline/flows';
import type { ArtifactState } from '@syncline/ports';
import { UploadArtifactRequest, UploadArtifactResponse } from '@syncline/proto';
import { decode, encode, type UploadMessage, uploadMessage, uploadProgress } from '@syncline/wire';
import type { GatewayDeps } from '../gateway-deps';
import type { IncomingCall, Next } from './transfer-call';
import { ended, type Transfer, transfers } from './transfers';

/** A device hears of its upload after so many chunks, or after this time, whichever comes first. */
const STATUS_CHUNKS = 16;
const STATUS_MS = 1_000;

/** Takes an artifact from a device, chunk by chunk: nothing is read from the stream before the last one is stored. */
export function receiveArtifact(deps: GatewayDeps) {
  const { store, limits } = deps;
  const begin = transfers(deps);
  const upload = uploadArtifact({ ...deps, artifacts: store.artifacts, tenants: store });
  return async (call: IncomingCall): Promise<Answer<null>> => {
    const first = messageOf(await call.next(limits.helloWithinMs));
    if (!first.ok) return first;
    if (first.value === null || first.value.kind !== 'begin') return refused('WRONG_ORDER');
    const { device, space, info } = first.value;
    const transfer = await begin(call, { device, space, to: 'write' });
    if (!transfer.ok) return transfer;
    const begun = await upload.begin(transfer.value.key, info);
    if (!begun.ok) return begun;
    return receiveChunks(deps, call, transfer.value, upload, begun.value);
  };
}

async function receiveChunks(
  deps: GatewayDeps,
  call: IncomingCall,
  transfer: Transfer,
  upload: ReturnType<typeof uploadArtifact>,
  begun: ArtifactState,
): Promise<Answer<null>> {
  const { clock, timing, metrics } = deps;
  const report = reporting(deps, call);
  let state = begun;
  let told = await report.tell(state);
  let heardAtMs = clock.nowMs();
  while (told.ok && !isDone(state)) {
    const next = await call.next(Math.min(report.dueMs(), timing.slowConsumerMs));
    if (next.kind === 'end') return report.waits() ? report.tell(state) : granted(null);
    if (next.kind === 'late') {
      if (clock.nowMs() - heardAtMs >= timing.slowConsumerMs) return refused('DEADLINE_EXCEEDED');
      if (report.dueMs() === 0) told = await report.tell(state);
      continue;
    }
    const message = messageOf(next);
    if (!message.ok) return message;
    if (message.value === null) return refused('UNKNOWN_MESSAGE');
    if (message.value.kind !== 'chunk') return refused('WRONG_ORDER');
    const { chunk } = message.value;
    const standing = state;
    const allowed = await transfer.allow(chunk.content.length, (delayMs) => report.tell(standing, delayMs));
    if (!allowed.ok) return allowed;
    const put = await upload.put(transfer.key, state, chunk);
    if (!put.ok) return put;
    metrics.artifactBytes('in', chunk.content.length);
    heardAtMs = clock.nowMs();
    state = put.value;
    if (isDone(state) || report.isDueWith(1)) told = await report.tell(state);
  }
  return told;
}

/** What is complete needs nothing more, and what is corrupt is uploaded anew. */
const isDone = ({ complete, corrupt }: ArtifactState): boolean => complete || corrupt;

function reporting({ clock, limits }: GatewayDeps, call: IncomingCall) {
  let toldAtMs = clock.nowMs();
  let untold = 0;
  const dueMs = (): number =>
    untold === 0 ? Number.POSITIVE_INFINITY : Math.max(0, toldAtMs + STATUS_MS - clock.nowMs());
  return {
    async tell(state: ArtifactState, delayMs = 0): Promise<Answer<null>> {
      toldAtMs = clock.nowMs();
      untold = 0;
      const standing = artifactStanding(state, limits);
      const progress = uploadProgress.toProto({ standing, delayMs, done: isDone(state) });
      const stopped = await call.send(encode(UploadArtifactResponse, progress));
      return stopped === null ? granted(null) : ended(stopped);
    },
    /** There is something that the device was not told. */
    waits: () => untold > 0,
    dueMs,
    isDueWith(chunks: number): boolean {
      untold += chunks;
      return untold >= STATUS_CHUNKS || dueMs() === 0;
    },
  };
}

function messageOf(next: Next): Answer<UploadMessage> {
  switch (next.kind) {
    case 'message': {
      const decoded = decode(UploadArtifactRequest, next.bytes);
      return decoded.ok ? uploadMessage.fromProto(decoded.value) : decoded;
    }
    case 'end':
      return refused('WRONG_ORDER');
    case 'late':
      return refused('DEADLINE_EXCEEDED');
    case 'gone':
    case 'draining':
    case 'slow':
      return ended(next);
  }
}
