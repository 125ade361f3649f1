/** Schema versions of a collection as declared: plain data, stored with its rules. */
export interface SchemaDeclaration {
  /** The newest version; 0 for none. */
  readonly current: number;
  /** The oldest version that is still taken and given. */
  readonly oldest: number;
  /**
   * Without gaps, up to `current`. They may begin below `oldest`, for records that were stored before it was raised:
   * these are converted, while devices that still speak those versions are not served.
   */
  readonly steps: readonly SchemaStep[];
}

/** How a payload is brought from one version to the next and back. */
export interface SchemaStep {
  readonly toVersion: number;
  readonly up: readonly SchemaOperation[];
  /** Empty when it follows from `up`: in reverse, each turned around. */
  readonly down: readonly SchemaOperation[];
}

/**
 * One thing that is done to a payload. Fields are named by path: names with `/` between, `~1` for `/` and `~0` for
 * `~`. Values are the text of JSON, so that no number is spelled anew.
 */
export type SchemaOperation =
  /** Gives a field another name where it is. */
  | { readonly kind: 'rename'; readonly field: string; readonly to: string }
  /** Gives a field that is missing a value, unless the object is missing that it would be in. */
  | { readonly kind: 'default'; readonly field: string; readonly value: string }
  /** Objects on the way are made where they are missing, and go when the last field is moved out of them. */
  | { readonly kind: 'move'; readonly field: string; readonly to: string }
  /** The last of the fields gets all that is left; those that nothing is left for are not made. */
  | {
      readonly kind: 'split';
      readonly field: string;
      readonly separator: string;
      readonly into: readonly string[];
    }
  /** Fields that are missing or null count as empty, and at the end as not there. */
  | {
      readonly kind: 'join';
      readonly fields: readonly string[];
      readonly separator: string;
      readonly into: string;
    }
  /** `values` is for `mapped`: pairs of an old and a new value. */
  | {
      readonly kind: 'convert';
      readonly field: string;
      readonly to: ConvertTo;
      readonly values: readonly (readonly [before: string, after: string])[];
    }
  | { readonly kind: 'remove'; readonly field: string };

export type ConvertTo = 'string' | 'number' | 'boolean' | 'array' | 'time-ms' | 'time-iso' | 'mapped';

export const SCHEMA_VERSION_MAX = 0xffff_ffff;
export const SCHEMA_STEPS_MAX = 100;
/** All together, as JSON: they are loaded with every batch that writes the collection. */
export const SCHEMA_STEPS_BYTES_MAX = 65_536;
/** Up and down, of all steps together. */
export const SCHEMA_OPERATIONS_MAX = 500;
export const SCHEMA_PATH_NAMES_MAX = 8;
export const SCHEMA_PATH_LENGTH_MAX = 1_000;
export const SCHEMA_PARTS_MAX = 16;
export const SCHEMA_SEPARATOR_LENGTH_MAX = 100;
export const SCHEMA_VALUE_LENGTH_MAX = 16_384;
export const SCHEMA_MAPPED_VALUES_MAX = 1_000;
