import type { ServerDuplexStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import { refusal, type Refusal, type SpaceKey } from '@syncline/core';
import type { Clock } from '@syncline/ports';
import { MergeRequest, MergeResponse, MergeServiceService } from '@syncline/proto/internal';
import { bytesMethods, framedMessages, type GrpcService } from '@syncline/service-kit';
import { type Log, traceFacts } from '@syncline/telemetry';
import {
  decode,
  encode,
  type MergeAnswer,
  mergeAnswerToProto,
  mergeCallFromProto,
  type MergeCall,
} from '@syncline/wire';
import { type Decided, refusedPush } from './decided';
import { failureFacts } from './failure-facts';
import type { Merge } from './merge';

export interface MergeServiceDeps {
  readonly merge: Pick<Merge, 'decide' | 'waiting'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings?: Partial<StreamSettings>;
}

export interface StreamSettings {
  /** Of pushes that are taken from a stream and not answered; beyond, nothing more is read from it. */
  readonly unansweredBytesMax: number;
  /** What the other side can receive in one message. */
  readonly answerBytesMax: number;
}

const MIB = 1024 * 1024;
/** Answers that the other side has not taken; beyond, nothing more is read from it. */
const ANSWERS_LEAVING_BYTES_MAX = MIB;
const DEFAULT_STREAM_SETTINGS: StreamSettings = { unansweredBytesMax: 16 * MIB, answerBytesMax: 12 * MIB };

export interface MergeService extends GrpcService {
  /** Takes no more from any stream, answers what was taken, and ends them. What was not taken can be sent elsewhere. */
  drain(): void;
}

type Stream = ServerDuplexStream<Uint8Array, Uint8Array>;

export function mergeService(deps: MergeServiceDeps): MergeService {
  const { log } = deps;
  const open = new Set<{ end(): void }>();
  let draining = false;
  const handlers: UntypedServiceImplementation = {
    merge(stream: Stream) {
      const answering = answerStream(deps, stream, () => void open.delete(answering));
      open.add(answering);
      if (draining) answering.end();
    },
  };
  return {
    methods: bytesMethods(MergeServiceService),
    handlers,
    drain() {
      draining = true;
      log.info('merge streams end', { streams: open.size });
      for (const stream of open) stream.end();
    },
  };
}

/**
 * Bytes that were taken and not answered, and answers that the other side does not take, both hold up the reading. The answers
 * of one commit leave in one write.
 */
function answerStream(deps: MergeServiceDeps, stream: Stream, closed: () => void): { end(): void } {
  const { unansweredBytesMax } = { ...DEFAULT_STREAM_SETTINGS, ...deps.settings };
  const state = { unansweredBytes: 0, unanswered: 0, sentBytes: 0, leftBytes: 0, ending: false, gone: false };
  const readAnswer = requestReader(deps);
  const messages = framedMessages(stream);

  const mayRead = () =>
    !state.ending &&
    state.sentBytes - state.leftBytes < ANSWERS_LEAVING_BYTES_MAX &&
    state.unansweredBytes < unansweredBytesMax;
  const endIfDone = () => {
    if (!state.ending || state.unanswered > 0 || state.gone) return;
    messages.flush();
    stream.end();
  };
  const go = () => (mayRead() ? stream.resume() : stream.pause());
  const answered = (bytes: number, response: Uint8Array) => {
    state.unanswered--;
    state.unansweredBytes -= bytes;
    if (state.gone) return;
    const sentBytes = (state.sentBytes += response.length);
    messages.send(response, () => {
      state.leftBytes = sentBytes;
      go();
    });
    go();
    endIfDone();
  };
  const end = () => {
    state.ending = true;
    stream.pause();
    endIfDone();
  };
  const leave = () => {
    state.gone = true;
    closed();
  };

  stream.on('data', (request: Uint8Array) => {
    if (state.ending) return;
    state.unanswered++;
    state.unansweredBytes += request.length;
    void readAnswer(request).then((response) => answered(request.length, response));
    go();
  });
  stream.on('end', end);
  stream.on('cancelled', leave);
  stream.on('error', leave);
  stream.on('close', leave);
  return { end };
}

const NO_SPACE = '/' as SpaceKey;

/** From the bytes of a request to those of its answer; never rejects. */
function requestReader({ merge, clock, log, settings }: MergeServiceDeps) {
  const { answerBytesMax } = { ...DEFAULT_STREAM_SETTINGS, ...settings };

  const answerOf = (correlation: number, { result, head, commitMs }: Decided): MergeAnswer => ({
    correlation,
    result,
    head,
    commitMs,
    waiting: merge.waiting(),
  });
  const refuseBad = (correlation: number, problem: Refusal): Uint8Array => {
    log.warn('a gateway sent what cannot be read', {
      reason: problem.reason,
      violations: problem.violations,
    });
    const decided: Decided = { result: { kind: 'refused', refusal: problem }, head: 0, commitMs: 0 };
    return encode(MergeResponse, mergeAnswerToProto(NO_SPACE, answerOf(correlation, decided)));
  };

  return async (bytes: Uint8Array): Promise<Uint8Array> => {
    const request = decode(MergeRequest, bytes);
    if (!request.ok) return refuseBad(0, request.refusal);
    const call = mergeCallFromProto(request.value);
    if (!call.ok) return refuseBad(correlationOf(request.value), call.refusal);
    const { correlation, space, push, critical, traceparent } = call.value;
    const decided = await merge
      .decide({ space, push }, { deadlineAtMs: deadlineHere(call.value, clock), critical, traceparent })
      .catch((error: unknown) => {
        log.error('a push failed', { ...failureFacts(error), ...traceFacts({ traceparent }) });
        return refusedPush('INTERNAL');
      });
    const response = encode(MergeResponse, mergeAnswerToProto(space, answerOf(correlation, decided)));
    if (response.length <= answerBytesMax) return response;
    // Sent again in smaller parts, its changes are answered with what was decided now.
    const tooLarge = refusal('PUSH_TOO_LARGE', {
      facts: { limit: 'answer_bytes_max', allowed: String(answerBytesMax), value: String(response.length) },
    });
    const refused: Decided = { ...decided, result: { kind: 'refused', refusal: tooLarge }, head: 0 };
    return encode(MergeResponse, mergeAnswerToProto(space, answerOf(correlation, refused)));
  };
}

function correlationOf({ correlation }: MergeRequest): number {
  return Number.isSafeInteger(correlation) && correlation >= 0 ? correlation : 0;
}

/** Clocks of two machines differ, so the gateway's patience is measured from the arrival here. */
function deadlineHere({ receivedAtMs, deadlineAtMs }: MergeCall, clock: Clock): number | null {
  return deadlineAtMs === null ? null : clock.nowMs() + Math.max(0, deadlineAtMs - receivedAtMs);
}
