import {
  type Answer,
  collectionProblem,
  type CollectionRules,
  granted,
  type PolicyRegistry,
  refused,
  rulesProblems,
  type SpaceKey,
  type Violation,
} from '@syncline/core';
import type { Directory } from '@syncline/ports';

export interface DeclareCollectionDeps {
  readonly directory: Directory;
  readonly policies: PolicyRegistry;
}

/** Declares or changes a collection's rules; all that is wrong with them is said at once. */
export function declareCollection({ directory, policies }: DeclareCollectionDeps) {
  return async (space: SpaceKey, rules: CollectionRules): Promise<Answer<{ rulesVersion: number }>> => {
    const violations = declarationViolations(rules, policies);
    if (violations.length > 0) return refused('POLICY_INVALID', { violations });
    return granted({ rulesVersion: await directory.declare(space, rules) });
  };
}

/** All that is wrong with rules. */
export function declarationViolations(rules: CollectionRules, policies: PolicyRegistry): Violation[] {
  const violations: Violation[] = rulesProblems(rules, policies);
  const nameProblem = collectionProblem(rules.collection);
  if (nameProblem !== null) violations.push({ field: 'collection', description: nameProblem });
  return violations;
}
