import {
  type ConflictRef,
  LEDGER_ID_BYTES_MAX,
  type Outcome,
  type OutcomesMessage,
  type RecordId,
  type SpaceId,
} from '@syncline/core';
import { type ConflictReference, ErrorReason, Outcome as ProtoOutcome, type Outcomes } from '@syncline/proto';
import { uint64 } from './encoding';
import { kinds, states, statuses } from './outcome-codes';
import { each, idIn, inside, type Place, whole } from './place';
import { reasonFromProto, reasonToProto } from './reasons';
import { recordFromProto, recordToProto } from './records';

export function outcomesToProto({ space, outcomes }: Omit<OutcomesMessage, 'kind'>): Outcomes {
  return { space, outcomes: outcomes.map(outcomeToProto), head: 0 };
}

export function outcomesFromProto(proto: Outcomes, at: Place): OutcomesMessage {
  return {
    kind: 'outcomes',
    space: idIn<SpaceId>(at, 'space', proto.space),
    outcomes: each(at, 'outcomes', proto.outcomes, outcomeFromProto),
  };
}

export function outcomeToProto(outcome: Outcome): ProtoOutcome {
  const { number, status, version, conflict, record, reason, message, aheadMs, repeated } = outcome;
  const { violations = [] } = outcome;
  return {
    ...ProtoOutcome.create(),
    number,
    status: statuses.code(status),
    version,
    conflict: conflict === null ? undefined : conflictToProto(conflict),
    record: record === null ? undefined : recordToProto(record),
    reason: reason === null ? ErrorReason.UNSPECIFIED : reasonToProto(reason),
    message,
    aheadMs: uint64(aheadMs),
    answeredBefore: repeated,
    violations: violations.map(({ field, description }) => ({ field, description })),
  };
}

export function outcomeFromProto(proto: ProtoOutcome, at: Place): Outcome {
  const { conflict, record, reason, violations } = proto;
  return {
    number: whole(at, 'number', proto.number),
    status: statuses.nameIn(at, 'status', proto.status),
    version: whole(at, 'version', proto.version),
    conflict: conflict === undefined ? null : conflictFromProto(conflict, inside(at, 'conflict')),
    record: record === undefined ? null : recordFromProto(record, inside(at, 'record')),
    // A newer reason still says that something about the change was not right.
    reason: reason === ErrorReason.UNSPECIFIED ? null : (reasonFromProto(reason) ?? 'INVALID_ARGUMENT'),
    message: proto.message,
    ...(violations.length > 0 && {
      violations: violations.map(({ field, description }) => ({ field, description })),
    }),
    aheadMs: whole(at, 'ahead_ms', proto.aheadMs),
    repeated: proto.answeredBefore,
  };
}

function conflictToProto({ id, kind, state }: ConflictRef): ConflictReference {
  return { id, kind: kinds.code(kind), state: states.code(state) };
}

function conflictFromProto({ id, kind, state }: ConflictReference, at: Place): ConflictRef {
  return {
    id: idIn<RecordId>(at, 'id', id, LEDGER_ID_BYTES_MAX),
    kind: kinds.nameIn(at, 'kind', kind),
    state: states.nameIn(at, 'state', state),
  };
}
