import { type Access, compareUtf8, type SpaceId, spaceKey } from '@syncline/core';
import type { DeltaStore, Directory, Head, Identity } from '@syncline/ports';

export interface ListSpacesDeps {
  readonly deltas: Pick<DeltaStore, 'heads'>;
  readonly directory: Pick<Directory, 'spacesOf'>;
}

export interface UsersSpace extends Head {
  readonly space: SpaceId;
  readonly access: Access;
}

export interface UsersSpaces {
  readonly spaces: readonly UsersSpace[];
  /** Where the next part begins; null at the end. */
  readonly next: SpaceId | null;
}

/** The spaces that a user may open, by token or as a member, in the order of their ids. */
export function listSpaces({ deltas, directory }: ListSpacesDeps) {
  return async (
    { tenant, user, grants }: Identity,
    after: SpaceId | null,
    limit: number,
  ): Promise<UsersSpaces> => {
    const found = new Map<SpaceId, Access>();
    const members = await directory.spacesOf(tenant, user, after, limit + 1);
    for (const { space, access } of members) found.set(space, access);
    for (const [space, access] of grants)
      if (after === null || compareUtf8(space, after) > 0) found.set(space, access);
    const part = [...found].sort(([left], [right]) => compareUtf8(left, right)).slice(0, limit + 1);
    const told = part.slice(0, limit);
    const heads = await deltas.heads(told.map(([space]) => spaceKey(tenant, space)));
    const spaces = told.flatMap(([space, access]) => {
      // A token may name what does not exist.
      const head = heads.get(spaceKey(tenant, space));
      return head === undefined ? [] : [{ ...head, space, access }];
    });
    return { spaces, next: part.length > limit ? told[told.length - 1]![0] : null };
  };
}
