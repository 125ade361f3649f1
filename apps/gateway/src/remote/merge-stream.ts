import type { Answer } from '@syncline/core';
import type { Chance, Timer } from '@syncline/ports';
import { MergeResponse, MergeServiceService } from '@syncline/proto/internal';
import type { GrpcChannel } from '@syncline/service-kit';
import type { Log } from '@syncline/telemetry';
import { decode, type MergeAnswer, mergeAnswerFromProto } from '@syncline/wire';
import type { RemoteSettings } from './remote-settings';

/** The one long stream to a merge instance. Whatever it took and did not answer is given back when it breaks. */
export interface MergeStream {
  readonly address: string;
  /** Connected, or not tried yet. */
  readonly usable: boolean;
  /** Of what is not answered. */
  readonly unansweredBytes: number;
  send(push: SentPush): void;
  /** Nobody waits for it any more; an answer that comes later is dropped. */
  forget(correlation: number): void;
  /** Takes no more; the stream ends when everything is answered. */
  leave(): void;
  close(): void;
}

export interface SentPush {
  readonly correlation: number;
  readonly request: Uint8Array;
  answered(answer: MergeAnswer): void;
  /** The stream has ended without an answer. A push that was lost with it may have been committed or not. */
  unanswered(how: 'lost' | 'not-taken'): void;
}

export interface MergeStreamDeps {
  readonly address: string;
  readonly channel: GrpcChannel;
  readonly timer: Timer;
  readonly chance: Chance;
  readonly log: Log;
  readonly settings: RemoteSettings;
  /** It broke, so the instance may have gone. */
  readonly broken: () => void;
  /** It is usable again. */
  readonly mended: () => void;
}

type Call = ReturnType<GrpcChannel['stream']>;

export function mergeStream(deps: MergeStreamDeps): MergeStream {
  const { address, channel, log } = deps;
  const unanswered = unansweredPushes();
  const again = reconnecting(deps);
  let call: Call | null = null;
  let leaving = false;

  const endIfDone = (): void => {
    if (leaving && unanswered.bytes === 0) call?.end();
  };
  const hear = (bytes: Uint8Array): void => {
    const answer = answerIn(bytes);
    // Its push is refused when the time is over.
    if (!answer.ok) return log.error('a merge instance sent what cannot be read', { address });
    again.succeeded();
    unanswered.take(answer.value.correlation)?.answered(answer.value);
    endIfDone();
  };
  const ended = (ofCall: Call, error: Error | null): void => {
    if (call !== ofCall) return;
    call = null;
    const given = unanswered.takeAll();
    if (!leaving) {
      if (!again.waiting)
        log.warn('a merge instance is gone', { address, unanswered: given.length, because: error?.message });
      again.failed();
      deps.broken();
    }
    // In the order in which they were sent, so that they reach another instance in it.
    for (const push of given) push.unanswered(error === null ? 'not-taken' : 'lost');
  };
  const open = (): Call => {
    const opened = channel.stream(MergeServiceService.merge.path);
    opened.on('data', hear);
    opened.on('error', (error) => ended(opened, error));
    opened.on('end', () => ended(opened, null));
    return (call = opened);
  };

  return {
    address,
    get usable() {
      return !leaving && !again.waiting;
    },
    get unansweredBytes() {
      return unanswered.bytes;
    },
    send(push) {
      unanswered.add(push);
      (call ?? open()).write(push.request);
    },
    forget(correlation) {
      unanswered.take(correlation);
      endIfDone();
    },
    leave() {
      leaving = true;
      endIfDone();
    },
    close() {
      leaving = true;
      again.stop();
      const last = call;
      last?.cancel();
      if (last !== null) ended(last, new Error('closed'));
      channel.close();
    },
  };
}

function answerIn(bytes: Uint8Array): Answer<MergeAnswer> {
  const response = decode(MergeResponse, bytes);
  return response.ok ? mergeAnswerFromProto(response.value) : response;
}

function unansweredPushes() {
  const pushes = new Map<number, SentPush>();
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    add(push: SentPush): void {
      pushes.set(push.correlation, push);
      bytes += push.request.length;
    },
    take(correlation: number): SentPush | undefined {
      const push = pushes.get(correlation);
      if (push !== undefined && pushes.delete(correlation)) bytes -= push.request.length;
      return push;
    },
    takeAll(): SentPush[] {
      const all = [...pushes.values()];
      pushes.clear();
      bytes = 0;
      return all;
    },
  };
}

/** After a failure the instance is left alone for a while, and counts as usable again once it can be connected to. */
function reconnecting({ channel, timer, chance, settings, mended }: MergeStreamDeps) {
  const { reconnectMsMin, reconnectMsMax } = settings;
  let failures = 0;
  let waiting = false;
  let stopped = false;
  let stopWaiting = (): void => undefined;

  const retry = (): void => {
    if (stopped) return;
    waiting = true;
    const fullMs = Math.min(reconnectMsMax, reconnectMsMin * 2 ** Math.min(failures, 10));
    failures++;
    stopWaiting = timer.after(fullMs * (0.5 + chance.fraction() / 2), () => {
      channel.ready(reconnectMsMax).then(() => {
        waiting = false;
        if (!stopped) mended();
      }, retry);
    });
  };
  return {
    get waiting() {
      return waiting;
    },
    failed: () => {
      if (!waiting) retry();
    },
    succeeded: () => void (failures = 0),
    stop() {
      stopped = true;
      stopWaiting();
    },
  };
}
