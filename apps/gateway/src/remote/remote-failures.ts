import { Metadata, type ServiceError } from '@grpc/grpc-js';
import { type Refusal, refusal } from '@syncline/core';
import { statusFromBytes, statusToRefusal } from '@syncline/wire';

const DETAILS = 'grpc-status-details-bin';

/**
 * What a failed call says to a device. A refusal of the other service comes through as it is; anything else is told by
 * its code alone, as the words of a transport name addresses.
 */
export function refusalOf(error: unknown, retryAfterMs: number): Refusal {
  const { code, details, metadata } = serviceError(error);
  const [bytes] = metadata.get(DETAILS);
  if (bytes instanceof Uint8Array) return statusToRefusal(statusFromBytes(bytes, code, details));
  const { reason } = statusToRefusal({ code, message: '', details: [] });
  const helps = reason === 'UNAVAILABLE' || reason === 'DEADLINE_EXCEEDED' || reason === 'RATE_LIMITED';
  return refusal(reason, helps ? { retryAfterMs } : {});
}

const UNKNOWN = 2;

function serviceError(error: unknown): Pick<ServiceError, 'code' | 'details' | 'metadata'> {
  const { code, details, metadata } = (error ?? {}) as Partial<ServiceError>;
  return { code: code ?? UNKNOWN, details: details ?? '', metadata: metadata ?? new Metadata() };
}
