import {
  type Change,
  type Refusal,
  type SessionEffect,
  type SessionInput,
  type SessionState,
  type SpaceId,
  spaceKey,
  type SpaceKey,
} from '@syncline/core';
import type { CountedSession, Identity } from '@syncline/ports';
import { type Span, traceContextOf } from '@syncline/telemetry';
import { leavingCaller } from '../leaving';
import type { DeviceSync } from '../syncs/device-sync';
import type { SessionStream } from './stream';

/** A device on its stream: the state of the rules, and what the shell around them has to remember. */
export interface DeviceSession {
  readonly state: SessionState;
  readonly stream: SessionStream;
  /** What happened while a step was being performed; its turn comes after that. */
  readonly inputs: TracedInput[];
  stepping: boolean;
  identity: Identity | null;
  /** As the registry counts it; null until it does. */
  counted: CountedSession | null;
  skewMs: number;
  /** W3C traceparent of the session, as its Hello or its call says; empty for none. */
  traceparent: string;
  /** Answers of other parts that are still to come. */
  asked: number;
  /** Of pushes that wait for their answer, by what the device sent; one for all sessions. */
  readonly receivedPushes: ReceivedPushes;
  pushBytesAsked: number;
  /** Sent along with Hello, while it is not known whose it is. */
  earlyBytes: number;
  paused: boolean;
  /** The device will say nothing more. */
  finished: boolean;
  /** The stream was ended from here, or is gone. */
  ended: boolean;
  gone: boolean;
  /** Aborted when it ends: nobody waits any more for what is being read for it. Null until something is. */
  leaving: AbortController | null;
  /** By space, what is gathered of it. */
  readonly syncs: Map<SpaceId, DeviceSync>;
  /** Why it ends; null where it ends well. */
  lastRefusal: Refusal | null;
  /** What was handed to the stream and has not left yet, in its order. */
  readonly unsent: UnsentMessage[];
  unsentBytes: number;
  /** When something last left for the device, or began to wait for that. */
  progressAtMs: number;
}

export interface UnsentMessage {
  readonly bytes: number;
  /** As the rules count it. */
  readonly roughBytes: number;
  /** Called when it has left, or with false when it never will. */
  left: ((hasLeft: boolean) => void) | null;
}

/** Told when an input was worked off, and what came of it. */
export interface Delivery {
  handled(session: DeviceSession, effects: readonly SessionEffect[]): void;
}

/** Where something is traced, it comes with the input that it leads to. */
export type TracedInput = SessionInput & { readonly delivery?: Delivery };

/** What a session and the parts around it need of each other. */
export interface Feeding {
  readonly feed: (session: DeviceSession, input: TracedInput) => void;
}

export interface ReceivedPush {
  /** The room that it takes. */
  readonly bytes: number;
  /** How the device encoded it; null where that cannot be passed on. */
  readonly encoded: Uint8Array | null;
  readonly receivedAtMs: number;
  /** W3C traceparent that it came with; empty for none. */
  readonly traceparent: string;
  /** Once it is under way; null where it is not traced. */
  span: Span | null;
}

export type ReceivedPushes = WeakMap<readonly Change[], ReceivedPush>;

export function deviceSession(
  state: SessionState,
  stream: SessionStream,
  receivedPushes: ReceivedPushes,
  nowMs: number,
): DeviceSession {
  return {
    state,
    stream,
    inputs: [],
    stepping: false,
    identity: null,
    counted: null,
    skewMs: 0,
    // What cannot be read may be long, and is kept for nothing.
    traceparent: traceContextOf(stream.traceparent) === null ? '' : stream.traceparent,
    asked: 0,
    receivedPushes,
    pushBytesAsked: 0,
    earlyBytes: 0,
    paused: false,
    finished: false,
    ended: false,
    gone: false,
    leaving: null,
    syncs: new Map(),
    lastRefusal: null,
    unsent: [],
    unsentBytes: 0,
    progressAtMs: nowMs,
  };
}

/** What was handed to the stream until now has left, or never will. */
export function whenLeft({ unsent }: DeviceSession, left: (hasLeft: boolean) => void): void {
  const last = unsent.at(-1);
  if (last === undefined) left(true);
  else last.left = left;
}

export function leavingSignal(session: DeviceSession): AbortSignal {
  session.leaving ??= leavingCaller();
  return session.leaving.signal;
}

/** Only for spaces of a session that is known: there is no tenant before. */
export function keyOf({ identity }: DeviceSession, space: SpaceId): SpaceKey {
  return spaceKey(identity!.tenant, space);
}
