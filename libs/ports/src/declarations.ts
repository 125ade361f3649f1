import type { CollectionName, CollectionRules, SpaceKey, UserId } from '@syncline/core';

/** A collection's rules with what people want to know about them. */
export interface Declaration {
  readonly rules: CollectionRules;
  readonly description: string;
  readonly declaredAtMs: number;
  /** Null where the directory's `declare` did it without saying for whom. */
  readonly declaredBy: UserId | null;
}

/**
 * Collections as they were declared. Contract:
 * - `declareSeen` does what the directory's `declare` does, and remembers the rest. With `seenVersion` it does so only
 *   while the collection's rules are of that version. Null stands for rules that have changed meanwhile.
 * - Versions of a collection's rules only grow, also after its declaration was taken back; earlier ones can still be read
 *   by their version.
 * - `declaration` without a version is the one that holds; null when none does. `declarations` are those that hold, in
 *   order of their names.
 * - `takeBack` answers false when nothing was declared.
 * - In a space that does not exist nothing is declared, and `declareSeen` rejects.
 */
export interface Declarations {
  declareSeen(
    space: SpaceKey,
    declaration: Declaration,
    seenVersion: number | null,
  ): Promise<Declaration | null>;
  declaration(
    space: SpaceKey,
    collection: CollectionName,
    rulesVersion: number | null,
  ): Promise<Declaration | null>;
  declarations(space: SpaceKey): Promise<readonly Declaration[]>;
  takeBack(space: SpaceKey, collection: CollectionName): Promise<boolean>;
}
