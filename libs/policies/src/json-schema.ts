import { jsonOf, type RulesProblem, type Violation } from '@syncline/core';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020';
import { RE2JS } from 're2js';
import { wellFormed } from './canonical-json';
import { JSON_SCHEMA_BYTES_MAX, measureSchema, type SchemaMeasure } from './json-schema-measure';

/** What of a payload is against a JSON Schema, as far as there is room to tell; empty for one that fulfils it. */
export type JsonSchemaCheck = (payload: Uint8Array) => readonly Violation[];

export type JsonSchema =
  | { readonly ok: true; readonly check: JsonSchemaCheck }
  | { readonly ok: false; readonly problems: readonly RulesProblem[] };

const VIOLATIONS_MAX = 100;
/** One keyword looking at one byte, at worst. Beyond it a payload is not checked but refused. */
const WORK_MAX = 200_000_000;
const PATTERN_WORK_MAX = 2_000_000;
/** Beyond it the first violation is told, and not all that there are. */
const ALL_WORK_MAX = 2_000_000;

/**
 * Reads a JSON Schema of draft 2020-12 as a tenant declared it. `format` says something to people and is not checked.
 * Patterns are RE2's, which take time in proportion to the text; so what RE2 lacks, like looking ahead, is a problem.
 */
export function readJsonSchema(declared: Uint8Array): JsonSchema {
  if (declared.length > JSON_SCHEMA_BYTES_MAX) return wrong(`must be at most ${JSON_SCHEMA_BYTES_MAX} bytes`);
  const text = jsonOf(declared);
  if (text === null) return wrong('must be JSON');
  const schema = JSON.parse(text) as unknown;
  const measure = measureSchema(schema);
  if (!measure.ok) return wrong(measure.problem);
  try {
    const first = compile(schema, false);
    const all = compile(schema, true);
    return { ok: true, check: (payload) => violationsOf(payload, measure, first, all) };
  } catch (cause) {
    return wrong(cause instanceof Error ? cause.message : 'cannot be read');
  }
}

function wrong(description: string): JsonSchema {
  return { ok: false, problems: [{ field: 'json_schema', description }] };
}

/** An instance of its own for each, since it keeps all that it has ever compiled. */
function compile(schema: unknown, allErrors: boolean): ValidateFunction {
  const ajv = new Ajv2020({
    allErrors,
    strict: true,
    strictRequired: false,
    strictTypes: false,
    strictTuples: false,
    validateFormats: false,
    ownProperties: true,
    logger: false,
    code: { regExp: Object.assign(linearPattern, { code: 'RE2JS' }) },
  });
  return ajv.compile(schema as object | boolean);
}

/** Two patterns with the same text are one to Ajv. */
function linearPattern(pattern: string): { test: (text: string) => boolean; toString: () => string } {
  const compiled = RE2JS.compile(pattern);
  return { test: (text) => compiled.matcher(text).find(), toString: () => pattern };
}

function violationsOf(
  payload: Uint8Array,
  { weight, patterns }: SchemaMeasure,
  first: ValidateFunction,
  all: ValidateFunction,
): readonly Violation[] {
  const work = payload.length * weight;
  if (work > WORK_MAX || payload.length * patterns > PATTERN_WORK_MAX)
    return [{ field: '', description: "is too large to be checked against the collection's JSON Schema" }];
  const text = jsonOf(payload);
  if (text === null) return [{ field: '', description: 'must be JSON' }];
  const value = JSON.parse(text) as unknown;
  if (first(value)) return [];
  if (work > ALL_WORK_MAX) return told(first);
  all(value);
  return told(all);
}

function told({ errors }: ValidateFunction): Violation[] {
  return (errors ?? []).slice(0, VIOLATIONS_MAX).map(violation);
}

function violation({ instancePath, message, keyword, params }: ErrorObject): Violation {
  const named = keyword === 'additionalProperties' || keyword === 'unevaluatedProperties';
  const name: unknown = named ? Object.values(params as object)[0] : undefined;
  const which = typeof name === 'string' ? `: ${name}` : '';
  return { field: clipped(instancePath), description: clipped(`${message ?? 'is not allowed'}${which}`) };
}

/** Names of fields are as long as whoever sent the payload likes. */
const TOLD_CHARACTERS_MAX = 200;

function clipped(text: string): string {
  return wellFormed(text.length <= TOLD_CHARACTERS_MAX ? text : `${text.slice(0, TOLD_CHARACTERS_MAX)}…`);
}
