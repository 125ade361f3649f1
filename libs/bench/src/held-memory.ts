import { createServer } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { rootFolder } from '@syncline/end-to-end';

/** Lets a service tell what memory it holds, in the very way in which floors do. */
export interface MemoryTeller {
  /** For the service's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly heldBytes: () => Promise<number>;
}

export async function memoryTeller(): Promise<MemoryTeller> {
  const port = await freePort();
  const program = path.join(rootFolder(__dirname), 'tools/bench/tell-memory.mjs');
  return {
    env: { NODE_OPTIONS: `--import=${pathToFileURL(program).href}`, BENCH_MEMORY_PORT: String(port) },
    async heldBytes() {
      const answer = await fetch(`http://127.0.0.1:${port}`);
      return Number(await answer.text());
    },
  };
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
