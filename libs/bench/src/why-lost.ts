import { type ServiceError, status as codes } from '@grpc/grpc-js';
import { REFUSAL_ACTIONS } from '@syncline/client';
import type { Reason } from '@syncline/core';
import { reasonFromProto } from '@syncline/wire';
import { refusalOfCall } from '@syncline/wire/grpc';
import { Refused } from './session';

/** What the end of a session means for whoever uses the device. */
export interface Loss {
  /** Connecting again does not help: a person has to know. */
  readonly isError: boolean;
  /** As the server asked. */
  readonly retryAfterMs: number | null;
}

/** Of ends that say nothing more, these alone are not mended by connecting again. */
const FINAL_CODES: readonly number[] = [
  codes.UNAUTHENTICATED,
  codes.PERMISSION_DENIED,
  codes.UNIMPLEMENTED,
  codes.RESOURCE_EXHAUSTED,
];

export function lossOf(why: Error): Loss {
  if (why instanceof Refused) {
    const retryAfterMs = 'retryAfterMs' in why.told ? (why.told.retryAfterMs ?? null) : null;
    return { isError: isError(reasonFromProto(why.told.reason)), retryAfterMs };
  }
  if (!isServiceError(why)) return { isError: false, retryAfterMs: null };
  const refusal = refusalOfCall(why);
  return refusal === null
    ? { isError: FINAL_CODES.includes(why.code), retryAfterMs: null }
    : { isError: isError(refusal.reason), retryAfterMs: refusal.retryAfterMs };
}

/** As our own client sees it. */
function isError(reason: Reason | null): boolean {
  const action = reason === null ? 'tell' : REFUSAL_ACTIONS[reason];
  return action !== 'wait' && action !== 'reconnect';
}

const isServiceError = (why: Error): why is ServiceError => 'code' in why && 'metadata' in why;
