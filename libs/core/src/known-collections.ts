import { type Access, type CollectionRight, rightTo } from './access';
import type { CollectionName } from './ids';
import type { CollectionRules } from './rules';

/** What a device is told of a collection. */
export interface KnownCollection extends Pick<
  CollectionRules,
  'collection' | 'policy' | 'rulesVersion' | 'encrypted' | 'json'
> {
  readonly schema: Pick<CollectionRules['schema'], 'current' | 'oldest'>;
  readonly right: CollectionRight;
}

/** The declared collections that a user may know of. */
export function knownCollections(
  access: Access,
  declared: ReadonlyMap<CollectionName, CollectionRules>,
): KnownCollection[] {
  const known: KnownCollection[] = [];
  for (const { collection, policy, rulesVersion, encrypted, json, schema } of declared.values()) {
    const right = rightTo(access, collection);
    if (right === 'none') continue;
    const { current, oldest } = schema;
    known.push({ collection, right, policy, rulesVersion, encrypted, json, schema: { current, oldest } });
  }
  return known;
}
