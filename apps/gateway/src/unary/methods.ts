import type { Answer } from '@syncline/core';
import { type Codec, decode, decodeJson, encode } from '@syncline/wire';

/** What the transport knows of a call, whichever it is. */
export interface CallContext {
  /** From `authorization: Bearer …`; empty for none. */
  readonly token: string;
  /** The caller's network address, for limits that hold before anyone is known. */
  readonly peer: string;
  /** W3C traceparent; empty for none. At first the caller's, and then that of what was begun for the call. */
  trace: string;
  /** Aborted once nobody waits for the answer any more: the call was cancelled, or its deadline has passed. */
  readonly gone: AbortSignal;
}

/** One call of a service, behind the two encodings in which it can come. */
export interface UnaryMethod {
  answerBytes(request: Uint8Array, context: CallContext): Promise<Answer<Uint8Array>>;
  /** Takes and gives what JSON.parse gives and JSON.stringify takes. */
  answerJson(request: unknown, context: CallContext): Promise<Answer<unknown>>;
}

/** By full name without a slash in front, for example `syncline.v1.SyncService/Pull`. */
export type UnaryMethods = ReadonlyMap<string, UnaryMethod>;

export interface MessageCodec<Message> extends Codec<Message> {
  toJSON(message: Message): unknown;
}

/** Handles a call in the form of the protocol; what it throws is a fault of the service. */
export type Handle<Request, Response> = (request: Request, context: CallContext) => Promise<Answer<Response>>;

/** A method from the generated codecs of its two messages and the function that answers it. */
export function unaryMethod<Request, Response>(
  request: Codec<Request>,
  response: MessageCodec<Response>,
  handle: Handle<Request, Response>,
): UnaryMethod {
  const answer = async <Form>(
    read: Answer<Request>,
    context: CallContext,
    write: (message: Response) => Form,
  ): Promise<Answer<Form>> => {
    if (!read.ok) return read;
    const answered = await handle(read.value, context);
    return answered.ok ? { ok: true, value: write(answered.value) } : answered;
  };
  return {
    answerBytes: (bytes, context) =>
      answer(decode(request, bytes), context, (message) => encode(response, message)),
    answerJson: (json, context) =>
      answer(decodeJson(request, json), context, (message) => response.toJSON(message)),
  };
}

/** The methods of one service under their full names. */
export function serviceMethods(
  service: string,
  methods: Readonly<Record<string, UnaryMethod>>,
): [string, UnaryMethod][] {
  return Object.entries(methods).map(([name, method]) => [`${service}/${name}`, method]);
}
