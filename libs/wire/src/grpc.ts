import { Metadata, type ServerErrorResponse, type StatusObject } from '@grpc/grpc-js';
import type { Refusal } from '@syncline/core';
import { refusalToStatus, statusFromBytes, statusToBytes, statusToRefusal } from './status';

const DETAILS = 'grpc-status-details-bin';

/** The end of a call that is refused, with everything that a client can branch on. */
export function refusedCall(refusal: Refusal): ServerErrorResponse & { readonly metadata: Metadata } {
  const status = refusalToStatus(refusal);
  const metadata = new Metadata();
  metadata.set(DETAILS, Buffer.from(statusToBytes(status)));
  return {
    name: refusal.reason,
    message: status.message,
    code: status.code,
    details: status.message,
    metadata,
  };
}

/** What the end of a call says; null where it has no details, as then gRPC or a proxy spoke and no service of ours. */
export function refusalOfCall({ code, details: message, metadata }: CallEnd): Refusal | null {
  const [details] = metadata.get(DETAILS);
  return details instanceof Uint8Array ? statusToRefusal(statusFromBytes(details, code, message)) : null;
}

export type CallEnd = Pick<StatusObject, 'code' | 'details' | 'metadata'>;
