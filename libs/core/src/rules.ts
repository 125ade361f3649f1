import type { CollectionName } from './ids';
import { isSystem } from './ids';
import type { Policy } from './policies/policy';

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
  /** Shapes from `oldest` to `current` are taken as they are; others cannot be stored. */
  readonly schema: { readonly current: number; readonly oldest: number };
}

/** Whether a payload of this shape can be stored as it is. */
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
}

export interface RulesBook {
  readonly declared: ReadonlyMap<CollectionName, CollectionRules>;
  /** For collections that nobody declared. */
  of(collection: CollectionName): ActiveRules;
}

export type PolicyRegistry = ReadonlyMap<string, Policy>;

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
    schema: { current: 0, oldest: 0 },
  };
}

/** All that is wrong with a declaration, at once; none means that it may be stored. */
export function rulesProblems(rules: CollectionRules, registry: PolicyRegistry): RulesProblem[] {
  const problems: RulesProblem[] = [];
  const say = (field: string, description: string) => problems.push({ field, description });
  if (isSystem(rules.collection)) say('collection', 'collections of the system have rules of their own');
  const { current, oldest } = rules.schema;
  if (!Number.isSafeInteger(current) || current < 0) say('schema.current', 'must be a whole number from 0');
  if (!Number.isSafeInteger(oldest) || oldest < 0 || oldest > current)
    say('schema.oldest', 'must be a whole number from 0 to the current version');
  if (!DELETE_RULES.includes(rules.deletes)) say('deletes', `must be one of ${DELETE_RULES.join(', ')}`);
  const policy = registry.get(rules.policy);
  if (policy === undefined) {
    say('policy', `must be one of ${[...registry.keys()].join(', ')}`);
    return problems;
  }
  if (policy.readsPayload && rules.encrypted)
    say('encrypted', `policy ${policy.name} reads payloads, which it cannot do when they are encrypted`);
  if (policy.readsPayload && !rules.json)
    say('json', `policy ${policy.name} needs payloads that are JSON objects`);
  if (rules.encrypted && rules.json) say('json', 'an encrypted payload cannot promise to be JSON');
  const parsed = policy.parseRule(rules.rule);
  if (!parsed.ok) for (const { field, description } of parsed.problems) say(`rule.${field}`, description);
  return problems;
}

/** Stored declarations were checked when they came in; one that fails now is a fault and throws. */
export function activate(rules: CollectionRules, registry: PolicyRegistry): ActiveRules {
  const policy = registry.get(rules.policy);
  if (policy === undefined) throw new RangeError(`no policy is named ${rules.policy}`);
  const parsed = policy.parseRule(rules.rule);
  if (!parsed.ok) throw new RangeError(`the stored rule of ${rules.collection} does not parse`);
  return { declared: rules, policy, rule: parsed.rule };
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
