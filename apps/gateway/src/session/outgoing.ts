import type { SentMessage, SessionEffect } from '@syncline/core';
import { pageMessageBytes, serverMessageToBytes } from '@syncline/wire';
import type { GatewayDeps } from '../gateway-deps';
import type { DeviceSession, Feeding } from './device-session';
import type { PageEncodings } from './page-encodings';

type Send = SessionEffect & { readonly do: 'send' };

export interface Outgoing {
  /** How many bytes it is. */
  send(session: DeviceSession, effect: Send): number;
  /** Something has waited for so long that nobody can be listening. */
  isStuck(session: DeviceSession): boolean;
  /** The stream is gone, and what had not left with it. */
  drop(session: DeviceSession): void;
  unsentBytes(): number;
}

type OutgoingDeps = Pick<GatewayDeps, 'pages' | 'metrics' | 'clock' | 'timing'>;

type SentPage = Extract<SentMessage, { readonly kind: 'page' | 'encoded-page' }>;

function isPage(message: SentMessage): message is SentPage {
  return message.kind === 'page' || message.kind === 'encoded-page';
}

function pageBytes(
  pages: PageEncodings,
  { space, entries, cursor }: SentPage,
  takesPacked: boolean,
): Uint8Array {
  return pageMessageBytes(pages.bytesOf(space, entries, takesPacked), cursor);
}

/** Live messages are the very same for many devices, see `LiveUpdates`. */
function encodedOnce<Message extends SentMessage>(encode: (message: Message) => Uint8Array) {
  const known = new WeakMap<Message, Uint8Array>();
  return (message: Message, priority: Send['priority']): Uint8Array => {
    if (priority !== 'live') return encode(message);
    const before = known.get(message);
    if (before !== undefined) return before;
    const bytes = encode(message);
    known.set(message, bytes);
    return bytes;
  };
}

/** Encodes what the rules say to a device, and keeps count of what has not left yet. */
export function outgoing({ pages, metrics, clock, timing }: OutgoingDeps, { feed }: Feeding): Outgoing {
  let unsentBytes = 0;
  const plain = encodedOnce((message) =>
    isPage(message) ? pageBytes(pages, message, false) : serverMessageToBytes(message),
  );
  const packed = encodedOnce((message: SentPage) => pageBytes(pages, message, true));

  const encoded = ({ state }: DeviceSession, { message, priority }: Send): Uint8Array => {
    const takesPacked = state.agreed?.capabilities.includes('page-compression') === true;
    return isPage(message) && takesPacked ? packed(message, priority) : plain(message, priority);
  };

  const flushed = (session: DeviceSession, messages: number): void => {
    if (session.gone) return;
    let roughBytes = 0;
    for (const message of session.unsent.splice(0, messages)) {
      roughBytes += message.roughBytes;
      session.unsentBytes -= message.bytes;
      unsentBytes -= message.bytes;
      message.left?.(true);
    }
    session.progressAtMs = clock.nowMs();
    feed(session, { kind: 'flushed', bytes: roughBytes });
  };

  return {
    send(session, effect) {
      if (session.ended) return 0;
      const { message, priority, bytes: roughBytes } = effect;
      const encodedMessage = encoded(session, effect);
      const bytes = encodedMessage.length;
      const tenant = session.identity?.tenant ?? null;
      metrics.sent(message.kind, priority, bytes, tenant);
      if (message.kind === 'refusal') {
        metrics.refused(message.refusal.reason, tenant);
        if (message.closing) session.lastRefusal = message.refusal;
      }
      if (session.unsent.length === 0) session.progressAtMs = clock.nowMs();
      session.unsent.push({ bytes, roughBytes, left: null });
      session.unsentBytes += bytes;
      unsentBytes += bytes;
      session.stream.send(encodedMessage, (messages) => flushed(session, messages));
      return bytes;
    },
    isStuck: ({ unsent, progressAtMs }) =>
      unsent.length > 0 && clock.nowMs() - progressAtMs >= timing.slowConsumerMs,
    drop(session) {
      unsentBytes -= session.unsentBytes;
      session.unsentBytes = 0;
      for (const message of session.unsent.splice(0)) message.left?.(false);
    },
    unsentBytes: () => unsentBytes,
  };
}
