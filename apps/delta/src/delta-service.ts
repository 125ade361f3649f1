import type {
  sendUnaryData,
  ServerUnaryCall,
  ServerWritableStream,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { type Answer, type CursorKeys, granted, type Refusal, refusal } from '@syncline/core';
import {
  CompareRangesRequest,
  CompareRangesResponse,
  DeltaServiceService,
  PlanRequest,
  PlanResponse,
  ReadRequest,
} from '@syncline/proto/internal';
import { bytesMethods, type GrpcService } from '@syncline/service-kit';
import type { Log } from '@syncline/telemetry';
import {
  type Codec,
  comparedToProto,
  compareCallFromProto,
  decode,
  deltaToProto,
  encode,
  planCallFromProto,
  plannedToProto,
  type ReadCall,
  readCallFromProto,
  readResponseBytes,
} from '@syncline/wire';
import { refusedCall } from '@syncline/wire/grpc';
import type { Delta } from './delta';

export interface DeltaServiceDeps {
  readonly delta: Omit<Delta, 'close'>;
  readonly keys: CursorKeys;
  readonly log: Log;
}

export function deltaService(deps: DeltaServiceDeps): GrpcService {
  const { delta } = deps;
  const handlers: UntypedServiceImplementation = {
    read: readHandler(deps),
    plan: unaryHandler(deps, PlanRequest, PlanResponse, async (request, gone) => {
      const call = planCallFromProto(request);
      if (!call.ok) return call;
      const planned = await delta.plan(call.value.onBehalf, call.value.subscribe, gone);
      return planned.ok ? granted(plannedToProto(call.value.subscribe.space, planned.value)) : planned;
    }),
    compareRanges: unaryHandler(deps, CompareRangesRequest, CompareRangesResponse, async (request, gone) => {
      const call = compareCallFromProto(request);
      if (!call.ok) return call;
      const { onBehalf, ranges } = call.value;
      const compared = await delta.compare(onBehalf, ranges, gone);
      return compared.ok ? granted(comparedToProto(ranges, compared.value)) : compared;
    }),
  };
  return { methods: bytesMethods(DeltaServiceService), handlers };
}

function unaryHandler<Request, Response>(
  { log }: DeltaServiceDeps,
  requestCodec: Codec<Request>,
  responseCodec: Codec<Response>,
  answer: (request: Request, gone: AbortSignal) => Promise<Answer<Response>>,
) {
  return (call: ServerUnaryCall<Uint8Array, Uint8Array>, done: sendUnaryData<Uint8Array>): void => {
    const request = decode(requestCodec, call.request);
    const answered = request.ok ? answer(request.value, goneOf(call)) : Promise.resolve(request);
    answered
      .then((settled) => {
        if (settled.ok) done(null, encode(responseCodec, settled.value));
        else done(refusedCall(settled.refusal));
      })
      .catch((error: unknown) => done(refusedCall(fault(log, error))));
  };
}

/** Page after page, as fast as the gateway takes them, until the head, the asked amount, or the gateway's leaving. */
function readHandler({ delta, keys, log }: DeltaServiceDeps) {
  const send = async (
    call: ServerWritableStream<Uint8Array, Uint8Array>,
    { space, reader, cursor, knownHead, bytesMax, traceparent }: ReadCall,
    gone: AbortSignal,
  ): Promise<Refusal | null> => {
    let bytes = 0;
    for (let from = cursor; !gone.aborted;) {
      // The first page alone: how long those behind it take is up to the device.
      const parent = from === cursor ? traceparent : '';
      const read = await delta.read(space, reader, from, gone, knownHead, parent);
      if (!read.ok) return read.refusal;
      for (const part of deltaToProto(space, read.value, keys)) {
        const encoded = readResponseBytes(part);
        bytes += encoded.length;
        if (!gone.aborted && !call.write(encoded)) await takenOrGone(call, gone);
      }
      if (read.value.checkpoint !== null || (bytesMax !== null && bytes >= bytesMax)) break;
      from = read.value.page.cursor;
    }
    return null;
  };

  return (call: ServerWritableStream<Uint8Array, Uint8Array>): void => {
    const gone = goneOf(call);
    const request = decode(ReadRequest, call.request);
    const read = request.ok ? readCallFromProto(request.value, keys) : request;
    const sent = read.ok ? send(call, read.value, gone) : Promise.resolve(read.refusal);
    void sent
      .catch((error: unknown) => fault(log, error))
      .then((problem) => {
        if (gone.aborted) return;
        if (problem === null) call.end();
        else call.emit('error', refusedCall(problem));
      });
  };
}

function takenOrGone(call: ServerWritableStream<Uint8Array, Uint8Array>, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      call.off('drain', go);
      gone.removeEventListener('abort', go);
      resolve();
    };
    call.once('drain', go);
    gone.addEventListener('abort', go, { once: true });
  });
}

interface Cancellable {
  readonly cancelled: boolean;
  once(event: 'cancelled', listener: () => void): unknown;
}

function goneOf(call: Cancellable): AbortSignal {
  const leaving = new AbortController();
  call.once('cancelled', () => leaving.abort());
  if (call.cancelled) leaving.abort();
  return leaving.signal;
}

function fault(log: Log, error: unknown): Refusal {
  log.error('a call failed', { error });
  return refusal('INTERNAL');
}
