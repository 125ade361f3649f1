import { status as codes } from '@grpc/grpc-js';
import type { Refusal } from '@syncline/core';
import { statusToRefusal } from '@syncline/wire';
import { type CallEnd, refusalOfCall } from '@syncline/wire/grpc';

/** Without details it was gRPC or a proxy that spoke: of that, these codes alone say that trying again is no use. */
const MEANT_FOR_THE_CALLER: readonly number[] = [
  codes.UNAUTHENTICATED,
  codes.PERMISSION_DENIED,
  codes.UNIMPLEMENTED,
  codes.RESOURCE_EXHAUSTED,
];

export function refusalOf(end: CallEnd): Refusal {
  return refusalOfCall(end) ?? statusToRefusal({ code: end.code, message: end.details, details: [] });
}

/** Why a stream ended; null where it just broke, or where the server was done. */
export function reasonOfEnd(end: CallEnd): Refusal | null {
  if (end.code === codes.OK) return null;
  const told = refusalOfCall(end);
  return told ?? (MEANT_FOR_THE_CALLER.includes(end.code) ? refusalOf(end) : null);
}
