import type { DeviceId, Reason, SyncMode, UserId } from '@syncline/core';
import type { PlacedSync, SyncEntry, SyncLog } from '@syncline/ports';
import { arraysOf, type Column, namesOf, unnestOf } from './columns';
import { type Sql, statement } from './sql';

interface SyncRow {
  readonly device: DeviceId;
  readonly user_id: UserId;
  readonly started_at_ms: number;
  readonly duration_ms: number;
  readonly from_version: number;
  readonly to_version: number;
  readonly mode: SyncMode | null;
  readonly pushed: number;
  readonly received: number;
  readonly sent_bytes: number;
  readonly received_bytes: number;
  readonly conflicts: number;
  readonly reason: Reason | null;
  readonly reset: boolean;
  readonly trace_id: string;
}

const FACTS: readonly Column<PlacedSync>[] = [
  { name: 'device', type: 'text', of: ({ entry }) => entry.device },
  { name: 'user_id', type: 'text', of: ({ entry }) => entry.user },
  { name: 'started_at_ms', type: 'int8', of: ({ entry }) => entry.startedAtMs },
  { name: 'duration_ms', type: 'int8', of: ({ entry }) => entry.durationMs },
  { name: 'from_version', type: 'int8', of: ({ entry }) => entry.fromVersion },
  { name: 'to_version', type: 'int8', of: ({ entry }) => entry.toVersion },
  { name: 'mode', type: 'text', of: ({ entry }) => entry.mode },
  { name: 'pushed', type: 'int8', of: ({ entry }) => entry.pushedCount },
  { name: 'received', type: 'int8', of: ({ entry }) => entry.receivedCount },
  { name: 'sent_bytes', type: 'int8', of: ({ entry }) => entry.sentBytes },
  { name: 'received_bytes', type: 'int8', of: ({ entry }) => entry.receivedBytes },
  { name: 'conflicts', type: 'int8', of: ({ entry }) => entry.conflictCount },
  { name: 'reason', type: 'text', of: ({ entry }) => entry.reason },
  { name: 'reset', type: 'bool', of: ({ entry }) => entry.reset },
  { name: 'trace_id', type: 'text', of: ({ entry }) => entry.traceId },
];
const COLUMNS: readonly Column<PlacedSync>[] = [
  { name: 'space', type: 'text', of: ({ space }) => space },
  ...FACTS,
];
const NAMES = namesOf(FACTS);

/** Not worth waiting for the disk: what a crash takes with it was of a gateway's last second. */
const note = statement<never>(
  'syncs.note',
  `insert into sync_entries (space, ${NAMES})
   select s.space, ${FACTS.map(({ name }) => `noted.${name}`).join(', ')}
   from ${unnestOf(COLUMNS, 'noted')} join spaces s on s.space = noted.space
   where set_config('synchronous_commit', 'off', true) = 'off'
   on conflict do nothing`,
);

/** Those of one user and those of one device have indexes of their own. */
const listing = (name: string, led: string) =>
  statement<SyncRow>(
    `syncs.${name}`,
    `select ${NAMES} from sync_entries
     where ${led} and started_at_ms >= $2::int8 and started_at_ms < $3::int8
       and (started_at_ms, device, duration_ms) < ($4::int8, $5::text, $6::int8)
       and ($7::text is null or user_id = $7::text) and ($8::text is null or device = $8::text)
     order by started_at_ms desc, device desc, duration_ms desc limit $9::int8`,
  );
const ofAll = listing('of_all', 'space = $1::text');
const ofUser = listing('of_user', 'space collate by_user = $1::text and user_id = $7::text');
const ofDevice = listing('of_device', 'space collate by_change = $1::text and device = $8::text');

const forget = statement<{ readonly forgotten: number }>(
  'syncs.forget',
  `with gone as (
     delete from sync_entries where space = $1::text and started_at_ms < $2::int8 returning 1
   ) select count(*) as forgotten from gone`,
);

const LAST = Number.MAX_SAFE_INTEGER;

export function syncLog(sql: Sql): SyncLog {
  return {
    async noteSyncs(syncs) {
      if (syncs.length > 0) await sql.query(note(...arraysOf(COLUMNS, syncs)));
    },
    async syncs({ space, user, device, fromMs, toMs, after, limit }) {
      const list = device !== null ? ofDevice : user !== null ? ofUser : ofAll;
      const { startedAtMs, durationMs } = after ?? { startedAtMs: LAST, durationMs: LAST };
      const query = list(
        space,
        fromMs ?? 0,
        toMs ?? LAST,
        startedAtMs,
        after?.device ?? '',
        durationMs,
        user,
        device,
        limit,
      );
      return (await sql.query(query)).map(entryOf);
    },
    async forgetSyncs(space, beforeMs) {
      const [found] = await sql.query(forget(space, beforeMs));
      return { forgotten: found?.forgotten ?? 0 };
    },
  };
}

function entryOf(row: SyncRow): SyncEntry {
  return {
    device: row.device,
    user: row.user_id,
    startedAtMs: row.started_at_ms,
    durationMs: row.duration_ms,
    fromVersion: row.from_version,
    toVersion: row.to_version,
    mode: row.mode,
    pushedCount: row.pushed,
    receivedCount: row.received,
    sentBytes: row.sent_bytes,
    receivedBytes: row.received_bytes,
    conflictCount: row.conflicts,
    reason: row.reason,
    reset: row.reset,
    traceId: row.trace_id,
  };
}
