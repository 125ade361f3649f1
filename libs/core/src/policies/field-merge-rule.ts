import { type FieldRule, FIELD_RULE_KINDS, isFieldRuleName } from './fields/registry';
import { readWindowMs } from './last-write-wins';
import type { ParsedRule, RuleProblem } from './policy';
import { readObject, readRule } from './rule-reader';

export interface FieldMergeRule {
  readonly fields: Readonly<Record<string, FieldRule>>;
  /** For fields that are not named. */
  readonly default: FieldRule;
  readonly windowMs: number;
}

export const FIELD_RULES_MAX = 1_000;

/** A field rule is declared by the name of its kind alone, or as an object with `kind` and its options. */
export function parseFieldMergeRule(declared: unknown): ParsedRule<FieldMergeRule> {
  const nested: RuleProblem[] = [];
  const parsed = readRule<FieldMergeRule>(declared, (reader) => {
    const fields = Object.fromEntries(
      reader
        .entries('fields', FIELD_RULES_MAX)
        .map(([name, given]) => [name, readFieldRule(given, `${reader.pathOf('fields')}.${name}`, nested)]),
    );
    const byDefault = readFieldRule(reader.value('default'), reader.pathOf('default'), nested);
    return { fields, default: byDefault, windowMs: readWindowMs(reader) };
  });
  if (nested.length === 0) return parsed;
  return { ok: false, problems: parsed.ok ? nested : [...parsed.problems, ...nested] };
}

function readFieldRule(declared: unknown, path: string, problems: RuleProblem[]): FieldRule {
  if (declared === undefined) return { kind: 'last-write' };
  const given = typeof declared === 'string' ? { kind: declared } : declared;
  return readObject<FieldRule>(given, path, problems, (reader) => {
    const kind = reader.value('kind');
    if (isFieldRuleName(kind)) return { kind, ...FIELD_RULE_KINDS[kind].readOptions(reader) } as FieldRule;
    reader.problem('kind', `must be one of ${Object.keys(FIELD_RULE_KINDS).join(', ')}`);
    return { kind: 'last-write' };
  });
}

/** A field may have any name, that of a member of every object as well. */
export function ruleOf(rule: FieldMergeRule, name: string): FieldRule {
  return Object.hasOwn(rule.fields, name) ? rule.fields[name]! : rule.default;
}
