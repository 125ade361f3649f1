import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** Takes traces in, as a collector does, and throws them away. */
export interface SpanSink {
  readonly url: string;
  /** Of bodies, so far. */
  readonly bytes: number;
  close(): void;
}

export async function openSpanSink(): Promise<SpanSink> {
  let bytes = 0;
  const server = http.createServer((request, response) => {
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get bytes() {
      return bytes;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
