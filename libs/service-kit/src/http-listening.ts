import type { Server } from 'node:http';
import { type Address, addressText } from './addresses';
import { within } from './lifecycle';

/** As much of an HTTP server, with or without TLS, as listening and closing need. */
export type ListeningServer = Pick<
  Server,
  'listen' | 'address' | 'close' | 'closeIdleConnections' | 'closeAllConnections' | 'once' | 'off'
>;

/** Resolves with where it listens, the real port included. */
export function listenHttp(server: ListeningServer, { host, port }: Address): Promise<Address> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void =>
      reject(new Error(`cannot listen on ${addressText({ host, port })}`, { cause: error }));
    server.once('error', onError);
    server.listen(port, host, () => {
      server.off('error', onError);
      const bound = server.address();
      resolve({ host, port: typeof bound === 'object' && bound !== null ? bound.port : port });
    });
  });
}

/** Lets requests end for a while, then cuts them off. */
export async function closeHttp(server: ListeningServer, withinMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  if (await within(withinMs, closed)) return;
  server.closeAllConnections();
  await closed;
}
