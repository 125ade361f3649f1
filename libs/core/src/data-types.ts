import type { Reason } from './refusals';

/** Bytes from outside that an engine cannot take. The detail says why, in words that the reason's sentence follows. */
export interface Untaken {
  readonly ok: false;
  readonly reason: Extract<Reason, 'INVALID_PAYLOAD' | 'DEPENDENCY_MISSING' | 'RECORD_TOO_LARGE'>;
  readonly detail: string;
}

export type CrdtMerge =
  | {
      readonly ok: true;
      /** Everything that was merged so far, in the engine's own encoding; itself an update. */
      readonly state: Uint8Array;
      /** What a reader without the engine sees: one JSON object, in canonical form. */
      readonly view: Uint8Array;
    }
  | Untaken;

/**
 * A data type whose updates can be merged in any order. Pure and deterministic, and never changing what it is given.
 * Updates may come from anyone: whatever they hold, an engine answers in bounded time and never throws.
 * States come only from `merge`.
 *
 * Where all updates are taken, the same ones give the same view, in any order and however often they come. An update
 * that builds on one which has not come is refused with DEPENDENCY_MISSING and leaves no trace, so it can be sent again.
 * An update that brings nothing new gives back the very state it met, byte for byte.
 */
export interface CrdtEngine {
  /** By which rules and changes name it. */
  readonly name: string;
  /** With null for a record that has no state yet. Content that was deleted does not stay where the engine can drop it. */
  merge(state: Uint8Array | null, update: Uint8Array): CrdtMerge;
  /** How many bytes written out would take as long to merge with; left out where the bytes of a state tell. */
  weight?(state: Uint8Array): number;
}

/** Where an operation stands to the one that it is transformed over: the server committed that earlier, or later. */
export type OtPlace = 'later' | 'earlier';

export type OtSnapshot = { readonly ok: true; readonly snapshot: Uint8Array } | Untaken;
export type OtOperation = { readonly ok: true; readonly operation: Uint8Array } | Untaken;
/** With the number of places where only one of the two can stand: for each, both are gone through once more. */
export type OtTransformed = OtOperation & { readonly collisions: number };

/**
 * A data type whose operations are written against one snapshot and transformed over those that came between. Pure and
 * deterministic; snapshots and operations are JSON, and come out in canonical form, so equal content has equal bytes.
 * Payloads and operations may come from anyone: the answer comes in bounded time, and nothing throws.
 *
 * The order in which the server commits is the one total order: transforming is not free of it. Of two operations on
 * one snapshot, applying the earlier and then the later one transformed gives what a device gets that applies the later
 * one first and then the earlier one transformed. Where only one of two values can stand, the later one's does.
 */
export interface OtType {
  /** By which rules and changes name it. */
  readonly name: string;
  /** How long it takes to go once through two operations of together so many bytes, in steps of some ten microseconds. */
  effort(bytes: number): number;
  /** The snapshot that a payload from outside stands for. */
  start(payload: Uint8Array): OtSnapshot;
  /** An operation from outside, as far as it can be judged without its snapshot. */
  check(operation: Uint8Array): OtOperation;
  /** Takes an operation that `check` or `transform` returned. */
  apply(snapshot: Uint8Array, operation: Uint8Array): OtSnapshot;
  /** Both operations fit the same snapshot; what comes out fits the one behind `over`. It ends at one collision too many. */
  transform(operation: Uint8Array, over: Uint8Array, place: OtPlace, collisionsMax: number): OtTransformed;
  /** One operation that does what both do, where it is not more than one may hold. `next` fits what `first` leaves. */
  compose(first: Uint8Array, next: Uint8Array): OtOperation;
}

/** What records of a collection are made of, where they change by operations. */
export type DataType =
  | { readonly kind: 'crdt'; readonly engine: CrdtEngine }
  | {
      readonly kind: 'operational-transform';
      readonly type: OtType;
      /** What becomes of an operation where it is no longer known what came since the version that it was made on. */
      readonly late: LateOperations;
    };

/** A person decides; what is stored stands; it is applied to what is stored as it came. */
export const LATE_OPERATIONS = ['ask', 'stored', 'apply'] as const;
export type LateOperations = (typeof LATE_OPERATIONS)[number];

/** By which changes name the data type. */
export function dataTypeName(data: DataType): string {
  return data.kind === 'crdt' ? data.engine.name : data.type.name;
}
