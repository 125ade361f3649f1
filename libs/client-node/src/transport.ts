import type { Answer, DeviceMessage, Refusal, ServerMessage } from '@syncline/core';
import type { ComparingCall } from '@syncline/wire';
import type { Compared } from './compare-copy';

/** What a connection tells its device; never before `connect` has returned. */
export interface ConnectionEvents {
  connected(): void;
  message(message: ServerMessage): void;
  /** Once, as the last of them, with the reason where the other side gave one. */
  ended(refusal: Refusal | null): void;
}

export interface Connection {
  send(message: DeviceMessage): void;
  /** What was sent still goes out; nothing more is told. */
  close(): void;
  /** As a cable that is pulled. */
  cut(): void;
}

/** A way to a server. It knows no rules: it carries messages, and tells how a connection ended. */
export interface Transport {
  connect(events: ConnectionEvents): Connection;
  /** The unary call by which a copy is compared with the server's. */
  compare(call: ComparingCall, token: string): Promise<Answer<Compared>>;
}
