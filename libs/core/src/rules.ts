import { historyProblems, type HistoryRules, NO_HISTORY_RULES } from './history-rules';
import type { DataType } from './data-types';
import type { CollectionName } from './ids';
import { isSystem } from './ids';
import { external } from './policies/external';
import type { Policy } from './policies/policy';
import { resolverObstacle, type ResolverHosts } from './policies/resolver-hosts';
import type { Violation } from './refusals';
import type { SchemaDeclaration } from './schema/declaration';
import { schemaProblems } from './schema/problems';
import { type Shapes, shapesOf } from './schema/shapes';

/** How a delete and a concurrent update of one record are settled: by the policy, or always in one way. */
export type DeleteRule = 'policy' | 'delete-wins' | 'resurrect' | 'ask';
const DELETE_RULES: readonly DeleteRule[] = ['policy', 'delete-wins', 'resurrect', 'ask'];

/** What a collection declares, as data: this is stored, versioned, and may change while devices are connected. */
export interface CollectionRules {
  readonly collection: CollectionName;
  readonly policy: string;
  /** The policy's rule as declared, a JSON value; null for its defaults. */
  readonly rule: unknown;
  /** Grows by one with each declaration. */
  readonly rulesVersion: number;
  readonly deletes: DeleteRule;
  /** Payloads are opaque to the server. */
  readonly encrypted: boolean;
  /** Payloads promise to be JSON. */
  readonly json: boolean;
  /** Shapes from `oldest` to `current` are taken; without steps between them, as they are. */
  readonly schema: SchemaDeclaration;
  /** What payloads of the newest shape have to fulfil, as declared; null for nothing. */
  readonly jsonSchema: string | null;
  /** The largest payload; 0 for what the installation allows. */
  readonly recordBytesMax: number;
  readonly history: HistoryRules;
}

/** All that is wrong with a payload. */
export type PayloadCheck = (payload: Uint8Array) => readonly Violation[];

/** Reads JSON Schemas as they are declared. Contract: the same text is read once, as it is needed for every merge. */
export type JsonSchemaReader = (
  declared: string,
) =>
  | { readonly ok: true; readonly check: PayloadCheck }
  | { readonly ok: false; readonly problems: readonly RulesProblem[] };

export const NO_JSON_SCHEMAS: JsonSchemaReader = () => ({
  ok: false,
  problems: [{ field: 'json_schema', description: 'is not served here' }],
});

/** Whether devices may write in this shape. */
export function takesShape(
  { schemaVersion }: { readonly schemaVersion: number },
  { schema }: CollectionRules,
): boolean {
  return schemaVersion >= schema.oldest && schemaVersion <= schema.current;
}

/** Rules ready for use: the policy found and its rule parsed. */
export interface ActiveRules {
  readonly declared: CollectionRules;
  readonly policy: Policy;
  readonly rule: unknown;
  /** Null where the collection declares no JSON Schema. */
  readonly check: PayloadCheck | null;
  /** Null where no steps are declared. */
  readonly shapes: Shapes | null;
  /** How many contents of a record are kept side by side; 0 where only one is. */
  readonly siblingsMax: number;
  /** Null where records take no operations. */
  readonly data: DataType | null;
}

export interface RulesBook {
  readonly declared: ReadonlyMap<CollectionName, CollectionRules>;
  /** For collections that nobody declared. */
  of(collection: CollectionName): ActiveRules;
}

/** The policies that an installation offers, by name, how it reads JSON Schemas, and where it asks tenants' resolvers. */
export interface PolicyRegistry extends ReadonlyMap<string, Policy> {
  readonly readJsonSchema: JsonSchemaReader;
  readonly resolverHosts: ResolverHosts;
}

export interface RulesProblem {
  readonly field: string;
  readonly description: string;
}

export function undeclaredRules(collection: CollectionName): CollectionRules {
  return {
    collection,
    policy: 'last-write-wins',
    rule: null,
    rulesVersion: 0,
    deletes: 'policy',
    encrypted: false,
    json: false,
    schema: { current: 0, oldest: 0, steps: [] },
    jsonSchema: null,
    recordBytesMax: 0,
    history: NO_HISTORY_RULES,
  };
}

