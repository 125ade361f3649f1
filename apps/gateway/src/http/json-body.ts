import type { IncomingMessage } from 'node:http';
import { type Answer, granted, overLimit, refused } from '@syncline/core';
import type { Timer } from '@syncline/ports';

export interface BodyLimits {
  readonly bytesMax: number;
  readonly withinMs: number;
}

const JSON_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

/** Only what was meant for this: a form or plain text that a page can send without being asked is not. */
export function isJsonRequest({ headers }: IncomingMessage): boolean {
  const encoding = headers['content-encoding'] ?? 'identity';
  return JSON_TYPE.test(headers['content-type'] ?? '') && encoding.toLowerCase() === 'identity';
}

/** A few letters of JSON can stand for a large object, so it is not only bytes that are bounded. */
const VALUES_MAX = 50_000;
const COMMA = 0x2c;
const LIST = 0x5b;
const OBJECT = 0x7b;

export function parseJson(bytes: Uint8Array): Answer<unknown> {
  let values = 1;
  for (const byte of bytes) if (byte === COMMA || byte === LIST || byte === OBJECT) values++;
  if (values > VALUES_MAX)
    return { ok: false, refusal: overLimit('INVALID_ARGUMENT', 'jsonValuesMax', VALUES_MAX, values) };
  try {
    return granted(JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)));
  } catch (error) {
    const what = error instanceof SyntaxError ? 'JSON' : 'UTF-8';
    return refused('INVALID_ARGUMENT', { message: `The body is not valid ${what}.` });
  }
}

/** Null when the sender went away in the middle. */
export function readBytes(
  request: IncomingMessage,
  { bytesMax, withinMs }: BodyLimits,
  timer: Timer,
): Promise<Answer<Uint8Array> | null> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > bytesMax) return Promise.resolve(tooLarge(bytesMax, declared));
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const settle = (answer: Answer<Uint8Array> | null): void => {
      stop();
      request.removeAllListeners('data');
      // What still comes is let go, so that the answer can be read before the connection ends.
      request.resume();
      resolve(answer);
    };
    const stop = timer.after(withinMs, () =>
      settle(refused('DEADLINE_EXCEEDED', { message: 'The body did not arrive in time.' })),
    );
    request.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes > bytesMax) settle(tooLarge(bytesMax, bytes));
      else parts.push(part);
    });
    request.once('end', () => settle(granted(Buffer.concat(parts))));
    request.once('close', () => settle(null));
    request.once('error', () => settle(null));
  });
}

function tooLarge(allowed: number, value: number): Answer<never> {
  return { ok: false, refusal: overLimit('MESSAGE_TOO_LARGE', 'messageBytesMax', allowed, value) };
}
