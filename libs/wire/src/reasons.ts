import type { Reason } from '@syncline/core';
import type { Advice } from '@syncline/proto';
import { ErrorReason } from '@syncline/proto';

/** The status codes of gRPC. */
export const STATUS_CODES = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

export type StatusCode = keyof typeof STATUS_CODES;
export type AdviceName = Exclude<keyof typeof Advice, 'UNSPECIFIED'>;

interface Mapping {
  readonly code: StatusCode;
  readonly advice: AdviceName;
}

/** How each reason travels as a status, and what it tells a caller to do who does not know the reason. */
export const REASON_TABLE: Readonly<Record<Reason, Mapping>> = {
  INVALID_ARGUMENT: { code: 'INVALID_ARGUMENT', advice: 'CORRECT' },
  INVALID_ID: { code: 'INVALID_ARGUMENT', advice: 'CORRECT' },
  INVALID_PAYLOAD: { code: 'INVALID_ARGUMENT', advice: 'CORRECT' },
  INVALID_SCOPE: { code: 'INVALID_ARGUMENT', advice: 'CORRECT' },
  INVALID_CURSOR: { code: 'INVALID_ARGUMENT', advice: 'START_OVER' },
  INVALID_SYNC_STATE: { code: 'FAILED_PRECONDITION', advice: 'START_OVER' },
  CURSOR_TOO_OLD: { code: 'OUT_OF_RANGE', advice: 'START_OVER' },
  EPOCH_CHANGED: { code: 'FAILED_PRECONDITION', advice: 'RENUMBER' },
  SCOPE_CHANGED: { code: 'FAILED_PRECONDITION', advice: 'START_OVER' },
  ACCESS_CHANGED: { code: 'FAILED_PRECONDITION', advice: 'START_OVER' },
  WRONG_ORDER: { code: 'FAILED_PRECONDITION', advice: 'CORRECT' },
  WRONG_MODE: { code: 'FAILED_PRECONDITION', advice: 'CORRECT' },
  UNKNOWN_MESSAGE: { code: 'INVALID_ARGUMENT', advice: 'UPGRADE' },
  NOT_SUBSCRIBED: { code: 'FAILED_PRECONDITION', advice: 'CORRECT' },
  ALREADY_SUBSCRIBED: { code: 'FAILED_PRECONDITION', advice: 'CORRECT' },
  VERSION_MISMATCH: { code: 'FAILED_PRECONDITION', advice: 'UPGRADE' },
  CAPABILITY_REQUIRED: { code: 'FAILED_PRECONDITION', advice: 'CORRECT' },
  CHANGE_NUMBER_GAP: { code: 'FAILED_PRECONDITION', advice: 'CORRECT' },
  CHANGE_NUMBER_REUSED: { code: 'ALREADY_EXISTS', advice: 'RENUMBER' },
  BASE_VERSION_UNKNOWN: { code: 'FAILED_PRECONDITION', advice: 'CORRECT' },
  RECORD_NOT_FOUND: { code: 'NOT_FOUND', advice: 'CORRECT' },
  COLLECTION_RESERVED: { code: 'PERMISSION_DENIED', advice: 'CORRECT' },
  COLLECTION_NOT_FOUND: { code: 'NOT_FOUND', advice: 'CORRECT' },
  UNSUPPORTED_CHANGE: { code: 'FAILED_PRECONDITION', advice: 'CORRECT' },
  SCHEMA_MISMATCH: { code: 'FAILED_PRECONDITION', advice: 'UPGRADE' },
  DEPENDENCY_MISSING: { code: 'FAILED_PRECONDITION', advice: 'RETRY' },
  POLICY_INVALID: { code: 'INVALID_ARGUMENT', advice: 'CORRECT' },
  CONFLICT_NOT_FOUND: { code: 'NOT_FOUND', advice: 'CORRECT' },
  CONFLICT_STATE: { code: 'FAILED_PRECONDITION', advice: 'CORRECT' },
  SYNC_CONFLICT: { code: 'ABORTED', advice: 'CORRECT' },
  CHANGED_MEANWHILE: { code: 'ABORTED', advice: 'CORRECT' },
  ALREADY_EXISTS: { code: 'ALREADY_EXISTS', advice: 'CORRECT' },
  VERSION_NOT_FOUND: { code: 'OUT_OF_RANGE', advice: 'STOP' },
  MESSAGE_TOO_LARGE: { code: 'RESOURCE_EXHAUSTED', advice: 'CORRECT' },
  RECORD_TOO_LARGE: { code: 'RESOURCE_EXHAUSTED', advice: 'CORRECT' },
  PUSH_TOO_LARGE: { code: 'RESOURCE_EXHAUSTED', advice: 'CORRECT' },
  RATE_LIMITED: { code: 'RESOURCE_EXHAUSTED', advice: 'RETRY' },
  TOO_MANY_SESSIONS: { code: 'RESOURCE_EXHAUSTED', advice: 'RETRY' },
  TOO_MANY_SUBSCRIPTIONS: { code: 'RESOURCE_EXHAUSTED', advice: 'CORRECT' },
  QUOTA_EXCEEDED: { code: 'RESOURCE_EXHAUSTED', advice: 'STOP' },
  UNAUTHENTICATED: { code: 'UNAUTHENTICATED', advice: 'AUTHENTICATE' },
  AUTH_EXPIRED: { code: 'UNAUTHENTICATED', advice: 'AUTHENTICATE' },
  PERMISSION_DENIED: { code: 'PERMISSION_DENIED', advice: 'STOP' },
  DEVICE_REVOKED: { code: 'PERMISSION_DENIED', advice: 'STOP' },
  DEVICE_OF_OTHER_USER: { code: 'PERMISSION_DENIED', advice: 'STOP' },
  DEVICE_NOT_FOUND: { code: 'NOT_FOUND', advice: 'CORRECT' },
  PAIRING_CODE_INVALID: { code: 'PERMISSION_DENIED', advice: 'CORRECT' },
  TENANT_NOT_FOUND: { code: 'NOT_FOUND', advice: 'STOP' },
  TENANT_SUSPENDED: { code: 'PERMISSION_DENIED', advice: 'STOP' },
  SPACE_NOT_FOUND: { code: 'NOT_FOUND', advice: 'STOP' },
  MEMBER_NOT_FOUND: { code: 'NOT_FOUND', advice: 'CORRECT' },
  KEY_NOT_FOUND: { code: 'NOT_FOUND', advice: 'CORRECT' },
  KEY_GENERATION_OLD: { code: 'FAILED_PRECONDITION', advice: 'CORRECT' },
  ARTIFACT_NOT_FOUND: { code: 'NOT_FOUND', advice: 'CORRECT' },
  ARTIFACT_TOO_LARGE: { code: 'RESOURCE_EXHAUSTED', advice: 'CORRECT' },
  ARTIFACT_INCOMPLETE: { code: 'FAILED_PRECONDITION', advice: 'CORRECT' },
  ARTIFACT_IN_USE: { code: 'FAILED_PRECONDITION', advice: 'CORRECT' },
  CORRUPTION: { code: 'DATA_LOSS', advice: 'RETRY' },
  SLOW_CONSUMER: { code: 'RESOURCE_EXHAUSTED', advice: 'RECONNECT' },
  DRAINING: { code: 'UNAVAILABLE', advice: 'RECONNECT' },
  DEADLINE_EXCEEDED: { code: 'DEADLINE_EXCEEDED', advice: 'RETRY' },
  UNAVAILABLE: { code: 'UNAVAILABLE', advice: 'RETRY' },
  INTERNAL: { code: 'INTERNAL', advice: 'RETRY' },
};

