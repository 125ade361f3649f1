import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Address } from './addresses';
import { closeHttp, listenHttp } from './http-listening';
import type { Readiness } from './readiness';

export interface OpsServerOptions {
  readonly address: Address;
  readonly readiness: Readiness;
  readonly metrics: { text(): Promise<string>; readonly contentType: string };
  readonly loudness: Loudness;
}

/** How much is logged, and of which levels one can be chosen. */
export interface Loudness {
  readonly levels: readonly string[];
  readonly current: () => string;
  readonly choose: (level: string) => void;
}

export interface OpsServer {
  start(): Promise<Address>;
  close(): Promise<void>;
}

interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

const CLOSE_WITHIN_MS = 1_000;
const REQUEST_WITHIN_MS = 10_000;

/** For whoever watches over the service: metrics, whether it is alive, whether it can do its work, and how much it logs. */
export function opsServer({ address, readiness, metrics, loudness }: OpsServerOptions): OpsServer {
  const pages: Readonly<Record<string, () => Promise<Page>>> = {
    '/healthz': async () => json(200, { alive: true }),
    '/readyz': async () => {
      const state = await readiness.check();
      return json(state.ready ? 200 : 503, state);
    },
    '/metrics': async () => ({
      status: 200,
      contentType: metrics.contentType,
      body: await metrics.text(),
    }),
    '/log-level': async () => json(200, { level: loudness.current() }),
  };
  const changeLevel = async (request: IncomingMessage): Promise<Page> => {
    const level = (await shortBody(request)).trim();
    if (!loudness.levels.includes(level)) return json(400, { error: `one of ${loudness.levels.join(', ')}` });
    loudness.choose(level);
    return json(200, { level });
  };
  const pageFor = async (request: IncomingMessage): Promise<Page> => {
    const { method, url = '' } = request;
    const path = url.split('?')[0] ?? '';
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (page === undefined) return json(404, { error: `there are ${Object.keys(pages).join(', ')}` });
    if (method === 'PUT' && path === '/log-level') return changeLevel(request);
    return method === 'GET' || method === 'HEAD' ? page() : json(405, { error: 'only GET' });
  };
  const server = createServer(
    { requestTimeout: REQUEST_WITHIN_MS, headersTimeout: REQUEST_WITHIN_MS, maxHeaderSize: 8_192 },
    (request, response) => {
      pageFor(request).then(
        (page) => send(response, page, request.method === 'HEAD'),
        () => send(response, json(500, { error: 'a fault' }), false),
      );
    },
  );
  server.maxConnections = 100;

  return {
    start: () => listenHttp(server, address),
    close: () => closeHttp(server, CLOSE_WITHIN_MS),
  };
}

const BODY_BYTES_MAX = 64;

async function shortBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const part of request.setEncoding('utf8')) {
    body += String(part);
    if (body.length > BODY_BYTES_MAX) break;
  }
  return body;
}

function json(status: number, value: unknown): Page {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}

function send(response: ServerResponse, { status, contentType, body }: Page, headOnly: boolean): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
  response.end(headOnly ? '' : body);
}
