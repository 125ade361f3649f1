import { compareUtf8, type SpaceKey, type UserId } from '@syncline/core';
import type { Member, Members } from '@syncline/ports';
import { existing, type StoreTables } from './store-tables';

export function members(tables: StoreTables): Members {
  const { spaces } = tables;
  return {
    async putMember(space, given) {
      const table = spaces.get(space);
      if (table === undefined) return null;
      const { addedAtMs } = memberOf(tables, space, given.user) ?? given;
      const member = { ...given, addedAtMs };
      setMember(tables, space, given.user, member);
      return member;
    },
    member: async (space, user) => memberOf(tables, space, user),
    async members(space, after, limit) {
      const users = [...(spaces.get(space)?.members.keys() ?? [])].sort(compareUtf8);
      return users
        .filter((user) => after === null || compareUtf8(user, after) > 0)
        .flatMap((user) => memberOf(tables, space, user) ?? [])
        .slice(0, limit);
    },
    async endMemberships(nowMs) {
      let ended = 0;
      for (const [space, table] of spaces) {
        for (const [user, { expiresAtMs }] of table.members) {
          if (expiresAtMs === null || expiresAtMs > nowMs) continue;
          setMember(tables, space, user, null);
          ended++;
        }
      }
      return ended;
    },
  };
}

export function memberOf({ spaces, clock }: StoreTables, space: SpaceKey, user: UserId): Member | null {
  const member = spaces.get(space)?.members.get(user);
  if (member === undefined) return null;
  return member.expiresAtMs !== null && member.expiresAtMs <= clock.nowMs() ? null : member;
}

export function setMember(tables: StoreTables, space: SpaceKey, user: UserId, member: Member | null): void {
  const table = existing(tables, space);
  if (member === null) table.members.delete(user);
  else table.members.set(user, member);
  table.accessChanges++;
  tables.accessChanges.tell({ kind: 'access', space, user, access: member?.access ?? null });
}
