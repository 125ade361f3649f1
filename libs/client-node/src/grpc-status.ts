import { type StatusObject, status as codes } from '@grpc/grpc-js';
import type { Refusal } from '@syncline/core';
import { statusFromBytes, statusToRefusal } from '@syncline/wire';

const DETAILS = 'grpc-status-details-bin';

/** Without details it was gRPC or a proxy that spoke: of that, these codes alone say that trying again is no use. */
const MEANT_FOR_THE_CALLER: readonly number[] = [
  codes.UNAUTHENTICATED,
  codes.PERMISSION_DENIED,
  codes.UNIMPLEMENTED,
  codes.RESOURCE_EXHAUSTED,
];

type Ended = Pick<StatusObject, 'code' | 'details' | 'metadata'>;

export function refusalOf({ code, details: message, metadata }: Ended): Refusal {
  const [details] = metadata.get(DETAILS);
  return statusToRefusal(
    details instanceof Buffer
      ? statusFromBytes(details, code, message)
      : { code, message: message, details: [] },
  );
}

/** Why a stream ended; null where it just broke, or where the server was done. */
export function reasonOfEnd(status: Ended): Refusal | null {
  if (status.code === codes.OK) return null;
  const told = status.metadata.get(DETAILS).length > 0 || MEANT_FOR_THE_CALLER.includes(status.code);
  return told ? refusalOf(status) : null;
}
