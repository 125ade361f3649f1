import { Metadata, type ServerDuplexStream } from '@grpc/grpc-js';
import { http2Of } from './call-inside';

/** Sends messages on a call; those of one moment leave in one write. */
export interface FramedMessages {
  readonly send: (message: Uint8Array, flushed: () => void) => void;
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
  let told: (() => void)[] = [];
  let hasHeaders = false;

  const flush = (): void => {
    if (waiting.length === 0) return;
    const [frames, flushed] = [framesOf(waiting), told];
    waiting = [];
    told = [];
    if (stream.destroyed || stream.closed || stream.writableEnded) return;
    if (!hasHeaders) call.sendMetadata(new Metadata());
    hasHeaders = true;
    stream.write(frames, (error) => {
      if (error == null) for (const tell of flushed) tell();
    });
  };

  return {
    send(message, flushed) {
      if (waiting.length === 0) process.nextTick(flush);
      waiting.push(message);
      told.push(flushed);
    },
    flush,
  };
}

function framesOf(messages: readonly Uint8Array[]): Buffer {
  const bytes = messages.reduce((sum, message) => sum + FRAME_HEAD_BYTES + message.length, 0);
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
