import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { type Answer, granted } from '@syncline/core';
import { type DownloadCall, type TransferCall, transferCall } from '../artifacts/transfer-call';
import { ended } from '../artifacts/transfers';
import type { GatewayDeps } from '../gateway-deps';
import { leavingCaller } from '../leaving';
import { settleCall } from '../unary/settle';
import type { Draining } from './draining';
import type { Parts, StreamMethods } from './stream-methods';

export interface GrpcStreamsDeps extends GatewayDeps {
  /** The address that callers come from says nothing, as they come through a proxy. */
  readonly behindProxy: boolean;
  readonly draining: Draining;
}

/** Handlers under their full paths, for a server whose messages are bytes. */
export function streamHandlers(
  methods: StreamMethods,
  deps: GrpcStreamsDeps,
): ReadonlyMap<string, UntypedServiceImplementation[string]> {
  const settle = settleCall(deps);
  const { timer, timing, behindProxy, draining, metrics } = deps;
  const callDeps = {
    timer,
    slowConsumerMs: timing.slowConsumerMs,
    behindProxy,
    onDrain: draining.onDrain,
  };
  return new Map(
    Array.from(methods, ([name, method]) => [
      `/${name}`,
      (stream: DownloadCall): void => {
        const call = transferCall(stream, callDeps);
        const context = {
          token: call.token,
          peer: call.address ?? '',
          trace: call.trace,
          gone: leavingCaller().signal,
        };
        const answer = () => sendAll(call, method.answerBytes(stream.request, context));
        void settle(name, answer, context).then((answered) => {
          if (!answered.ok && answered.refusal.reason === 'SLOW_CONSUMER') metrics.slowConsumer();
          call.end(answered.ok ? null : answered.refusal);
        });
      },
    ]),
  );
}

/** No part is made before the last one has left, so that a caller who reads slowly does not fill the memory. */
async function sendAll(call: TransferCall, parts: Parts<Uint8Array>): Promise<Answer<null>> {
  for await (const part of parts) {
    if (!part.ok) return part;
    const stopped = await call.send(part.value);
    if (stopped !== null) return ended(stopped);
  }
  return granted(null);
}
