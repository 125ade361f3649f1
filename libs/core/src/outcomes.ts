import type { Hash64 } from './hash';
import type { ChangeNumber, DeviceId, RecordId, Version } from './ids';
import { contentBytes, type RecordImage } from './records';
import type { Reason, Refusal, Violation } from './refusals';

export const CONFLICT_KINDS = [
  'UPDATE_UPDATE',
  'UPDATE_DELETE',
  'DELETE_UPDATE',
  'CREATE_CREATE',
  'SCHEMA',
] as const;
/** The device's act first, then what it met on the server. */
export type ConflictKind = (typeof CONFLICT_KINDS)[number];

export type ConflictState = 'resolved' | 'open' | 'reopened';

export interface ConflictRef {
  /** The id of the ledger record. */
  readonly id: RecordId;
  readonly kind: ConflictKind;
  readonly state: ConflictState;
}

/**
 * APPLIED: stored as sent. MERGED: stored in part or combined. LOST: the other side stands.
 * HELD: nothing is decided yet, the conflict is open. REJECTED: not possible at all; its number is used up.
 */
export type OutcomeStatus = 'APPLIED' | 'MERGED' | 'LOST' | 'HELD' | 'REJECTED';

/** The server's answer for one change. A conflict is part of an answer, never an error. */
export interface Outcome {
  readonly number: ChangeNumber;
  readonly status: OutcomeStatus;
  /** The version at which a device that holds it has seen everything this outcome speaks of; 0 for none. */
  readonly version: Version;
  readonly conflict: ConflictRef | null;
  /** The record that stands, where it is not what the device sent; null also when that record is deleted. */
  readonly record: RecordImage | null;
  readonly reason: Reason | null;
  readonly message: string;
  /** What is wrong with a rejected change, where that can be told by field; absent for nothing. */
  readonly violations?: readonly Violation[];
  /** How far the change's clock was beyond the limit; 0 when its time was taken as sent. */
  readonly aheadMs: number;
  /** This is an answer given before. */
  readonly repeated: boolean;
}

const OUTCOME_BYTES = 64;

/** A rough size: answers with much in them come in several messages. */
export function outcomeBytes({ record, message, violations = [] }: Outcome): number {
  const told = violations.reduce((sum, { field, description }) => sum + field.length + description.length, 0);
  return OUTCOME_BYTES + message.length + told + (record === null ? 0 : contentBytes(record));
}

/** What is remembered of an outcome, so that a repeated change gets the first answer again. */
export interface Receipt {
  readonly device: DeviceId;
  readonly number: ChangeNumber;
  readonly fingerprint: Hash64;
  /** What it came after and is not rejected; where it was rejected itself, what came after it came after that. */
  readonly after: ChangeNumber;
  readonly status: OutcomeStatus;
  readonly version: Version;
  readonly conflict: ConflictRef | null;
  readonly reason: Reason | null;
  readonly message: string;
  readonly violations?: readonly Violation[];
  readonly aheadMs: number;
  readonly committedAtMs: number;
}

export type PushResult =
  | { readonly kind: 'outcomes'; readonly outcomes: readonly Outcome[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal };
