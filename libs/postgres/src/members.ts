import type { SpaceKey, UserId } from '@syncline/core';
import type { AccessNews, Member, Members } from '@syncline/ports';
import { type AccessRow, accessOf, rightsText } from './access-rows';
import { type Sql, statement } from './sql';
import { tellNews } from './tell-news';

interface MemberRow extends AccessRow {
  readonly user_id: UserId;
  readonly added_at_ms: number;
  readonly expires_at_ms: number | null;
}

const NAMES = 'user_id, role, collections, added_at_ms, expires_at_ms';
/** By the clock of the database, which is the same for all. */
export const NOT_ENDED =
  '(expires_at_ms is null or expires_at_ms > extract(epoch from clock_timestamp()) * 1000)';

/** One that has ended is none, so who comes back then has joined anew. */
const put = statement<MemberRow>(
  'members.put',
  `with changed as (
     update spaces set access_changes = access_changes + 1 where space = $1::text returning space
   )
   insert into members as known (space, user_id, role, collections, added_at_ms, expires_at_ms)
   select space, $2::text, $3::text, $4::text::jsonb, $5::int8, $6::int8 from changed
   on conflict (space, user_id) do update
   set role = excluded.role, collections = excluded.collections, expires_at_ms = excluded.expires_at_ms,
     added_at_ms = case when ${NOT_ENDED.replaceAll('expires_at_ms', 'known.expires_at_ms')}
       then known.added_at_ms else excluded.added_at_ms end
   returning ${NAMES}`,
);
const find = statement<MemberRow>(
  'members.find',
  `select ${NAMES} from members where space = $1::text and user_id = $2::text and ${NOT_ENDED}`,
);
const list = statement<MemberRow>(
  'members.list',
  `select ${NAMES} from members where space = $1::text and user_id > $2::text and ${NOT_ENDED}
   order by user_id limit $3::int8`,
);

interface Ended {
  readonly space: SpaceKey;
  readonly user_id: UserId;
}

const ENDED_AT_ONCE = 500;
const endedBy = statement<Ended>(
  'members.ended',
  'select space, user_id from members where expires_at_ms <= $1::int8 order by expires_at_ms limit $2::int8',
);
/** The space first, as whoever else changes its members. */
const end = statement<{ readonly space: SpaceKey }>(
  'members.end',
  `with changed as (
     update spaces s set access_changes = access_changes + 1
     where space = $1::text and exists (
       select 1 from members m where m.space = s.space and m.user_id = $2::text and m.expires_at_ms <= $3::int8
     ) returning space
   )
   delete from members m using changed c
   where m.space = c.space and m.user_id = $2::text and m.expires_at_ms <= $3::int8 returning m.space`,
);

export function members(sql: Sql, news: AccessNews): Members {
  const tell = tellNews(news);
  return {
    async putMember(space, { user, access, addedAtMs, expiresAtMs }) {
      const rights = rightsText(access);
      const [row] = await sql.query(put(space, user, access.role, rights, addedAtMs, expiresAtMs));
      if (row === undefined) return null;
      await tell({ kind: 'access', space, user, access });
      return memberOf(row);
    },
    async member(space, user) {
      const [row] = await sql.query(find(space, user));
      return row === undefined ? null : memberOf(row);
    },
    members: async (space, after, limit) => (await sql.query(list(space, after ?? '', limit))).map(memberOf),
    async endMemberships(nowMs) {
      let ended = 0;
      for (;;) {
        const found = await sql.query(endedBy(nowMs, ENDED_AT_ONCE));
        for (const { space, user_id: user } of found) {
          if ((await sql.query(end(space, user, nowMs))).length === 0) continue;
          ended++;
          await tell({ kind: 'access', space, user, access: null });
        }
        if (found.length < ENDED_AT_ONCE) return ended;
      }
    },
  };
}

function memberOf(row: MemberRow): Member {
  return {
    user: row.user_id,
    access: accessOf(row),
    addedAtMs: row.added_at_ms,
    expiresAtMs: row.expires_at_ms,
  };
}
