import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Refusal, refusal } from '@syncline/core';
import { WebSocketServer } from 'ws';
import { mayConnect } from './cors';
import type { HttpDeps } from './http-deps';
import { jsonBytesMax, pathOf, refusalJson, SESSION_PATH, UNKNOWN_CALL } from './json-calls';
import { type SessionSocket, sessionSocket } from './websocket-stream';

export interface WebSockets {
  /** Takes a connection over from the HTTP server. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** No new ones; those that are open are left to their sessions. */
  drain(): void;
  /** Lets go of all that are left. */
  close(): void;
}

export function webSockets(deps: HttpDeps): WebSockets {
  const { limits, httpLimits, timer, origins } = deps;
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // Text takes more bytes for the same message; of binary frames the message's own limit holds.
    maxPayload: jsonBytesMax(limits.messageBytesMax),
    // Pages are packed inside of messages, once for all who get them.
    perMessageDeflate: false,
  });
  const open = new Set<SessionSocket>();
  let draining = false;

  const checkAll = (): void => {
    for (const socket of open) socket.check();
    stopChecking = timer.after(httpLimits.pingMs, checkAll);
  };
  let stopChecking = timer.after(httpLimits.pingMs, checkAll);

  return {
    upgrade(request, socket, head) {
      if (pathOf(request) !== SESSION_PATH) return refuseUpgrade(socket, 404, UNKNOWN_CALL);
      if (draining) return refuseUpgrade(socket, 503, refusal('DRAINING', { retryAfterMs: 0 }));
      if (!mayConnect(request.headers, origins)) {
        const told = { message: 'Pages of this origin may not connect; an operator can allow them.' };
        return refuseUpgrade(socket, 403, refusal('PERMISSION_DENIED', told));
      }
      server.handleUpgrade(request, socket, head, (webSocket) => {
        const session = sessionSocket(deps, webSocket, request, () => void open.delete(session));
        open.add(session);
      });
    },
    drain() {
      draining = true;
    },
    close() {
      draining = true;
      stopChecking();
      for (const socket of [...open]) socket.cut();
      server.close();
    },
  };
}

/** What is no WebSocket yet is answered as HTTP. */
export function refuseUpgrade(socket: Duplex, status: number, refused: Refusal): void {
  socket.on('error', () => undefined);
  socket.end(rawAnswer(status, refused), () => void socket.destroy());
}

/** An answer for when there is no response object that could write it. */
export function rawAnswer(status: number, refused: Refusal): string {
  const body = JSON.stringify(refusalJson(refused));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}
