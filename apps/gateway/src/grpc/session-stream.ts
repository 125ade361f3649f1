import { framedMessages, http2Of } from '@syncline/service-kit';
import { refusedCall } from '@syncline/wire/grpc';
import { constants } from 'node:http2';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { OpenSession, SessionStream } from '../session/stream';
import { bearerToken } from '../unary/bearer';

type Call = ServerDuplexStream<Uint8Array, Uint8Array>;

export interface SessionCallDeps {
  readonly openSession: OpenSession;
  /** The address that callers come from says nothing, as they come through a proxy. */
  readonly behindProxy: boolean;
}

/** A Session call: its messages go to the session as bytes, and come from it as bytes. */
export function sessionHandler({ openSession, behindProxy }: SessionCallDeps): (call: Call) => void {
  return (call) => {
    holdFewMessages(call);
    const inlet = openSession(streamOf(call, behindProxy ? null : addressOf(call.getPeer())));
    call.on('data', (bytes: Uint8Array) => inlet.receive(bytes));
    call.on('end', () => inlet.finished());
    // Comes in the end for every call, however it ended.
    call.on('cancelled', () => inlet.closed());
  };
}

function streamOf(call: Call, address: string | null): SessionStream {
  const messages = framedMessages(call);
  return {
    transport: 'grpc',
    address,
    token: bearerToken(call.metadata.get('authorization')[0]?.toString()) || null,
    traceparent: call.metadata.get('traceparent')[0]?.toString() ?? '',
    send: messages.send,
    end(why) {
      messages.flush();
      if (why === null) call.end();
      else call.emit('error', refusedCall(why));
    },
    cut: () => cutCall(call),
    pauseReading: () => void call.pause(),
    resumeReading: () => void call.resume(),
  };
}

/** A status waits behind everything that was sent before, so it does not end a call whose caller reads nothing. */
export function cutCall(call: object): void {
  http2Of(call).close(constants.NGHTTP2_CANCEL);
}

/** Left alone, a call reads sixteen messages ahead of whoever takes them, each as large as messages may be. */
export function holdFewMessages(call: Call): void {
  const { _readableState: state } = call as unknown as { _readableState?: { highWaterMark: number } };
  if (state === undefined) throw new Error('this version of Node keeps the state of its streams elsewhere');
  state.highWaterMark = 1;
}

/** `127.0.0.1:4711` without its port. Anything else than an address with a port says nothing. */
export function addressOf(peer: string): string | null {
  return /^(.+):\d+$/.exec(peer)?.[1] ?? null;
}
