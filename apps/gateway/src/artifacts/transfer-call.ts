import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';
import type { Refusal } from '@syncline/core';
import type { Timer } from '@syncline/ports';
import { refusedCall } from '@syncline/wire/grpc';
import { addressOf, cutCall, holdFewMessages } from '../grpc/session-stream';
import { bearerToken } from '../unary/bearer';

type Bytes = Uint8Array;
export type UploadCall = ServerDuplexStream<Bytes, Bytes>;
export type DownloadCall = ServerWritableStream<Bytes, Bytes>;

/** Nothing is to be done any more: the device is gone or takes nothing, or the gateway is about to stop. */
export interface Stopped {
  readonly kind: 'gone' | 'draining' | 'slow';
}

export type Next =
  | { readonly kind: 'message'; readonly bytes: Bytes }
  /** The device will say nothing more. */
  | { readonly kind: 'end' }
  | { readonly kind: 'late' }
  | Stopped;

/** One transfer, as whoever performs it sees its stream. */
export interface TransferCall {
  /** Empty without one. */
  readonly token: string;
  /** W3C traceparent; empty for none. */
  readonly trace: string;
  /** Null where the address says nothing. */
  readonly address: string | null;
  stopped(): Stopped | null;
  /** Resolves once the message has left: more than one never waits. */
  send(bytes: Bytes): Promise<Stopped | null>;
  pause(ms: number): Promise<Stopped | null>;
  /** Ends the stream with the refusal, or well with null. */
  end(refusal: Refusal | null): void;
}

export interface IncomingCall extends TransferCall {
  /** What the device says next; it is not read from it before. */
  next(withinMs: number): Promise<Next>;
}

export interface TransferCallDeps {
  readonly timer: Timer;
  /** A device that takes nothing for so long is sent away. */
  readonly slowConsumerMs: number;
  readonly behindProxy: boolean;
  /** Tells once that the gateway is about to stop. Returns the way to stop listening. */
  readonly onDrain: (listener: () => void) => () => void;
}

export function transferCall(call: UploadCall | DownloadCall, deps: TransferCallDeps): TransferCall {
  return linedUp(call, deps, haltOf(call, deps));
}

/** The same for a stream that brings messages as well. */
export function incomingCall(call: UploadCall, deps: TransferCallDeps): IncomingCall {
  const halt = haltOf(call, deps);
  let ended = false;
  let wake = (): void => undefined;
  holdFewMessages(call);
  call.on('readable', () => wake());
  call.on('end', () => {
    ended = true;
    wake();
  });
  halt.signal.addEventListener('abort', () => wake());

  return {
    ...linedUp(call, deps, halt),
    async next(withinMs) {
      let late = false;
      const stopWaiting = deps.timer.after(withinMs, () => {
        late = true;
        wake();
      });
      try {
        for (;;) {
          const stopped = halt.why();
          if (stopped !== null) return stopped;
          const bytes = call.read() as Bytes | null;
          if (bytes !== null) return { kind: 'message', bytes };
          if (ended) return { kind: 'end' };
          if (late) return { kind: 'late' };
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        stopWaiting();
      }
    },
  };
}

interface Halt {
  readonly signal: AbortSignal;
  why(): Stopped | null;
}

function haltOf(call: UploadCall | DownloadCall, { onDrain }: TransferCallDeps): Halt {
  const halting = new AbortController();
  let why: Stopped | null = null;
  const halt = (kind: Stopped['kind']): void => {
    why = { kind };
    halting.abort();
  };
  const stopListening = onDrain(() => halt('draining'));
  const leave = (): void => {
    stopListening();
    halt('gone');
  };
  // Comes in the end for every call, however it ended.
  call.once('cancelled', leave);
  if (call.cancelled) leave();
  return { signal: halting.signal, why: () => why };
}

function linedUp(
  call: UploadCall | DownloadCall,
  { timer, slowConsumerMs, behindProxy }: TransferCallDeps,
  halt: Halt,
): TransferCall {
  /** Resolves with what is told, and otherwise when time is up or everything stops. */
  const within = (ms: number, late: Stopped | null, begin: (tell: (told: Stopped | null) => void) => void) =>
    new Promise<Stopped | null>((resolve) => {
      const over = (told: Stopped | null): void => {
        stopWaiting();
        halt.signal.removeEventListener('abort', stop);
        resolve(told);
      };
      const stop = (): void => over(halt.why());
      const stopWaiting = timer.after(ms, () => over(late));
      halt.signal.addEventListener('abort', stop);
      begin(over);
    });

  return {
    token: bearerToken(call.metadata.get('authorization')[0]?.toString()),
    trace: call.metadata.get('traceparent')[0]?.toString() ?? '',
    address: behindProxy ? null : addressOf(call.getPeer()),
    stopped: () => halt.why(),
    send: async (bytes) =>
      halt.why() ??
      (await within(slowConsumerMs, { kind: 'slow' }, (tell) => {
        call.write(bytes, (error?: Error | null) => tell(error == null ? null : { kind: 'gone' }));
      })),
    pause: async (ms) => halt.why() ?? (await within(ms, null, () => undefined)),
    end(refusal) {
      if (halt.why()?.kind === 'gone') return;
      // A status would wait behind what the device does not take.
      if (refusal?.reason === 'SLOW_CONSUMER') cutCall(call);
      else if (refusal === null) call.end();
      else call.emit('error', refusedCall(refusal));
    },
  };
}
