import { Metadata, type ServerDuplexStream } from '@grpc/grpc-js';
import { http2Of } from './call-inside';

/** Sends messages on a call; those of one moment leave in one write. */
export interface FramedMessages {
  /**
   * `flushed` is called when a message has left, or never. Where several leave at once only that of the last one is called,
   * and told how many they are.
   */
  readonly send: (message: Uint8Array, flushed: (messages: number) => void) => void;
  /** What was sent until now leaves before whatever the call does next. */
  flush(): void;
}

const FRAME_HEAD_BYTES = 5;

/**
 * The library hands on a message when the one before has left. An update is a page and a checkpoint: for a thousand devices
 * that is two thousand writes to sockets, and they are most of the work. So frames are made here and written to the stream
 * below, as the library would: a flag, the length, the message.
 */
export function framedMessages(call: ServerDuplexStream<Uint8Array, Uint8Array>): FramedMessages {
  const stream = http2Of(call);
  let waiting: Uint8Array[] = [];
  let told: ((messages: number) => void) | null = null;
  let hasHeaders = false;

  const flush = (): void => {
    if (told === null) return;
    const [messages, flushed] = [waiting, told];
    waiting = [];
    told = null;
    if (stream.destroyed || stream.closed || stream.writableEnded) return;
    if (!hasHeaders) call.sendMetadata(new Metadata());
    hasHeaders = true;
    stream.write(framesOf(messages), (error) => {
      if (error == null) flushed(messages.length);
    });
  };

  return {
    send(message, flushed) {
      if (told === null) process.nextTick(flush);
      waiting.push(message);
      told = flushed;
    },
    flush,
  };
}

function framesOf(messages: readonly Uint8Array[]): Buffer {
  let bytes = 0;
  for (const message of messages) bytes += FRAME_HEAD_BYTES + message.length;
  const frames = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const message of messages) {
    // Not compressed.
    frames[at] = 0;
    frames.writeUInt32BE(message.length, at + 1);
    frames.set(message, at + FRAME_HEAD_BYTES);
    at += FRAME_HEAD_BYTES + message.length;
  }
  return frames;
}
