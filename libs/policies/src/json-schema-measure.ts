/**
 * How much work a schema can make at most, for each byte of a payload: schemas come from tenants, and no one of them
 * may keep a service busy that all share.
 */
export interface SchemaMeasure {
  /** Keywords and listed values, those that are referred to counted where they are referred to. */
  readonly weight: number;
  /** How many of them are patterns. */
  readonly patterns: number;
}

export const JSON_SCHEMA_BYTES_MAX = 65_536;
const WEIGHT_MAX = 2_000;
const DEPTH_MAX = 32;
const PATTERN_LENGTH_MAX = 500;

export type MeasuredSchema =
  ({ readonly ok: true } & SchemaMeasure) | { readonly ok: false; readonly problem: string };

/** Where a keyword holds one schema, a list of them, or some by name. All others hold no schemas. */
const HOLDS: ReadonlyMap<string, 'one' | 'list' | 'named'> = new Map([
  ...['additionalProperties', 'propertyNames', 'items', 'contains', 'not', 'if', 'then', 'else'].map(
    (name) => [name, 'one'] as const,
  ),
  ...['unevaluatedItems', 'unevaluatedProperties'].map((name) => [name, 'one'] as const),
  ...['prefixItems', 'allOf', 'anyOf', 'oneOf'].map((name) => [name, 'list'] as const),
  ...['properties', 'patternProperties', 'dependentSchemas', '$defs'].map((name) => [name, 'named'] as const),
]);

/** They would make a schema mean something that lies elsewhere, or run in another way. */
const REFUSED = ['$id', '$anchor', '$dynamicRef', '$dynamicAnchor', '$vocabulary', '$async'];
const REFERENCE = /^#\/\$defs\/([A-Za-z0-9_.-]+)$/;
const SCALARS: readonly unknown[] = ['string', 'number', 'integer', 'boolean', 'null'];

interface Measuring {
  readonly defs: ReadonlyMap<string, unknown>;
  readonly measured: Map<string, SchemaMeasure>;
  /** Those that are being measured: whoever refers to one of them refers to itself. */
  readonly open: Set<string>;
  /** The first of them. */
  problem: string | null;
}

const NOTHING: SchemaMeasure = { weight: 0, patterns: 0 };

export function measureSchema(schema: unknown): MeasuredSchema {
  const defs = membersOf(membersOf(schema)?.get('$defs')) ?? new Map<string, unknown>();
  const measuring: Measuring = { defs, measured: new Map(), open: new Set(), problem: null };
  const { weight, patterns } = measureOne(measuring, schema, 0);
  if (weight > WEIGHT_MAX)
    found(measuring, `must have at most ${WEIGHT_MAX} keywords and values, counted anew at each $ref`);
  const { problem } = measuring;
  return problem === null ? { ok: true, weight, patterns } : { ok: false, problem };
}

function found(measuring: Measuring, problem: string): SchemaMeasure {
  measuring.problem ??= problem;
  return NOTHING;
}

function measureOne(measuring: Measuring, schema: unknown, depth: number): SchemaMeasure {
  if (typeof schema === 'boolean') return { weight: 1, patterns: 0 };
  const members = membersOf(schema);
  if (members === null) return found(measuring, 'must be an object, true or false, and so must all in it');
  if (depth > DEPTH_MAX) return found(measuring, `must go at most ${DEPTH_MAX} schemas inwards`);
  const refused = REFUSED.find((name) => members.has(name));
  if (refused !== undefined) return found(measuring, `must not have ${refused}`);
  sayOfUnique(measuring, members);
  return [...members].reduce<SchemaMeasure>(
    (sum, [keyword, value]) => added(sum, measureKeyword(measuring, keyword, value, depth)),
    { weight: 1, patterns: 0 },
  );
}

/** Elements that are no scalars are compared each with each. */
function sayOfUnique(measuring: Measuring, members: ReadonlyMap<string, unknown>): void {
  if (members.get('uniqueItems') !== true) return;
  const type = membersOf(members.get('items'))?.get('type');
  if (!SCALARS.includes(type)) found(measuring, 'must name one type of scalar in items beside uniqueItems');
}

function measureKeyword(measuring: Measuring, keyword: string, value: unknown, depth: number): SchemaMeasure {
  if (keyword === '$ref') return measureReference(measuring, value);
  if (keyword === 'pattern') return measurePattern(measuring, value);
  const parts = partsOf(HOLDS.get(keyword), value);
  if (parts === null) return { weight: countOf(value), patterns: 0 };
  const names = keyword === 'patternProperties' ? [...(membersOf(value)?.keys() ?? [])] : [];
  const own = names.map((name) => measurePattern(measuring, name));
  return [...own, ...parts.map((part) => measureOne(measuring, part, depth + 1))].reduce(added, NOTHING);
}

function partsOf(holds: 'one' | 'list' | 'named' | undefined, value: unknown): unknown[] | null {
  if (holds === undefined) return null;
  if (holds === 'list') return Array.isArray(value) ? (value as unknown[]) : [value];
  return holds === 'named' ? [...(membersOf(value)?.values() ?? [])] : [value];
}

function measurePattern(measuring: Measuring, pattern: unknown): SchemaMeasure {
  const fits = typeof pattern === 'string' && pattern.length <= PATTERN_LENGTH_MAX;
  if (fits) return { weight: 1, patterns: 1 };
  return found(measuring, `must have patterns of at most ${PATTERN_LENGTH_MAX} characters`);
}

function measureReference(measuring: Measuring, reference: unknown): SchemaMeasure {
  const name = typeof reference === 'string' ? REFERENCE.exec(reference)?.[1] : undefined;
  if (name === undefined || !measuring.defs.has(name))
    return found(measuring, 'must refer to its own $defs only, by #/$defs/ and a name that is there');
  const known = measuring.measured.get(name);
  if (known !== undefined) return known;
  if (measuring.open.has(name)) return found(measuring, `must not refer to itself, as $defs/${name} does`);
  measuring.open.add(name);
  const measure = measureOne(measuring, measuring.defs.get(name), 0);
  measuring.open.delete(name);
  measuring.measured.set(name, measure);
  return measure;
}

function added(left: SchemaMeasure, right: SchemaMeasure): SchemaMeasure {
  return { weight: left.weight + right.weight, patterns: left.patterns + right.patterns };
}

/** Of all that is listed in a value, however far inwards. */
function countOf(value: unknown): number {
  let count = 0;
  const left = [value];
  while (left.length > 0) {
    const each = left.pop();
    count++;
    if (typeof each === 'object' && each !== null) left.push(...(Object.values(each) as unknown[]));
  }
  return count;
}

function membersOf(value: unknown): Map<string, unknown> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return new Map(Object.entries(value));
}
