import { ask } from './ask';
import { counter } from './counter';
import type { FieldRuleKind } from './field-rule';
import { lastWrite } from './last-write';
import { listById } from './list-by-id';
import { max } from './max';
import { min } from './min';
import { setUnion } from './set-union';
import { text } from './text';

/** The ways to merge a field, by the name under which a rule declares them. */
export const FIELD_RULE_KINDS = {
  'last-write': lastWrite,
  'set-union': setUnion,
  'list-by-id': listById,
  counter,
  max,
  min,
  text,
  ask,
} as const satisfies Readonly<Record<string, FieldRuleKind>>;

export type FieldRuleName = keyof typeof FIELD_RULE_KINDS;

type OptionsOf<Name extends FieldRuleName> = ReturnType<(typeof FIELD_RULE_KINDS)[Name]['readOptions']>;

/** How one field is merged: a kind with its options. */
export type FieldRule = { [Name in FieldRuleName]: { readonly kind: Name } & OptionsOf<Name> }[FieldRuleName];

export function isFieldRuleName(name: unknown): name is FieldRuleName {
  return typeof name === 'string' && Object.hasOwn(FIELD_RULE_KINDS, name);
}

export function kindOf(rule: FieldRule): FieldRuleKind {
  return FIELD_RULE_KINDS[rule.kind];
}
