import { fromWire, newClient, toWire } from './session';

/** A stream to a floor, on a connection of its own like a session. */
export interface FloorStream {
  say(bytes: Uint8Array): void;
  close(): void;
}

export interface FloorStreamOptions {
  readonly address: string;
  readonly path: string;
  readonly greeting: Uint8Array;
  /** All that comes once the floor has answered the greeting. */
  readonly onBytes?: (bytes: Buffer) => void;
}

/** Resolves once the greeting is answered. */
export function openFloorStream(options: FloorStreamOptions): Promise<FloorStream> {
  const { address, path, greeting, onBytes } = options;
  const client = newClient(address);
  const stream = client.makeBidiStreamRequest(path, toWire, fromWire);
  const opened: FloorStream = {
    say: (bytes) => void stream.write(bytes),
    close() {
      stream.cancel();
      client.close();
    },
  };
  return new Promise((resolve, reject) => {
    stream.once('data', () => {
      resolve(opened);
      if (onBytes !== undefined) stream.on('data', onBytes);
    });
    stream.on('error', (error) => {
      client.close();
      reject(error);
    });
    stream.write(greeting);
  });
}
