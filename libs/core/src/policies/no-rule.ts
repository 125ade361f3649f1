import type { ParsedRule } from './policy';
import { readRule } from './rule-reader';

/** The rule of a policy that leaves nothing to declare. */
export type NoRule = Readonly<Record<string, never>>;

export function parseNoRule(declared: unknown): ParsedRule<NoRule> {
  return readRule<NoRule>(declared, () => ({}));
}
