import type { Stamp } from '../../records';
import { compareWrites, writeOf } from '../order';
import type { RuleReader } from '../rule-reader';

/** The text of a field's value; null where the record has no such field. */
export type FieldText = string | null;

/** When the elements of a list were written last: one stamp for all, and those of the exceptions. */
export interface ElementStamps {
  readonly all: Stamp;
  readonly own: ReadonlyMap<string, Stamp>;
}

/** A field that both sides changed since the base, perhaps to the same text. */
export interface FieldConflict {
  /** Undefined where it is not known what the device saw. */
  readonly base: FieldText | undefined;
  readonly stored: FieldText;
  readonly incoming: FieldText;
  readonly storedStamp: Stamp;
  readonly incomingStamp: Stamp;
  readonly elements: ElementStamps | null;
  readonly windowMs: number;
}

export type FieldResult =
  | { readonly take: 'stored' }
  | { readonly take: 'incoming' }
  /** Both wrote the same text, the device later. */
  | { readonly take: 'restamped' }
  | { readonly take: 'merged'; readonly text: string; readonly elements: ElementStamps | null }
  | { readonly take: 'asked' };

/** A way to merge one field: its file, and one line in the registry. */
export interface FieldRuleKind<Options extends object = object> {
  /** Whether changes made on one base end in the same value in whatever order they arrive. */
  readonly orderFree: boolean;
  readOptions(reader: RuleReader): Options;
  merge(conflict: FieldConflict, options: Options): FieldResult;
  /** The stamps after one write that changed the whole field; only for kinds that stamp elements. */
  stampElements?(
    before: FieldText,
    after: FieldText,
    stamps: ElementStamps,
    stamp: Stamp,
    options: Options,
  ): ElementStamps | null;
}

export type NoOptions = Readonly<Record<never, never>>;

export const TAKE_STORED: FieldResult = { take: 'stored' };
export const TAKE_INCOMING: FieldResult = { take: 'incoming' };

export function takeLaterField(conflict: FieldConflict): FieldResult {
  const { stored, incoming, windowMs } = conflict;
  const byOrder = compareWrites(
    writeOf(conflict.incomingStamp, incoming === null),
    writeOf(conflict.storedStamp, stored === null),
    windowMs,
  );
  if (byOrder <= 0) return TAKE_STORED;
  return stored === incoming ? { take: 'restamped' } : TAKE_INCOMING;
}

/**
 * For kinds that combine values of one shape. A value of another shape, or none, replaces what was combined,
 * whenever it was written, and among such values the later one stands: the only choice that does not depend
 * on the order of arrival, since a combination does not tell how late each of its parts was.
 */
export function combineShaped<Shape>(
  conflict: FieldConflict,
  shapeOf: (text: string) => Shape | null,
  combine: (base: Shape | null, stored: Shape, incoming: Shape) => FieldResult,
): FieldResult {
  const { base, stored, incoming } = conflict;
  const baseShape = typeof base === 'string' ? shapeOf(base) : null;
  if (typeof base === 'string' && baseShape === null) return takeLaterField(conflict);
  const storedShape = stored === null ? null : shapeOf(stored);
  const incomingShape = incoming === null ? null : shapeOf(incoming);
  if (storedShape !== null && incomingShape !== null) return combine(baseShape, storedShape, incomingShape);
  if (storedShape !== null) return TAKE_INCOMING;
  return incomingShape === null ? takeLaterField(conflict) : TAKE_STORED;
}
