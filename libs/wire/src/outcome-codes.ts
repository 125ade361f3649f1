import type { ConflictKind, ConflictState, OutcomeStatus } from '@syncline/core';
import {
  ConflictKind as ProtoKind,
  ConflictState as ProtoState,
  OutcomeStatus as ProtoStatus,
} from '@syncline/proto';
import { codes } from './codes';

export const statuses = codes<OutcomeStatus, ProtoStatus>({
  APPLIED: ProtoStatus.APPLIED,
  MERGED: ProtoStatus.MERGED,
  LOST: ProtoStatus.LOST,
  HELD: ProtoStatus.HELD,
  REJECTED: ProtoStatus.REJECTED,
});

export const kinds = codes<ConflictKind, ProtoKind>({
  UPDATE_UPDATE: ProtoKind.UPDATE_UPDATE,
  UPDATE_DELETE: ProtoKind.UPDATE_DELETE,
  DELETE_UPDATE: ProtoKind.DELETE_UPDATE,
  CREATE_CREATE: ProtoKind.CREATE_CREATE,
  SCHEMA: ProtoKind.SCHEMA,
});

export const states = codes<ConflictState, ProtoState>({
  open: ProtoState.OPEN,
  resolved: ProtoState.RESOLVED,
  reopened: ProtoState.REOPENED,
});
