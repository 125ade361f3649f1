import type { ConflictKind } from '../outcomes';
import type { DataType } from '../data-types';
import type { Kept, Stamp } from '../records';

/** One side of a conflict, whole: a patch has been applied to what its device saw. */
export interface Side extends Stamp {
  readonly deleted: boolean;
  /** Null exactly when deleted. */
  readonly payload: Uint8Array | null;
  readonly meta: Uint8Array | null;
  readonly kept?: Kept;
  /** The payload is operations of this data type: what they make of the record is not known. */
  readonly operations?: string;
}

/** What the user had in view before the change; null when that is no longer known. */
export interface Seen {
  readonly deleted: boolean;
  readonly payload: Uint8Array | null;
  /** Left out for the newest. */
  readonly schemaVersion?: number;
}

export interface Conflict<Rule> {
  readonly kind: Exclude<ConflictKind, 'SCHEMA'>;
  readonly base: Seen | null;
  readonly stored: Side;
  readonly incoming: Side;
  readonly rule: Rule;
}

/** A change that saw the latest version: no decision, only the policy's bookkeeping. */
export interface CleanWrite<Rule> {
  readonly stored: Side | null;
  readonly incoming: Side;
  readonly rule: Rule;
}

/** What a policy decided, with the reason in one sentence for the ledger. */
export type Resolution =
  | { readonly take: 'incoming'; readonly why: string }
  | { readonly take: 'stored'; readonly why: string }
  | {
      readonly take: 'merged';
      readonly payload: Uint8Array;
      readonly meta: Uint8Array | null;
      /** Fields that still wait for a person; the conflict stays open when there are any. */
      readonly asked: readonly string[];
      readonly why: string;
    }
  /** Each stays as one of several contents; for policies that keep siblings. */
  | { readonly take: 'both'; readonly why: string }
  | {
      readonly take: 'neither';
      /** Who decides next: the tenant's resolver, or, left out, a person. */
      readonly waitsFor?: 'resolver';
      readonly why: string;
    };

export interface RuleProblem {
  readonly field: string;
  readonly description: string;
}

export type ParsedRule<Rule> =
  | { readonly ok: true; readonly rule: Rule }
  | { readonly ok: false; readonly problems: readonly RuleProblem[] };

/**
 * A conflict policy: pure, deterministic, and never changing what it is given. Laws over the whole registry
 * hold it to that.
 */
export interface Policy<Rule = unknown> {
  readonly name: string;
  /** It reads payloads, so it cannot serve an encrypted collection, and payloads must be JSON objects. */
  readonly readsPayload: boolean;
  /** It wants what the device saw. */
  readonly needsBase: boolean;
  /** Reads a rule as declared, an already parsed JSON value; null stands for an empty rule. */
  parseRule(declared: unknown): ParsedRule<Rule>;
  /** Whether changes made on one base end in the same record in whatever order they arrive. */
  orderFree(rule: Rule): boolean;
  /** The bookkeeping after a clean write; null for none. */
  remember(write: CleanWrite<Rule>): Uint8Array | null;
  resolve(conflict: Conflict<Rule>): Resolution;
  /** The bookkeeping of a record that is brought to another shape; without it, that stays as it is. */
  carry?(record: Side, payload: Uint8Array): Uint8Array | null;
  /** How many contents of a record are kept side by side, where the policy keeps several. */
  siblingsMax?(rule: Rule): number;
  /** The data type whose operations its records take. `resolve` is asked only where operations do not settle it. */
  dataType?(rule: Rule): DataType;
}