/** All that is wrong with a declaration, at once; none means that it may be stored. */
export function rulesProblems(rules: CollectionRules, registry: PolicyRegistry): RulesProblem[] {
  const problems: RulesProblem[] = [];
  const say = (field: string, description: string) => problems.push({ field, description });
  if (isSystem(rules.collection)) say('collection', 'collections of the system have rules of their own');
  problems.push(...schemaProblems(rules.schema, rules));
  if (!DELETE_RULES.includes(rules.deletes)) say('deletes', `must be one of ${DELETE_RULES.join(', ')}`);
  if (!Number.isSafeInteger(rules.recordBytesMax) || rules.recordBytesMax < 0)
    say('record_bytes_max', 'must be a whole number from 0');
  problems.push(...historyProblems(rules.history));
  if (rules.jsonSchema !== null) {
    if (rules.encrypted) say('json_schema', 'cannot be checked against payloads that are encrypted');
    else if (!rules.json) say('json_schema', 'needs payloads that are JSON');
    const read = registry.readJsonSchema(rules.jsonSchema);
    if (!read.ok) problems.push(...read.problems);
  }
  const policy = registry.get(rules.policy);
  if (policy === undefined) {
    say('policy', `must be one of ${[...registry.keys()].join(', ')}`);
    return problems;
  }
  if (policy.readsPayload && rules.encrypted)
    say('encrypted', `policy ${policy.name} reads payloads, which it cannot do when they are encrypted`);
  if (policy.readsPayload && !rules.json)
    say('json', `policy ${policy.name} needs payloads that are JSON objects`);
  if (rules.schema.steps.length > 0 && (policy.dataType ?? policy.siblingsMax) !== undefined)
    say('schema.steps', `records of policy ${policy.name} hold more than a payload, which no step converts`);
  if (rules.encrypted && rules.json) say('json', 'an encrypted payload cannot promise to be JSON');
  const parsed = policy.parseRule(rules.rule);
  if (!parsed.ok) for (const { field, description } of parsed.problems) say(`rule.${field}`, description);
  const data = parsed.ok ? policy.dataType?.(parsed.rule) : undefined;
  if (data?.kind === 'crdt' && rules.deletes === 'ask')
    say('deletes', `no person can bring back a record of policy ${policy.name}: it comes about by updates`);
  const asked = policy.name === external.name ? external.parseRule(rules.rule) : null;
  const obstacle = asked?.ok === true ? resolverObstacle(asked.rule, registry.resolverHosts) : null;
  if (obstacle !== null) say('rule.endpoint', obstacle);
  return problems;
}

/** Stored declarations were checked when they came in; one that fails now is a fault and throws. */
export function activate(rules: CollectionRules, registry: PolicyRegistry): ActiveRules {
  const policy = registry.get(rules.policy);
  if (policy === undefined) throw new RangeError(`no policy is named ${rules.policy}`);
  const parsed = policy.parseRule(rules.rule);
  if (!parsed.ok) throw new RangeError(`the stored rule of ${rules.collection} does not parse`);
  const read = rules.jsonSchema === null ? null : registry.readJsonSchema(rules.jsonSchema);
  if (read?.ok === false)
    throw new RangeError(`the stored JSON Schema of ${rules.collection} cannot be read`);
  const { rule } = parsed;
  return {
    declared: rules,
    policy,
    rule,
    check: read?.check ?? null,
    shapes: shapesOf(rules.schema),
    siblingsMax: policy.siblingsMax?.(rule) ?? 0,
    data: policy.dataType?.(rule) ?? null,
  };
}

export function rulesBook(
  declared: ReadonlyMap<CollectionName, CollectionRules>,
  registry: PolicyRegistry,
): RulesBook {
  const active = new Map<CollectionName, ActiveRules>();
  return {
    declared,
    of(collection) {
      const known = active.get(collection);
      if (known !== undefined) return known;
      const made = activate(declared.get(collection) ?? undeclaredRules(collection), registry);
      active.set(collection, made);
      return made;
    },
  };
}
