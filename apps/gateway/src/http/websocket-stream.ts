import type { IncomingMessage } from 'node:http';
import { type Answer, granted, overLimit, type Refusal, refusal } from '@syncline/core';
import { DeviceMessage, ServerMessage } from '@syncline/proto';
import { decode, decodeJson, encode } from '@syncline/wire';
import type { WebSocket } from 'ws';
import { helloTooLarge } from '../session/hello-bytes';
import type { SessionInlet, SessionStream } from '../session/stream';
import { bearerToken } from '../unary/bearer';
import { CLOSED_WELL, closeCode } from './close-codes';
import type { HttpDeps } from './http-deps';
import { parseJson } from './json-body';

/** A WebSocket with a session on it. */
export interface SessionSocket {
  /** Asks whether the other side is still there; lets go of it when it has not answered the time before. */
  check(): void;
  /** Lets go of it at once. */
  cut(): void;
}

export function sessionSocket(
  { openSession, limits, behindProxy }: HttpDeps,
  socket: WebSocket,
  request: IncomingMessage,
  onClosed: () => void,
): SessionSocket {
  const address = behindProxy ? null : (request.socket.remoteAddress ?? null);
  const form = socketForm();
  const { authorization, traceparent } = request.headers;
  const stream = streamOn(socket, form, {
    address,
    token: bearerToken(authorization) || null,
    traceparent: typeof traceparent === 'string' ? traceparent : '',
  });
  const inlet = openSession(stream);
  const alive = { isKnown: true };
  const hear = (): void => {
    alive.isKnown = true;
  };
  socket.on('pong', hear);
  socket.on('message', (data, isBinary) => {
    hear();
    receive(inlet, form, asBytes(data), isBinary, limits.messageBytesMax);
  });
  // What is wrong with a frame as such ends the socket with a code of its own; `close` follows.
  socket.on('error', () => undefined);
  socket.once('close', () => {
    inlet.closed();
    onClosed();
  });
  return {
    check() {
      // While the session holds it back, its answers wait with everything else.
      if (socket.isPaused) return;
      if (!alive.isKnown) return socket.terminate();
      alive.isKnown = false;
      socket.ping();
    },
    cut: () => socket.terminate(),
  };
}

/** A session speaks what its first frame was. */
interface SocketForm {
  /** Null until the first frame. */
  isText: boolean | null;
}

const socketForm = (): SocketForm => ({ isText: null });

function streamOn(
  socket: WebSocket,
  form: SocketForm,
  caller: Pick<SessionStream, 'address' | 'token' | 'traceparent'>,
): SessionStream {
  return {
    transport: 'websocket',
    ...caller,
    send(bytes, flushed) {
      socket.send(form.isText === true ? textOf(bytes) : bytes, (error) => {
        if (error == null) flushed(1);
      });
    },
    end(refused: Refusal | null) {
      if (refused === null) socket.close(CLOSED_WELL);
      else socket.close(closeCode(refused.reason), refused.reason);
    },
    cut: () => socket.terminate(),
    pauseReading: () => socket.pause(),
    resumeReading: () => socket.resume(),
  };
}

function receive(
  inlet: SessionInlet,
  form: SocketForm,
  bytes: Uint8Array,
  isBinary: boolean,
  bytesMax: number,
): void {
  const tooLarge = form.isText === null ? helloTooLarge(bytes.length) : null;
  form.isText ??= !isBinary;
  if (tooLarge !== null) return inlet.refuse(tooLarge);
  const read = form.isText === isBinary ? MIXED : form.isText ? fromText(bytes) : granted(bytes);
  if (!read.ok) return inlet.refuse(read.refusal);
  const { length } = read.value;
  if (length <= bytesMax) return inlet.receive(read.value);
  inlet.refuse(overLimit('MESSAGE_TOO_LARGE', 'messageBytesMax', bytesMax, length));
}

const MIXED: Answer<never> = {
  ok: false,
  refusal: refusal('INVALID_ARGUMENT', { message: 'Frames have to stay binary, or text, as the first was.' }),
};

function fromText(bytes: Uint8Array): Answer<Uint8Array> {
  const json = parseJson(bytes);
  if (!json.ok) return json;
  const message = decodeJson(DeviceMessage, json.value);
  return message.ok ? granted(encode(DeviceMessage, message.value)) : message;
}

function textOf(bytes: Uint8Array): string {
  const message = decode(ServerMessage, bytes);
  if (!message.ok) throw new TypeError('a session sends encoded messages');
  return JSON.stringify(ServerMessage.toJSON(message.value));
}

function asBytes(data: Buffer | ArrayBuffer | Buffer[]): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
