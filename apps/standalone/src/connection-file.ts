import path from 'node:path';
import { writePrivate } from './private-file';

/** How programs of the same person on the same machine find this server: `npm run demo` and others. */
export interface Connection {
  readonly grpc: string;
  readonly http: string;
  readonly tenant: string;
  readonly space: string;
  readonly token: string;
}

export function tellConnection(folder: string, connection: Connection): void {
  writePrivate(path.join(folder, 'connection.json'), `${JSON.stringify(connection, null, 2)}\n`);
}
