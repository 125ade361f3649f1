import type { sendUnaryData, ServerUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import { type Answer, type Limits, overLimit, refused } from '@syncline/core';
import { refusedCall } from '@syncline/wire/grpc';
import { addressOf } from '../grpc/session-stream';
import { leavingCaller } from '../leaving';
import { bearerToken } from './bearer';
import { knownIfLarge, type KnownIfLargeDeps } from './known-if-large';
import type { CallContext, UnaryMethod, UnaryMethods } from './methods';
import { settleCall, type SettleDeps } from './settle';

type BytesCall = ServerUnaryCall<Uint8Array, Uint8Array>;

export interface UnaryHandlerDeps extends SettleDeps, KnownIfLargeDeps {
  /** The address that callers come from says nothing, as they come through a proxy. */
  readonly behindProxy: boolean;
  readonly limits: Pick<Limits, 'messageBytesMax'>;
}

/** Handlers under their full paths, `/syncline.v1.SyncService/Pull`, for a server whose messages are bytes. */
export function unaryHandlers(
  methods: UnaryMethods,
  deps: UnaryHandlerDeps,
): ReadonlyMap<string, UntypedServiceImplementation[string]> {
  const settle = settleCall(deps);
  const unknown = knownIfLarge(deps);
  const read = async (method: UnaryMethod, request: Uint8Array, context: CallContext) => {
    const stranger = await unknown(request.length, context.token);
    return stranger === null
      ? method.answerBytes(request, context)
      : { ok: false as const, refusal: stranger };
  };
  return new Map(
    Array.from(methods, ([name, method]) => [
      `/${name}`,
      (call: BytesCall, done: sendUnaryData<Uint8Array>): void => {
        const waiting = waitingFor(call);
        const context = contextOf(call, deps, waiting.gone);
        const answer = async (): Promise<Answer<Uint8Array>> =>
          waiting.isLate
            ? refused('DEADLINE_EXCEEDED')
            : (tooLarge(call.request, deps) ?? read(method, call.request, context));
        void settle(name, answer, context).then((answered) => {
          waiting.end();
          if (answered.ok) done(null, answered.value);
          else done(refusedCall(answered.refusal));
        });
      },
    ]),
  );
}

/** The handlers of one generated service, for those of its calls that are served. */
export function handlersOf(
  service: Readonly<Record<string, { readonly path: string }>>,
  handlers: ReadonlyMap<string, UntypedServiceImplementation[string]>,
): UntypedServiceImplementation {
  const served = Object.entries(service).flatMap(([name, { path }]) => {
    const handler = handlers.get(path);
    return handler === undefined ? [] : [[name, handler] as const];
  });
  return Object.fromEntries(served);
}

/** The server receives more than is allowed, so that the sender can be told. */
function tooLarge({ length }: Uint8Array, { limits }: UnaryHandlerDeps): Answer<never> | null {
  const { messageBytesMax: max } = limits;
  return length <= max
    ? null
    : { ok: false, refusal: overLimit('MESSAGE_TOO_LARGE', 'messageBytesMax', max, length) };
}

interface Waiting {
  readonly gone: AbortSignal;
  readonly isLate: boolean;
  end(): void;
}

/** Whoever cancels, hangs up, or has waited too long is not worked for any more: the transport tells all three alike. */
function waitingFor(call: BytesCall): Waiting {
  const leaving = leavingCaller();
  const leave = (): void => leaving.abort();
  call.once('cancelled', leave);
  return {
    gone: leaving.signal,
    isLate: call.cancelled,
    end: () => void call.off('cancelled', leave),
  };
}

function contextOf(call: BytesCall, { behindProxy }: UnaryHandlerDeps, gone: AbortSignal): CallContext {
  const text = (name: string): string | undefined => call.metadata.get(name)[0]?.toString();
  return {
    token: bearerToken(text('authorization')),
    peer: behindProxy ? '' : (addressOf(call.getPeer()) ?? ''),
    trace: text('traceparent') ?? '',
    gone,
  };
}
