import { limitName } from './limits';

/**
 * Why something is refused. Each reason has a sentence for whoever meets it; the wire layer maps each to a status
 * code, and the compiler asks for the mapping.
 */
export const REASONS = {
  INVALID_ARGUMENT: 'A field holds a value that it must not hold. Correct it; the violations name each one.',
  INVALID_ID: 'An id is empty, too long, or not well-formed. Choose another.',
  INVALID_PAYLOAD: 'The payload is not what its collection promises. Correct it and send it as a new change.',
  INVALID_SCOPE: 'The scope asks for something that this collection cannot answer. Narrow or widen it.',
  INVALID_CURSOR: 'The cursor was not issued here for this space. Subscribe without one.',
  INVALID_SYNC_STATE:
    'What the device claims to hold cannot be continued. Start over and keep pending changes.',
  CURSOR_TOO_OLD:
    'Deletes that this cursor would need are no longer remembered. Start over, keep pending changes.',
  EPOCH_CHANGED: 'The space was restored. Start over and number pending changes anew.',
  SCOPE_CHANGED: 'The cursor belongs to another scope. Start over in the new one and keep pending changes.',
  ACCESS_CHANGED: 'What this user may read has changed. Start over and keep pending changes.',
  WRONG_ORDER: 'The message came before the one it depends on. Follow the order of the protocol.',
  WRONG_MODE: 'The subscription was opened in a mode that does not allow this. Subscribe in another mode.',
  UNKNOWN_MESSAGE: 'The message is of no known kind. Use the negotiated protocol version.',
  NOT_SUBSCRIBED: 'The space has no subscription on this session. Subscribe first.',
  ALREADY_SUBSCRIBED: 'The space is subscribed on this session. Unsubscribe first to change scope or mode.',
  VERSION_MISMATCH: 'No protocol version is shared. Update the older side.',
  CAPABILITY_REQUIRED: 'The call needs a capability that was not negotiated. Offer it in Hello.',
  CHANGE_NUMBER_GAP: 'A change number is missing. Send again from the expected number on.',
  CHANGE_NUMBER_REUSED: 'This number was used for another change. Give the change a new number.',
  BASE_VERSION_UNKNOWN: 'The base version was never handed out. Read the record and make the change again.',
  RECORD_NOT_FOUND: 'There is no such record. Create it first.',
  COLLECTION_RESERVED: 'Collections of the system cannot be written. Choose another name.',
  COLLECTION_NOT_FOUND: 'There is no such collection. Declare it first.',
  UNSUPPORTED_CHANGE: 'The collection does not take changes of this kind. See its policy.',
  SCHEMA_MISMATCH: 'The change cannot be brought to the schema of its collection. Update the application.',
  DEPENDENCY_MISSING:
    'A change of another device that this one builds on has not arrived. Send it again later.',
  POLICY_INVALID: 'The policy or its rule cannot be declared like this. The violations say why.',
  CONFLICT_NOT_FOUND: 'There is no such conflict in the ledger.',
  CONFLICT_STATE: 'The conflict is not in a state that allows this. Read it again.',
  SYNC_CONFLICT: 'The conflict needs a decision of a person. Resolve it by a change that names it.',
  CHANGED_MEANWHILE: 'Someone else changed it since it was read. Read it again and repeat the request.',
  ALREADY_EXISTS: 'A thing with this id exists. Choose another id or use the existing one.',
  VERSION_NOT_FOUND: 'History no longer reaches back to this version.',
  MESSAGE_TOO_LARGE: 'The message is over the limit. Send less at once.',
  RECORD_TOO_LARGE: 'The record is over the limit. Move large content to an artifact.',
  PUSH_TOO_LARGE: 'The push holds too many changes. Split it.',
  RATE_LIMITED: 'Too much in too short a time. Wait for the given delay.',
  TOO_MANY_SESSIONS: 'Too many sessions are open. Close one.',
  TOO_MANY_SUBSCRIPTIONS: 'Too many spaces on one session. Unsubscribe one.',
  QUOTA_EXCEEDED: 'A quota is used up. Free space or ask for more.',
  UNAUTHENTICATED: 'The token is missing or not valid. Sign in again.',
  AUTH_EXPIRED: 'The token has expired. Refresh it and authenticate again.',
  PERMISSION_DENIED: 'The user may not do this here. Ask the owner of the space.',
  DEVICE_REVOKED: 'This device has been shut out. Pair it again.',
  DEVICE_OF_OTHER_USER: 'The device id belongs to another user. Register a new device with an empty copy.',
  DEVICE_NOT_FOUND: 'There is no such device, or the user may not know of it.',
  PAIRING_CODE_INVALID: 'The pairing code is unknown, used or expired. Ask for a new one.',
  TENANT_NOT_FOUND: 'There is no such tenant.',
  TENANT_SUSPENDED: 'The tenant is suspended. Keep pending changes until that is lifted.',
  SPACE_NOT_FOUND: 'There is no such space, or the user may not know of it.',
  MEMBER_NOT_FOUND: 'The user is not a member of the space.',
  KEY_NOT_FOUND: 'There is no such key, or no envelope of it for this device.',
  KEY_GENERATION_OLD:
    'The key generation is not the current one. Encrypt with the current key and send again.',
  ARTIFACT_NOT_FOUND: 'There is no such artifact here.',
  ARTIFACT_TOO_LARGE: 'The artifact or chunk is over the limit. Use more, smaller chunks.',
  ARTIFACT_INCOMPLETE: 'Chunks are missing. Upload from the first missing one on.',
  ARTIFACT_IN_USE: 'Records still refer to the artifact. Change them first.',
  CORRUPTION: 'The content does not match its digest or signature. Send it again.',
  SLOW_CONSUMER: 'The client reads too slowly. Open the session again when it can keep up.',
  DRAINING: 'This server is about to stop. Open the session again, anywhere.',
  DEADLINE_EXCEEDED: 'The call took too long. Send it again; changes take effect once.',
  UNAVAILABLE: 'A part of the service cannot be reached for now. Try again after the given delay.',
  INTERNAL: 'A fault of the service. It has been logged; try again later.',
} as const satisfies Record<string, string>;

