import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What a server on this machine says about itself, in the folder of its data. */
export interface LocalServer {
  readonly grpc: string;
  readonly token: string;
  readonly user: string;
  readonly space: string;
}

/** There is no server to talk to; the message says what to do. */
export class NoServer extends Error {
  override readonly name = 'NoServer';
}

const FILE = 'connection.json';

export function findServer(folder: string): LocalServer {
  const file = path.resolve(folder, FILE);
  if (!existsSync(file))
    throw new NoServer(
      `No server keeps its data in ${path.dirname(file)}. Start one with \`npm start\` in another terminal, and wait ` +
        'until it prints its addresses.',
    );
  const told = readTold(file);
  const { grpc, token, space } = told;
  if (typeof grpc !== 'string' || typeof token !== 'string' || typeof space !== 'string')
    throw new NoServer(`${file} does not say where the server is. Start it anew with \`npm start\`.`);
  return { grpc, token, space, user: userOf(token) };
}

function readTold(file: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** Read, not checked: that is the server's business. */
function userOf(token: string): string {
  const claims = token.split('.')[1] ?? '';
  try {
    const { sub } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sub?: unknown };
    if (typeof sub === 'string') return sub;
  } catch {
    // Told below.
  }
  throw new NoServer('The token of the server names no user. Start the server anew with `npm start`.');
}
