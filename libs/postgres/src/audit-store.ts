import {
  type AuditedVersion,
  type ChainPoint,
  CONFLICTS,
  decodeUtf8,
  type RecordId,
  type SpaceKey,
} from '@syncline/core';
import type { AuditStore } from '@syncline/ports';
import { arraysOf, type Column, unnestOf } from './columns';
import type { HistoryRow } from './history-rows';
import { type Sql, statement } from './sql';

/** What a version replaced, and the conflict that its change settled right behind it; of the row named so. */
export const settingOf = (row: string): string => `
  coalesce(
    (select b.payload is null from history b where b.space = $1::text and b.version = ${row}.previous_version),
    (select b.deleted from pruned_history b where b.space = $1::text and b.version = ${row}.previous_version),
    false
  ) as replaces_delete,
  case when ${row}.collection <> '${CONFLICTS}' then (
    select n.id from audited_history n
    where n.space = $1::text and n.version = ${row}.version + 1 and n.device = ${row}.device and n.number = ${row}.number
      and n.collection = '${CONFLICTS}' and n.previous_version > 0
  ) end as settles`;

interface AuditedRow extends Omit<HistoryRow, 'payload' | 'incoming' | 'about_collection' | 'about_id'> {
  readonly deleted: boolean;
  readonly content_sha256: Uint8Array;
  readonly incoming_sha256: Uint8Array | null;
  readonly incoming_deleted: boolean;
  readonly kept_bytes: number;
  readonly replaces_delete: boolean;
  readonly settles: RecordId | null;
}

const audited = statement<AuditedRow>(
  'audit.versions',
  `select h.version, h.collection, h.id, h.previous_version, h.deleted, h.content_sha256, h.incoming_sha256,
     h.incoming_deleted, h.device, h.user_id, h.number, h.base_version, h.time, h.committed_at_ms, h.policy, h.rules_version,
     h.schema_version, h.conflict, h.trace, h.kept_bytes, ${settingOf('h')}
   from audited_history h where h.space = $1::text and h.version > $2::int8 and h.version <= $3::int8
   order by h.version limit $4::int8`,
);
const chainOf = statement<{
  readonly epoch: number;
  readonly head: number;
  readonly version: number | null;
  readonly hash: Uint8Array | null;
}>(
  'audit.chain',
  `select s.epoch, s.head, c.version, c.hash from spaces s left join chains c on c.space = s.space
   where s.space = $1::text`,
);
const pointAt = statement<ChainPoint>(
  'audit.chain_at',
  `select version, hash from chains where space = $1::text and version <= $2::int8 and hash is not null
   union all
   (select version, hash from chain_marks where space = $1::text and version <= $2::int8 order by version desc limit 1)
   order by version desc limit 1`,
);

const MARKS: readonly Column<ChainPoint>[] = [
  { name: 'version', type: 'int8', of: ({ version }) => version },
  { name: 'hash', type: 'bytea', of: ({ hash }) => hash },
];
const extend = statement<{ readonly space: SpaceKey }>(
  'audit.extend',
  `with moved as (
     insert into chains as c (space, version, hash)
     select space, $3::int8, $4::bytea from spaces where space = $1::text
       and ($2::int8 = 0 or exists (select 1 from chains e where e.space = $1::text and e.version = $2::int8))
     on conflict (space) do update set version = excluded.version, hash = excluded.hash where c.version = $2::int8
     returning space
   ), marked as (
     insert into chain_marks (space, version, hash)
     select m.space, given.version, given.hash
     from moved m cross join ${unnestOf(MARKS, 'given').replaceAll(/\$(\d)/g, (_, at) => `$${Number(at) + 4}`)}
   ) select space from moved`,
);

export function auditStore(sql: Sql): AuditStore {
  return {
    async chainState(space) {
      const [row] = await sql.query(chainOf(space));
      if (row === undefined) return null;
      const { epoch, head, version, hash } = row;
      return { epoch, head, end: version === null || hash === null ? null : { version, hash } };
    },
    async chainAt(space, version) {
      const [point] = await sql.query(pointAt(space, version));
      return point ?? null;
    },
    audited: async (space, after, upTo, limit) =>
      (await sql.query(audited(space, after, upTo, limit))).map(auditedOf),
    async extendChain(space, from, marks, end) {
      const { version, hash } = end;
      return (await sql.query(extend(space, from, version, hash, ...arraysOf(MARKS, marks)))).length > 0;
    },
  };
}

function auditedOf(row: AuditedRow): AuditedVersion {
  return {
    version: row.version,
    collection: row.collection,
    id: row.id,
    previousVersion: row.previous_version,
    deleted: row.deleted,
    contentSha256: row.content_sha256,
    incomingSha256: row.incoming_sha256,
    incomingDeleted: row.incoming_deleted,
    device: row.device,
    user: row.user_id,
    number: row.number,
    baseVersion: row.base_version,
    time: row.time,
    committedAtMs: row.committed_at_ms,
    policy: row.policy,
    rulesVersion: row.rules_version,
    schemaVersion: row.schema_version,
    conflict: row.conflict,
    trace: row.trace === null ? '' : decodeUtf8(row.trace),
    keptBytes: row.kept_bytes,
    replacesDelete: row.replaces_delete,
    settles: row.settles,
  };
}
