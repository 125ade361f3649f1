import type { DeviceMessage, Reason } from '@syncline/core';

const SECOND_MS = 1_000;
const BACKOFF_MS: readonly number[] = [1, 2, 4, 8, 16, 30].map((seconds) => seconds * SECOND_MS);

/** Each delay is cut to a random part of it, not below this one, so that devices do not come back all at once. */
const JITTER_MIN = 0.5;

/** A delay that the server asks for is stretched by up to this part, for the same reason. */
const ASKED_STRETCH = 0.2;

/** The delay before the next try, `failures` counting from 1; what the server asks for goes before the backoff. */
export function retryDelayMs(failures: number, chance: number, retryAfterMs: number | null = null): number {
  const step = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length) - 1] ?? BACKOFF_MS[0]!;
  const jittered = Math.round(step * (JITTER_MIN + (1 - JITTER_MIN) * chance));
  if (retryAfterMs === null) return jittered;
  const asked = Math.round(retryAfterMs * (1 + ASKED_STRETCH * chance));
  return failures === 1 ? asked : Math.max(asked, jittered);
}

/**
 * What a device does about a refusal. `wait`: try again later. `reconnect`: on another connection. `token`: get
 * a fresh one. `stop`: only a person can help. `start-over`: build the copy anew. `renumber`: go by the number
 * that the server expects. `shrink`: send less at once, down to the one change that is at fault. `subscribe`:
 * open the subscription again. `tell`: nothing but let the application know.
 */
export type RefusalAction =
  'wait' | 'reconnect' | 'token' | 'stop' | 'start-over' | 'renumber' | 'shrink' | 'subscribe' | 'tell';

export const REFUSAL_ACTIONS: Record<Reason, RefusalAction> = {
  INVALID_ARGUMENT: 'shrink',
  INVALID_ID: 'shrink',
  INVALID_PAYLOAD: 'shrink',
  INVALID_SCOPE: 'stop',
  INVALID_CURSOR: 'start-over',
  INVALID_SYNC_STATE: 'start-over',
  CURSOR_TOO_OLD: 'start-over',
  EPOCH_CHANGED: 'start-over',
  SCOPE_CHANGED: 'start-over',
  ACCESS_CHANGED: 'start-over',
  WRONG_ORDER: 'reconnect',
  WRONG_MODE: 'stop',
  UNKNOWN_MESSAGE: 'tell',
  NOT_SUBSCRIBED: 'subscribe',
  ALREADY_SUBSCRIBED: 'subscribe',
  VERSION_MISMATCH: 'stop',
  CAPABILITY_REQUIRED: 'tell',
  CHANGE_NUMBER_GAP: 'renumber',
  CHANGE_NUMBER_REUSED: 'shrink',
  BASE_VERSION_UNKNOWN: 'shrink',
  RECORD_NOT_FOUND: 'shrink',
  COLLECTION_RESERVED: 'shrink',
  COLLECTION_NOT_FOUND: 'shrink',
  UNSUPPORTED_CHANGE: 'shrink',
  SCHEMA_MISMATCH: 'shrink',
  DEPENDENCY_MISSING: 'wait',
  POLICY_INVALID: 'tell',
  CONFLICT_NOT_FOUND: 'shrink',
  CONFLICT_STATE: 'shrink',
  SYNC_CONFLICT: 'shrink',
  CHANGED_MEANWHILE: 'wait',
  ALREADY_EXISTS: 'shrink',
  VERSION_NOT_FOUND: 'shrink',
  MESSAGE_TOO_LARGE: 'shrink',
  RECORD_TOO_LARGE: 'shrink',
  PUSH_TOO_LARGE: 'shrink',
  RATE_LIMITED: 'wait',
  TOO_MANY_SESSIONS: 'wait',
  TOO_MANY_SUBSCRIPTIONS: 'stop',
  QUOTA_EXCEEDED: 'wait',
  UNAUTHENTICATED: 'stop',
  AUTH_EXPIRED: 'token',
  PERMISSION_DENIED: 'stop',
  DEVICE_REVOKED: 'stop',
  DEVICE_OF_OTHER_USER: 'stop',
  DEVICE_NOT_FOUND: 'stop',
  PAIRING_CODE_INVALID: 'stop',
  TENANT_NOT_FOUND: 'stop',
  TENANT_SUSPENDED: 'stop',
  SPACE_NOT_FOUND: 'stop',
  MEMBER_NOT_FOUND: 'stop',
  KEY_NOT_FOUND: 'tell',
  KEY_GENERATION_OLD: 'shrink',
  ARTIFACT_NOT_FOUND: 'tell',
  ARTIFACT_TOO_LARGE: 'tell',
  ARTIFACT_INCOMPLETE: 'tell',
  ARTIFACT_IN_USE: 'tell',
  CORRUPTION: 'wait',
  SLOW_CONSUMER: 'reconnect',
  DRAINING: 'reconnect',
  DEADLINE_EXCEEDED: 'wait',
  UNAVAILABLE: 'wait',
  INTERNAL: 'wait',
};

/** The reason decides, except where what was refused leaves it no meaning. */
export function refusalAction(reason: Reason, about: DeviceMessage['kind'] | null): RefusalAction {
  const action = REFUSAL_ACTIONS[reason];
  switch (about) {
    case 'push':
      return action === 'tell' ? 'wait' : action;
    case 'subscribe':
      return action === 'shrink' || action === 'renumber' ? 'stop' : action === 'tell' ? 'wait' : action;
    case 'hello':
    case 'authenticate':
      return action === 'wait' || action === 'reconnect' || action === 'token' ? action : 'stop';
    case 'presence':
    case 'ack':
    case 'unsubscribe':
    case 'goodbye':
      return action === 'reconnect' || action === 'token' ? action : 'tell';
    case null:
      return action === 'shrink' || action === 'renumber' ? 'tell' : action;
  }
}
