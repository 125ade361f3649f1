import { type Answer, crc32c, granted, refused } from '@syncline/core';
import { readArtifact } from '@syncline/flows';
import { DownloadArtifactRequest, DownloadArtifactResponse } from '@syncline/proto';
import { decode, downloadCall, downloadPart, type DownloadPart, encode } from '@syncline/wire';
import type { GatewayDeps } from '../gateway-deps';
import type { TransferCall } from './transfer-call';
import { ended, transfers } from './transfers';

/** Sends an artifact to a device, chunk by chunk: none is read before the last one has left. */
export function sendArtifact(deps: GatewayDeps) {
  const begin = transfers(deps);
  const reading = readArtifact({ artifacts: deps.store.artifacts });
  return async (call: TransferCall, request: Uint8Array): Promise<Answer<null>> => {
    const decoded = decode(DownloadArtifactRequest, request);
    if (!decoded.ok) return decoded;
    const wanted = downloadCall.fromProto(decoded.value);
    if (!wanted.ok) return wanted;
    const { device, space, hash, fromChunk } = wanted.value;
    const transfer = await begin(call, { device, space, to: 'read' });
    if (!transfer.ok) return transfer;
    const { key, allow } = transfer.value;
    const whole = await reading.whole(key, hash);
    if (!whole.ok) return whole;
    const { chunks } = whole.value;
    if (fromChunk > chunks) return refused('INVALID_ARGUMENT', { violations: [beyond(chunks)] });
    const end = Math.min(chunks, fromChunk + (wanted.value.chunks ?? chunks));
    let sent = await send(call, { kind: 'metadata', info: whole.value });
    for (let index = fromChunk; sent.ok && index < end; index++) {
      const chunk = await reading.chunk(key, hash, index);
      if (!chunk.ok) return chunk;
      const content = chunk.value;
      const allowed = await allow(content.length);
      if (!allowed.ok) return allowed;
      sent = await send(call, { kind: 'chunk', chunk: { index, content, crc32c: crc32c(content) } });
      if (sent.ok) deps.metrics.artifactBytes('out', content.length);
    }
    return sent;
  };
}

const beyond = (chunks: number) => ({
  field: 'from_chunk',
  description: `must be at most ${chunks}, the number of chunks`,
});

async function send(call: TransferCall, part: DownloadPart): Promise<Answer<null>> {
  const stopped = await call.send(encode(DownloadArtifactResponse, downloadPart.toProto(part)));
  return stopped === null ? granted(null) : ended(stopped);
}
