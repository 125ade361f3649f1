import { Metadata, type ServerErrorResponse } from '@grpc/grpc-js';
import type { Refusal } from '@syncline/core';
import { refusalToStatus, statusToBytes } from '@syncline/wire';

/** The answer of a call that is refused, with everything that a client can branch on. */
export function statusOf(refusal: Refusal): ServerErrorResponse & { readonly metadata: Metadata } {
  const status = refusalToStatus(refusal);
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(statusToBytes(status)));
  return {
    name: refusal.reason,
    message: status.message,
    code: status.code,
    details: status.message,
    metadata,
  };
}
