import { type Access, type Answer, granted, refused, type UserId } from '@syncline/core';
import type { Clock, DeltaStore, Directory, Identity, Member, Members } from '@syncline/ports';
import { type Listed, listedBy, type PartRequest } from './parts';
import { asOwner, type NamedSpace } from './space-rights';

export interface ManageMembersDeps {
  readonly members: Members;
  readonly deltas: Pick<DeltaStore, 'heads'>;
  readonly directory: Pick<Directory, 'access' | 'setAccess'>;
  readonly clock: Clock;
}

export interface PutMemberCall extends NamedSpace {
  readonly user: UserId;
  readonly access: Access;
  readonly expiresAtMs: number | null;
}

/** Who belongs to a space is decided by its owners. */
export function manageMembers(deps: ManageMembersDeps) {
  const { members, directory, clock } = deps;
  return {
    put: async (identity: Identity, call: PutMemberCall): Promise<Answer<Member>> => {
      const owned = await asOwner(deps, identity, call);
      if (!owned.ok) return owned;
      const { user, access, expiresAtMs } = call;
      const addedAtMs = clock.nowMs();
      if (expiresAtMs !== null && expiresAtMs <= addedAtMs) {
        const violations = [{ field: 'member.expires_at_ms', description: 'must be in the future' }];
        return refused('INVALID_ARGUMENT', { violations });
      }
      const member = await members.putMember(owned.value, { user, access, addedAtMs, expiresAtMs });
      return member === null ? refused('SPACE_NOT_FOUND') : granted(member);
    },
    remove: async (
      identity: Identity,
      call: NamedSpace & { readonly user: UserId },
    ): Promise<Answer<null>> => {
      const owned = await asOwner(deps, identity, call);
      if (!owned.ok) return owned;
      const member = await members.member(owned.value, call.user);
      if (member === null) return refused('MEMBER_NOT_FOUND');
      await directory.setAccess(owned.value, call.user, null);
      return granted(null);
    },
    list: async (
      identity: Identity,
      call: NamedSpace & PartRequest<UserId>,
    ): Promise<Answer<Listed<Member>>> => {
      const owned = await asOwner(deps, identity, call);
      if (!owned.ok) return owned;
      const read = (after: UserId | null, limit: number) => members.members(owned.value, after, limit);
      return granted(await listedBy(call, ({ user }) => user, read));
    },
  };
}