export type Reason = keyof typeof REASONS;

export interface Violation {
  /** The field as a path, for example `changes[3].payload`. */
  readonly field: string;
  readonly description: string;
}

export interface Refusal {
  readonly reason: Reason;
  readonly message: string;
  readonly violations: readonly Violation[];
  /** Set only where trying again helps. */
  readonly retryAfterMs: number | null;
  /** Facts for branching: the limit, the value, the expected number. */
  readonly facts: Readonly<Record<string, string>>;
  /** W3C trace id under which it was logged; left out where it is not traced. */
  readonly trace?: string;
}

export interface RefusalDetails {
  readonly message?: string;
  readonly violations?: readonly Violation[];
  readonly retryAfterMs?: number;
  readonly facts?: Readonly<Record<string, string>>;
}

export function refusal(reason: Reason, details: RefusalDetails = {}): Refusal {
  return {
    reason,
    message: details.message ?? REASONS[reason],
    violations: details.violations ?? [],
    retryAfterMs: details.retryAfterMs ?? null,
    facts: details.facts ?? {},
  };
}

/** Every limit is refused in the same words: which, how much it allows, how much was asked; named as in the protocol. */
export function overLimit(reason: Reason, limit: string, allowed: number, value: number): Refusal {
  const name = limitName(limit);
  return refusal(reason, {
    message: `${REASONS[reason]} (${name}: ${value} asked, ${allowed} allowed)`,
    facts: { limit: name, allowed: String(allowed), value: String(value) },
  });
}

/** The answer of something that may be refused. */
export type Answer<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly refusal: Refusal };

export const granted = <Value>(value: Value): Answer<Value> => ({ ok: true, value });
export const refused = (reason: Reason, details: RefusalDetails = {}): Answer<never> => ({
  ok: false,
  refusal: refusal(reason, details),
});
