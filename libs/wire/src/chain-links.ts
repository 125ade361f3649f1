import type { ChainLink, HistoryAction, OutcomeStatus } from '@syncline/core';
import {
  ChainLink as ProtoLink,
  HistoryAction as ProtoAction,
  OutcomeStatus as ProtoStatus,
} from '@syncline/proto';
import { codes } from './codes';
import { encode, uint32 } from './encoding';
import { NO_BYTES } from './place';

export const actions = codes<HistoryAction, ProtoAction>({
  create: ProtoAction.CREATE,
  update: ProtoAction.UPDATE,
  delete: ProtoAction.DELETE,
  resolve: ProtoAction.RESOLVE,
  restore: ProtoAction.RESTORE,
});

export const versionStatuses = codes<OutcomeStatus, ProtoStatus>({
  APPLIED: ProtoStatus.APPLIED,
  MERGED: ProtoStatus.MERGED,
  LOST: ProtoStatus.LOST,
  HELD: ProtoStatus.HELD,
  REJECTED: ProtoStatus.REJECTED,
});

/** What the hash chain is computed over. The same link is the same bytes, for good. */
export function chainLinkToBytes(link: ChainLink): Uint8Array {
  return encode(ProtoLink, {
    version: link.version,
    collection: link.collection,
    id: link.id,
    action: actions.code(link.action),
    contentSha256: link.contentSha256,
    device: link.device,
    number: link.number,
    user: link.user,
    time: link.time,
    committedAtMs: link.committedAtMs,
    previousVersion: link.previousVersion,
    conflictId: link.conflict ?? '',
    deleted: link.deleted,
    baseVersion: link.baseVersion,
    schemaVersion: uint32(link.schemaVersion),
    status: link.status === null ? ProtoStatus.UNSPECIFIED : versionStatuses.code(link.status),
    policy: link.policy,
    rulesVersion: uint32(link.rulesVersion),
    traceparent: link.trace,
    incomingSha256: link.incomingSha256 ?? NO_BYTES,
    incomingDeleted: link.incomingDeleted,
  });
}
