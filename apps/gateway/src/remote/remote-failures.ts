import { Metadata } from '@grpc/grpc-js';
import { type Refusal, refusal } from '@syncline/core';
import { statusToRefusal } from '@syncline/wire';
import { type CallEnd, refusalOfCall } from '@syncline/wire/grpc';

/**
 * What a failed call says to a device. A refusal of the other service comes through as it is; anything else is told by
 * its code alone, as the words of a transport name addresses.
 */
export function refusalOf(error: unknown, retryAfterMs: number): Refusal {
  const end = endOf(error);
  const told = refusalOfCall(end);
  if (told !== null) return told;
  const { reason } = statusToRefusal({ code: end.code, message: '', details: [] });
  const helps = reason === 'UNAVAILABLE' || reason === 'DEADLINE_EXCEEDED' || reason === 'RATE_LIMITED';
  return refusal(reason, helps ? { retryAfterMs } : {});
}

const UNKNOWN = 2;

function endOf(error: unknown): CallEnd {
  const { code, details, metadata } = (error ?? {}) as Partial<CallEnd>;
  return { code: code ?? UNKNOWN, details: details ?? '', metadata: metadata ?? new Metadata() };
}
