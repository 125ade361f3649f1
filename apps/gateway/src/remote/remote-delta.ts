import {
  type Answer,
  type CursorKeys,
  encodeCursor,
  type Reader,
  sameBytes,
  type Version,
} from '@syncline/core';
import type { Timer } from '@syncline/ports';
import {
  CompareRangesRequest,
  CompareRangesResponse,
  DeltaServiceService,
  PlanRequest,
  PlanResponse,
  ReadRequest,
} from '@syncline/proto/internal';
import type { GrpcChannel } from '@syncline/service-kit';
import {
  type Codec,
  comparedFromProto,
  compareCallToProto,
  decode,
  deltaFromProto,
  encode,
  planCallToProto,
  plannedFromProto,
  readCallToProto,
} from '@syncline/wire';
import type { Backends } from '../backends';
import { deltaStream, type DeltaStream } from './delta-stream';
import { refusalOf } from './remote-failures';
import { DEFAULT_REMOTE_SETTINGS, type RemoteSettings } from './remote-settings';

const { read: READ, plan: PLAN, compareRanges: COMPARE } = DeltaServiceService;

/** Nothing is changed by them, so they may be asked of another instance when the first one was not reached. */
export const DELTA_RETRY_SAFE: readonly string[] = [READ.path, PLAN.path, COMPARE.path];
export const DELTA_ATTEMPTS_MAX = 2;

export interface RemoteDeltaDeps {
  /** To all instances in turn, which may call again what `DELTA_RETRY_SAFE` names. */
  readonly channel: GrpcChannel;
  readonly keys: CursorKeys;
  readonly timer: Timer;
  readonly settings?: Partial<RemoteSettings>;
}

export interface RemoteDelta extends Omit<Backends, 'push'> {
  close(): Promise<void>;
}

interface GoingOn {
  readonly stream: DeltaStream;
  /** Where the next page begins. */
  readonly cursor: Uint8Array;
}

/** The read ends after its first page. */
const ONE_PAGE = 1;

/** Whoever does not tell what he knows of the head reads a page now and then. */
const bytesMaxOf = (knownHead: Version | null): number | null => (knownHead === null ? ONE_PAGE : null);

export function remoteDelta({ channel, keys, timer, settings: given }: RemoteDeltaDeps): RemoteDelta {
  const { deadlineMs, retryAfterMs } = { ...DEFAULT_REMOTE_SETTINGS, ...given };
  const streams = { channel, timer, patienceMs: deadlineMs };

  const ask = async <Response, Value>(
    path: string,
    request: Uint8Array,
    codec: Codec<Response>,
    read: (response: Response) => Answer<Value>,
    gone: AbortSignal | undefined,
  ): Promise<Answer<Value>> => {
    try {
      const signal = gone === undefined ? {} : { signal: gone };
      const response = decode(codec, await channel.unary(path, request, { deadlineMs, ...signal }));
      return response.ok ? read(response.value) : response;
    } catch (error) {
      return { ok: false, refusal: refusalOf(error, retryAfterMs) };
    }
  };

  /** Reads that go on, by the reader that they are for: as a session asks, so a page of it is on its way already. */
  const goingOn = new WeakMap<Reader, GoingOn>();

  const read: Backends['read'] = async (...asked) => {
    const [space, reader, cursor, gone, knownHead = null, traceparent = ''] = asked;
    const from = encodeCursor(cursor, space, keys);
    const known = goingOn.get(reader);
    goingOn.delete(reader);
    const follows = known !== undefined && !known.stream.isOver && sameBytes(known.cursor, from);
    if (!follows) known?.stream.cancel();
    const call = { space, reader, cursor, knownHead, bytesMax: bytesMaxOf(knownHead), traceparent };
    const request = (): Uint8Array => encode(ReadRequest, readCallToProto(call, keys));
    const stream = follows ? known.stream : deltaStream(streams, request(), gone);
    try {
      const parts = await stream.next();
      const delta = deltaFromProto(space, parts, keys);
      if (knownHead !== null && parts[0]?.more === true)
        goingOn.set(reader, { stream, cursor: parts[0].cursor });
      return delta;
    } catch (error) {
      // It broke between two pages: another instance goes on.
      if (follows && gone?.aborted !== true) return read(...asked);
      return { ok: false, refusal: refusalOf(error, retryAfterMs) };
    }
  };

  return {
    read,
    plan: (onBehalf, subscribe, gone) =>
      ask(
        PLAN.path,
        encode(PlanRequest, planCallToProto({ onBehalf, subscribe })),
        PlanResponse,
        plannedFromProto,
        gone,
      ),
    compare: (onBehalf, ranges, gone) =>
      ask(
        COMPARE.path,
        encode(CompareRangesRequest, compareCallToProto({ onBehalf, ranges })),
        CompareRangesResponse,
        comparedFromProto,
        gone,
      ),
    async close() {
      channel.close();
    },
  };
}
