import type { Connection, ConnectionEvents, Transport } from '@syncline/client-node';
import { refused } from '@syncline/core';
import { deviceMessageToBytes, serverMessagesFromBytes } from '@syncline/wire';
import { gzipCompressor } from '@syncline/wire/gzip';
import { Diverged } from './row';
import { fromWire, newClient, toWire } from './session';

/** A message that went one way or the other. */
export interface Told {
  readonly by: 'device' | 'server';
  readonly kind: string;
  readonly bytes: number;
}

/** What gRPC puts in front of each message: whether it is packed, and its length. */
const FRAME_BYTES = 5;
const UNPACKED_BYTES_MAX = 16 * 1024 * 1024;
const SESSION = '/syncline.v1.SyncService/Session';

/** Carries what the device's engine says and hears, as its own transport does, and tells the size of each message. */
export function countedTransport(address: string, tell: (told: Told) => void): Transport {
  return {
    connect: (events) => connect(address, tell, events),
    compare: () => Promise.resolve(refused('UNAVAILABLE')),
  };
}

function connect(address: string, tell: (told: Told) => void, events: ConnectionEvents): Connection {
  const client = newClient(address);
  const stream = client.makeBidiStreamRequest(SESSION, toWire, fromWire);
  const gzip = gzipCompressor(UNPACKED_BYTES_MAX);
  const hangUp = (): void => {
    stream.cancel();
    client.close();
  };
  // The end of the stream is told by its status, after all that it brought.
  stream.on('error', () => undefined);
  stream.on('status', () => events.ended(null));
  stream.on('data', (bytes: Buffer) => {
    const messages = serverMessagesFromBytes(bytes, gzip);
    if (!messages.ok) throw new Diverged(`a message cannot be read: ${messages.refusal.message}`);
    const kind = messages.value.map((message) => message.kind).join('+');
    tell({ by: 'server', kind, bytes: bytes.length + FRAME_BYTES });
    for (const message of messages.value) events.message(message);
  });
  queueMicrotask(() => events.connected());
  return {
    send(message) {
      const bytes = deviceMessageToBytes(message);
      tell({ by: 'device', kind: message.kind, bytes: bytes.length + FRAME_BYTES });
      stream.write(bytes);
    },
    close: hangUp,
    cut: hangUp,
  };
}
