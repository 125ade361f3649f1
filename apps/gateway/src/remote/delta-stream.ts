import { status } from '@grpc/grpc-js';
import type { Timer } from '@syncline/ports';
import { DeltaServiceService, ReadResponse } from '@syncline/proto/internal';
import type { GrpcChannel } from '@syncline/service-kit';
import { decode } from '@syncline/wire';

/** A page, and the checkpoint behind it where it is the last one. */
export type DeltaParts = readonly ReadResponse[];

/** One read that goes on from page to page. The next page is fetched while this one is sent on, and not more than that. */
export interface DeltaStream {
  /** Rejects as the call does, or when nothing comes in time. */
  next(): Promise<DeltaParts>;
  readonly isOver: boolean;
  cancel(): void;
}

export interface DeltaStreamDeps {
  readonly channel: GrpcChannel;
  readonly timer: Timer;
  /** A page has so long to come; one that nobody fetches stays for as long. */
  readonly patienceMs: number;
}

interface Waiting {
  readonly resolve: (parts: DeltaParts) => void;
  readonly reject: (error: Error) => void;
}

/** Given up as soon as the signal says that nobody waits any more, at the other end as well. */
export function deltaStream(
  { channel, timer, patienceMs }: DeltaStreamDeps,
  request: Uint8Array,
  gone: AbortSignal | undefined,
): DeltaStream {
  const call = channel.stream(DeltaServiceService.read.path);
  const ready: DeltaParts[] = [];
  let parts: ReadResponse[] = [];
  let waiting: Waiting | null = null;
  let over: Error | null = null;
  let stopPatience = (): void => undefined;

  const cancel = (): void => call.cancel();
  const end = (error: Error): void => {
    if (over !== null) return;
    over = error;
    stopPatience();
    gone?.removeEventListener('abort', cancel);
    waiting?.reject(error);
    waiting = null;
  };
  const giveUp = (error: Error): void => {
    end(error);
    cancel();
  };
  const bePatient = (): void => {
    stopPatience();
    stopPatience = timer.after(patienceMs, () => giveUp(tooLate()));
  };
  const complete = (): void => {
    const whole = parts;
    parts = [];
    if (waiting === null) {
      ready.push(whole);
      call.pause();
    } else waiting.resolve(whole);
    waiting = null;
    bePatient();
  };

  call.on('data', (bytes: Uint8Array) => {
    const part = decode(ReadResponse, bytes);
    if (!part.ok) return giveUp(new Error('a part of a delta cannot be read'));
    parts.push(part.value);
    if (part.value.more || part.value.part?.$case === 'checkpoint') complete();
  });
  call.on('error', end);
  call.on('end', () => end(new Error('a read ended before its checkpoint')));
  gone?.addEventListener('abort', cancel, { once: true });
  if (gone?.aborted === true) cancel();
  else call.end(request);
  bePatient();

  return {
    next() {
      const whole = ready.shift();
      if (whole !== undefined) {
        call.resume();
        bePatient();
        return Promise.resolve(whole);
      }
      if (over !== null) return Promise.reject(over);
      return new Promise((resolve, reject) => (waiting = { resolve, reject }));
    },
    get isOver() {
      return over !== null && ready.length === 0;
    },
    cancel,
  };
}

function tooLate(): Error {
  return Object.assign(new Error('no page came in time'), { code: status.DEADLINE_EXCEEDED, details: '' });
}
