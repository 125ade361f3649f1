import type { Answer, CursorKeys } from '@syncline/core';
import {
  CompareRangesRequest,
  CompareRangesResponse,
  DeltaServiceService,
  PlanRequest,
  PlanResponse,
  ReadRequest,
  ReadResponse,
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
  readonly settings?: Partial<RemoteSettings>;
}

export interface RemoteDelta extends Omit<Backends, 'push'> {
  close(): Promise<void>;
}

/** A single page: the next one is read when the device has taken this one. */
const ONE_PAGE = 1;

export function remoteDelta({ channel, keys, settings: given }: RemoteDeltaDeps): RemoteDelta {
  const { deadlineMs, retryAfterMs } = { ...DEFAULT_REMOTE_SETTINGS, ...given };

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

  return {
    async read(space, reader, cursor, gone, knownHead = null) {
      const call = { space, reader, cursor, knownHead, bytesMax: ONE_PAGE };
      const request = encode(ReadRequest, readCallToProto(call, keys));
      try {
        const parts = await partsOf(channel, request, deadlineMs, gone);
        return deltaFromProto(space, parts, keys);
      } catch (error) {
        return { ok: false, refusal: refusalOf(error, retryAfterMs) };
      }
    },
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

/** Rejects as the stream does; one that is given up is cancelled at the other end as well. */
function partsOf(
  channel: GrpcChannel,
  request: Uint8Array,
  deadlineMs: number,
  gone: AbortSignal | undefined,
): Promise<ReadResponse[]> {
  return new Promise((resolve, reject) => {
    const stream = channel.stream(READ.path, { deadlineMs });
    const parts: ReadResponse[] = [];
    const cancel = (): void => stream.cancel();
    const settle = (end: () => void): void => {
      gone?.removeEventListener('abort', cancel);
      end();
    };
    stream.on('data', (bytes: Uint8Array) => {
      const part = decode(ReadResponse, bytes);
      if (part.ok) parts.push(part.value);
      else {
        settle(() => reject(new Error('a part of a delta cannot be read')));
        cancel();
      }
    });
    stream.on('error', (error) => settle(() => reject(error)));
    stream.on('end', () => settle(() => resolve(parts)));
    gone?.addEventListener('abort', cancel, { once: true });
    if (gone?.aborted === true) cancel();
    else stream.end(request);
  });
}
