import type { Refusal } from '@syncline/core';

/** How a session reaches its device, whatever carries it. Each call of `send` is one encoded ServerMessage. */
export interface SessionStream {
  readonly transport: 'grpc' | 'websocket';
  /** The network address that the device comes from, without a port; null where that says nothing. */
  readonly address: string | null;
  /** The bearer token of the headers, for a Hello that brings none; null without. */
  readonly token: string | null;
  /** W3C traceparent of the headers; empty without. */
  readonly traceparent: string;
  /** Messages go out in order. */
  send(bytes: Uint8Array, flushed: Flushed): void;
  /** Nothing is sent any more: what was sent still goes out, then the stream ends with the refusal, or well with null. */
  end(refusal: Refusal | null): void;
  /** Lets go of the stream at once, with everything that has not left yet. */
  cut(): void;
  pauseReading(): void;
  resumeReading(): void;
}

/**
 * Called when a message has left for the device, or never. Where several leave at once only that of the last one is called,
 * and told how many they are.
 */
export type Flushed = (messages: number) => void;

/** What the stream tells the session. After `closed`, nothing is asked of the stream any more. */
export interface SessionInlet {
  /** One encoded DeviceMessage. */
  receive(bytes: Uint8Array): void;
  /** The transport itself refuses what came, for example because it is too large: told to the device, then the end. */
  refuse(refusal: Refusal): void;
  /** The device will say nothing more; it still gets what it has asked for. */
  finished(): void;
  /** The stream is gone. */
  closed(): void;
}

export type OpenSession = (stream: SessionStream) => SessionInlet;
