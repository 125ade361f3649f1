import type { Reason, Refusal } from '@syncline/core';
import { REASON_TABLE, type StatusCode } from '@syncline/wire';

const STATUS_OF_CODE: Readonly<Record<StatusCode, number>> = {
  OK: 200,
  CANCELLED: 499,
  UNKNOWN: 500,
  INVALID_ARGUMENT: 400,
  DEADLINE_EXCEEDED: 504,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  PERMISSION_DENIED: 403,
  RESOURCE_EXHAUSTED: 429,
  FAILED_PRECONDITION: 400,
  ABORTED: 409,
  OUT_OF_RANGE: 400,
  UNIMPLEMENTED: 501,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DATA_LOSS: 500,
  UNAUTHENTICATED: 401,
};

/** Where HTTP knows better what is meant than the status code does. */
const STATUS_OF_REASON: ReadonlyMap<Reason, number> = new Map<Reason, number>([
  ['MESSAGE_TOO_LARGE', 413],
  ['RECORD_TOO_LARGE', 413],
  ['PUSH_TOO_LARGE', 413],
  ['ARTIFACT_TOO_LARGE', 413],
  ['QUOTA_EXCEEDED', 507],
]);

export function httpStatus(reason: Reason): number {
  return STATUS_OF_REASON.get(reason) ?? STATUS_OF_CODE[REASON_TABLE[reason].code];
}

/** What of a refusal belongs in headers. */
export function refusalHeaders({ reason, retryAfterMs }: Refusal): Record<string, string> {
  const headers: Record<string, string> = {};
  if (retryAfterMs !== null) headers['retry-after'] = String(Math.ceil(retryAfterMs / 1_000));
  if (REASON_TABLE[reason].code === 'UNAUTHENTICATED')
    headers['www-authenticate'] = `Bearer realm="syncline", error="invalid_token"`;
  return headers;
}