export function reasonToProto(reason: Reason): ErrorReason {
  return ErrorReason[reason];
}

const reasons: ReadonlyMap<number, Reason> = new Map(
  (Object.keys(REASON_TABLE) as Reason[]).map((reason) => [ErrorReason[reason], reason]),
);

/** Null for a reason that is newer than this code. */
export function reasonFromProto(proto: number): Reason | null {
  return reasons.get(proto) ?? null;
}

export function isReason(name: string): name is Reason {
  return Object.hasOwn(REASON_TABLE, name);
}

/** In place of a reason that is not known here: one that makes the caller do what the advice says. */
const REASON_OF_ADVICE: Readonly<Record<AdviceName, Reason>> = {
  RETRY: 'UNAVAILABLE',
  CORRECT: 'INVALID_ARGUMENT',
  AUTHENTICATE: 'AUTH_EXPIRED',
  START_OVER: 'INVALID_SYNC_STATE',
  RENUMBER: 'CHANGE_NUMBER_REUSED',
  UPGRADE: 'VERSION_MISMATCH',
  RECONNECT: 'DRAINING',
  STOP: 'PERMISSION_DENIED',
};

export function reasonByAdvice(advice: string | undefined): Reason {
  return advice !== undefined && Object.hasOwn(REASON_OF_ADVICE, advice)
    ? REASON_OF_ADVICE[advice as AdviceName]
    : REASON_OF_ADVICE.STOP;
}
