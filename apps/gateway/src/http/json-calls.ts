import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Answer, PROTOCOL_MAX, PROTOCOL_MIN, type Refusal, refusal } from '@syncline/core';
import { refusalToStatus, statusToJson } from '@syncline/wire';
import { leavingCaller } from '../leaving';
import { refusedInTrace } from '../tracing/refused-in-trace';
import { bearerToken } from '../unary/bearer';
import { knownIfLarge } from '../unary/known-if-large';
import type { StreamMethod } from '../streams/stream-methods';
import type { CallContext, UnaryMethod } from '../unary/methods';
import { settleCall } from '../unary/settle';
import { corsHeaders, preflightHeaders } from './cors';
import type { HttpDeps } from './http-deps';
import { httpStatus, refusalHeaders } from './http-status';
import { isJsonRequest, parseJson, readBytes } from './json-body';
import { writeLines } from './json-lines';

export const SESSION_PATH = '/syncline.v1.SyncService/Session';

/** Base64 needs four characters for three bytes, and JSON names every field. */
const JSON_BYTES_PER_BYTE = 1.5;

export function jsonBytesMax(messageBytesMax: number): number {
  return Math.ceil(messageBytesMax * JSON_BYTES_PER_BYTE);
}

type Exchange = readonly [request: IncomingMessage, response: ServerResponse];

/** Answers every request that is not a WebSocket's. */
export function jsonCalls(deps: HttpDeps): (...exchange: Exchange) => void {
  const settle = settleCall(deps);
  const unknown = knownIfLarge(deps);
  const answerOf = async (method: UnaryMethod, bytes: Uint8Array, context: CallContext) => {
    const stranger = await unknown(bytes.length, context.token);
    if (stranger !== null) return { ok: false as const, refusal: stranger };
    const json = parseJson(bytes);
    return json.ok ? method.answerJson(json.value, context) : json;
  };
  const linesOf = async (
    stream: StreamMethod,
    bytes: Uint8Array,
    context: CallContext,
    [request, response]: Exchange,
  ): Promise<Answer<null>> => {
    const stranger = await unknown(bytes.length, context.token);
    if (stranger !== null) return { ok: false, refusal: stranger };
    const json = parseJson(bytes);
    if (!json.ok) return json;
    const parts = stream.answerJson(json.value, context);
    return writeLines(response, parts, corsHeaders(request.headers, deps.origins));
  };
  return (request, response) => {
    const path = pathOf(request);
    const name = path.slice(1);
    const method = deps.methods.get(name);
    const stream = deps.streams.get(name);
    if (request.method === 'OPTIONS') {
      response.writeHead(204, { allow: 'POST', ...preflightHeaders(request.headers, deps.origins) }).end();
    } else if (path === '/') {
      greet(deps, request, response);
    } else if (path === SESSION_PATH) {
      const told = refusal('INVALID_ARGUMENT', { message: 'A session is a WebSocket.' });
      refuse(deps, [request, response], told, 426, { upgrade: 'websocket' });
    } else if (method === undefined && stream === undefined) {
      refuse(deps, [request, response], UNKNOWN_CALL, 404);
    } else if (request.method !== 'POST') {
      const told = refusal('INVALID_ARGUMENT', { message: 'Calls are made by POST.' });
      refuse(deps, [request, response], told, 405, { allow: 'POST' });
    } else if (!isJsonRequest(request)) {
      const told = refusal('INVALID_ARGUMENT', { message: 'The body has to be application/json in UTF-8.' });
      refuse(deps, [request, response], told, 415);
    } else if (stream !== undefined) {
      void answer(deps, [request, response], (bytes, context) =>
        settle(name, () => linesOf(stream, bytes, context, [request, response]), context),
      );
    } else {
      void answer(deps, [request, response], (bytes, context) =>
        settle(name, () => answerOf(method!, bytes, context), context),
      );
    }
  };
}

export const UNKNOWN_CALL: Refusal = refusal('UNKNOWN_MESSAGE', { message: 'There is no such call here.' });

type AnswerBody = (body: Uint8Array, context: CallContext) => Promise<Answer<unknown>>;

async function answer(deps: HttpDeps, exchange: Exchange, call: AnswerBody): Promise<void> {
  const [request, response] = exchange;
  const { limits, httpLimits, timer, origins } = deps;
  const bodyLimits = { bytesMax: jsonBytesMax(limits.messageBytesMax), withinMs: httpLimits.bodyWithinMs };
  const body = await readBytes(request, bodyLimits, timer);
  // Nobody is left to be told.
  if (body === null) return;
  if (!body.ok) {
    const isLate = body.refusal.reason === 'DEADLINE_EXCEEDED';
    return refuse(deps, exchange, body.refusal, isLate ? 408 : httpStatus(body.refusal.reason));
  }
  const answered = await call(body.value, contextOf(deps, exchange));
  if (response.headersSent) return endLines(response, answered);
  if (!answered.ok) return refuse(deps, exchange, answered.refusal, httpStatus(answered.refusal.reason));
  writeJson(response, 200, answered.value, corsHeaders(request.headers, origins));
}

/** Without its end, an answer in lines is not taken for a whole one. */
function endLines(response: ServerResponse, answered: Answer<unknown>): void {
  if (answered.ok) return void response.end();
  const line = `${JSON.stringify({ error: refusalJson(answered.refusal) })}\n`;
  response.write(line, () => void response.destroy());
}

function greet({ origins }: HttpDeps, request: IncomingMessage, response: ServerResponse): void {
  const greeting = {
    service: 'syncline',
    protocol: { min: PROTOCOL_MIN, max: PROTOCOL_MAX },
    calls: 'POST /syncline.v1.SyncService/Pull and others, as JSON',
    session: `WebSocket on ${SESSION_PATH}`,
  };
  writeJson(response, 200, greeting, corsHeaders(request.headers, origins));
}

function refuse(
  { origins }: HttpDeps,
  [request, response]: Exchange,
  refused: Refusal,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  const all = { ...corsHeaders(request.headers, origins), ...refusalHeaders(refused), ...headers };
  // What was not read of the request would be taken for the next one.
  const closing = request.complete ? {} : { connection: 'close' };
  writeJson(response, status, refusalJson(refusedInTrace(refused, traceOf(request))), { ...all, ...closing });
}

export function refusalJson(refused: Refusal): unknown {
  return statusToJson(refusalToStatus(refused));
}

function writeJson(
  response: ServerResponse,
  status: number,
  json: unknown,
  headers: Readonly<Record<string, string>>,
): void {
  if (response.destroyed) return;
  const body = Buffer.from(JSON.stringify(json));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(body);
}

export function pathOf({ url }: IncomingMessage): string {
  const text = url ?? '/';
  const query = text.indexOf('?');
  return query < 0 ? text : text.slice(0, query);
}

/** Whoever hangs up before the answer is not worked for any more. */
function contextOf({ behindProxy }: HttpDeps, [request, response]: Exchange): CallContext {
  const leaving = leavingCaller();
  response.once('close', () => leaving.abort());
  return {
    token: bearerToken(request.headers.authorization),
    peer: behindProxy ? '' : (request.socket.remoteAddress ?? ''),
    trace: traceOf(request),
    gone: leaving.signal,
  };
}

function traceOf({ headers: { traceparent } }: IncomingMessage): string {
  return typeof traceparent === 'string' ? traceparent : '';
}
