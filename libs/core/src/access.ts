import { type CollectionName, CONFLICTS, isSystem, type RecordId } from './ids';

export type Role = 'owner' | 'editor' | 'reader';
export type CollectionRight = 'none' | 'read' | 'write';

/** What a user may do in one space. A role gives the rule, a collection may narrow it, never widen it. */
export interface Access {
  readonly role: Role;
  readonly collections: ReadonlyMap<CollectionName, CollectionRight>;
}

const RIGHT_OF_ROLE: Record<Role, CollectionRight> = { owner: 'write', editor: 'write', reader: 'read' };
const RANK: Record<CollectionRight, number> = { none: 0, read: 1, write: 2 };

export function rightTo(access: Access, collection: CollectionName): CollectionRight {
  const byRole = isSystem(collection) ? 'read' : RIGHT_OF_ROLE[access.role];
  const narrowed = access.collections.get(collection) ?? byRole;
  return RANK[narrowed] < RANK[byRole] ? narrowed : byRole;
}

/** A ledger entry is as readable as the collection that its id begins with. */
export function mayRead(access: Access, collection: CollectionName, id: RecordId): boolean {
  if (rightTo(access, collection) === 'none') return false;
  if (collection !== CONFLICTS || access.collections.size === 0) return true;
  return rightTo(access, concernedBy(id)) !== 'none';
}

/** The collection of the record that a conflict is about. */
export function concernedBy(conflict: RecordId): CollectionName {
  return conflict.slice(0, conflict.indexOf('/')) as CollectionName;
}

export function mayWrite(access: Access, collection: CollectionName): boolean {
  return rightTo(access, collection) === 'write';
}

const ROLE_RANK: Record<Role, number> = { reader: 0, editor: 1, owner: 2 };

/** Whether the one may do anything that the other may not. */
export function givesMore(one: Access, other: Access): boolean {
  if (ROLE_RANK[one.role] > ROLE_RANK[other.role]) return true;
  const names = [...other.collections.keys()];
  return names.some((name) => RANK[rightTo(one, name)] > RANK[rightTo(other, name)]);
}

/** Equal for two users who may read the same: part of what a cursor is bound to. */
export function readableKey(access: Access): string {
  const hidden = [...access.collections].filter(([, right]) => right === 'none').map(([name]) => name);
  return hidden.sort().join(',');
}
