import {
  type Change,
  type DeviceMessage,
  idProblem,
  overLimit,
  payloadBytes,
  type SessionInput,
  type SpaceId,
} from '@syncline/core';
import { DeviceMessage as ProtoMessage } from '@syncline/proto';
import { type Compressor, decode, deviceMessageFromProto, encodedPushIn } from '@syncline/wire';
import { gzipCompressor } from '@syncline/wire/gzip';
import { traceContextOf } from '@syncline/telemetry';
import type { GatewayDeps } from '../gateway-deps';
import type { DeviceSession } from './device-session';

/** What a device said, as an input for the rules; also where it cannot be read. */
export type ReadMessage = (session: DeviceSession, bytes: Uint8Array) => SessionInput;

export function readMessage(deps: Pick<GatewayDeps, 'limits' | 'metrics' | 'clock'>): ReadMessage {
  const { limits, metrics, clock } = deps;
  const { messageBytesMax } = limits;
  const gzip = gzipCompressor(messageBytesMax);

  return (session, bytes) => {
    if (bytes.length > messageBytesMax) {
      metrics.received('unreadable', bytes.length, session.identity?.tenant ?? null);
      return {
        kind: 'shut-out',
        refusal: overLimit('MESSAGE_TOO_LARGE', 'messageBytesMax', messageBytesMax, bytes.length),
      };
    }
    const input = inputOf(
      bytes,
      session.state.agreed?.capabilities.includes('page-compression') ? gzip : null,
    );
    const kind = input.kind === 'message' ? input.message.kind : 'unreadable';
    metrics.received(kind, bytes.length, session.identity?.tenant ?? null);
    if (input.kind === 'message' && input.message.kind === 'push') {
      const { changes } = input.message;
      session.receivedPushes.set(changes, {
        bytes: heldBytes(bytes, changes),
        encoded: input.encodedPush,
        receivedAtMs: clock.nowMs(),
        traceparent: input.traceparent,
        span: null,
      });
    }
    if (kind === 'hello' && input.kind === 'message' && traceContextOf(input.traceparent) !== null)
      session.traceparent = input.traceparent;
    if (session.state.phase === 'greeted') session.earlyBytes += bytes.length;
    return input;
  };
}

/** A push that came packed takes more room than it did on the wire. */
function heldBytes({ length }: Uint8Array, changes: readonly Change[]): number {
  let payloads = 0;
  for (const change of changes) payloads += payloadBytes(change);
  return Math.max(length, payloads);
}

type InputOf<Kind extends SessionInput['kind']> = SessionInput & { readonly kind: Kind };
interface AsItCame {
  readonly encodedPush: Uint8Array | null;
  /** Of a push or a Hello; empty for none. */
  readonly traceparent: string;
}
type Heard = InputOf<'unreadable'> | (InputOf<'message'> & AsItCame);

function inputOf(bytes: Uint8Array, compressor: Compressor | null): Heard {
  const decoded = decode(ProtoMessage, bytes);
  if (!decoded.ok) {
    // Where one message ends and what the next ones mean is not certain any more.
    return { kind: 'unreadable', about: null, space: null, refusal: decoded.refusal, ends: true };
  }
  const message = deviceMessageFromProto(decoded.value, compressor);
  if (message.ok) {
    const encodedPush = encodedPushIn(bytes, decoded.value);
    return {
      kind: 'message',
      message: message.value,
      encodedPush,
      traceparent: traceparentOf(decoded.value),
    };
  }
  return { kind: 'unreadable', ...aboutOf(decoded.value), refusal: message.refusal, ends: false };
}

function traceparentOf({ message }: ProtoMessage): string {
  if (message?.$case === 'push') return message.push.traceparent;
  return message?.$case === 'hello' ? message.hello.traceparent : '';
}

function aboutOf({ message }: ProtoMessage): {
  readonly about: DeviceMessage['kind'] | null;
  readonly space: SpaceId | null;
} {
  if (message === undefined || message.$case === 'signed') return { about: null, space: null };
  switch (message.$case) {
    case 'subscribe':
      return { about: message.$case, space: spaceIn(message.subscribe) };
    case 'push':
      return { about: message.$case, space: spaceIn(message.push) };
    case 'ack':
      return { about: message.$case, space: spaceIn(message.ack) };
    case 'presence':
      return { about: message.$case, space: spaceIn(message.presence) };
    case 'unsubscribe':
      return { about: message.$case, space: spaceIn(message.unsubscribe) };
    case 'hello':
    case 'authenticate':
    case 'goodbye':
      return { about: message.$case, space: null };
  }
}

function spaceIn({ space }: { readonly space: string }): SpaceId | null {
  return idProblem(space) === null ? (space as SpaceId) : null;
}
