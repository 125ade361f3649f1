import type { DeviceId, SpaceKey, UserId } from '@syncline/core';
import type { Acknowledgement, DeviceSeen, DeviceStore, SpaceDevice } from '@syncline/ports';
import { arraysOf, type Column, namesOf, unnestOf } from './columns';
import { type Param, type Sql, statement } from './sql';

interface DeviceRow {
  readonly device: DeviceId;
  readonly user_id: UserId;
  readonly last_number: number;
  readonly acknowledged: number;
  readonly last_seen_ms: number;
  readonly skew_ms: number;
}

const NAMES = 'device, user_id, last_number, acknowledged, last_seen_ms, skew_ms';

/** The first to make a device known gives it its user; the rest is that of the last time it was seen. */
const SEEN: readonly Column<Acknowledgement>[] = [
  { name: 'space', type: 'text', of: ({ space }) => space },
  { name: 'device', type: 'text', of: ({ seen }) => seen.device },
  { name: 'user_id', type: 'text', of: ({ seen }) => seen.user },
  { name: 'last_seen_ms', type: 'int8', of: ({ seen }) => seen.nowMs },
  { name: 'skew_ms', type: 'int8', of: ({ seen }) => seen.skewMs },
  { name: 'acknowledged', type: 'int8', of: ({ version }) => version },
];

const seeing = (rows: string, acknowledged: string): string => `
  insert into space_devices as known (${namesOf(SEEN)})
  ${rows}
  on conflict (space, device) do update
  set user_id = coalesce(known.user_id, excluded.user_id),
    last_seen_ms = greatest(known.last_seen_ms, excluded.last_seen_ms),
    skew_ms = excluded.skew_ms,
    acknowledged = ${acknowledged}`;

const ONE =
  'select space, $2::text, $3::text, $4::int8, $5::int8, $6::int8 from spaces where space = $1::text';
/** Whoever writes several takes them in this order, so that no two wait for each other. */
const MANY = `
  select ${namesOf(SEEN)} from ${unnestOf(SEEN, 'seen')} join spaces using (space)
  where (select set_config('synchronous_commit', 'off', true)) = 'off'
  order by space collate "C", device collate "C"`;

const openDevice = statement<DeviceRow>(
  'device.open',
  `${seeing(ONE, 'coalesce(known.acknowledged, excluded.acknowledged)')} returning ${NAMES}`,
);
/** Not worth waiting for the disk: a device that is thought to hold less than it does only keeps the floor down. */
const acknowledgeVersions = statement<never>(
  'device.acknowledge',
  seeing(MANY, 'greatest(known.acknowledged, excluded.acknowledged)'),
);
const restartDevice = statement<never>('device.restart', seeing(ONE, 'excluded.acknowledged'));

const devicesOf = statement<DeviceRow | { readonly device: null }>(
  'device.list',
  `select ${NAMES} from spaces s
   left join space_devices d on d.space = s.space and d.acknowledged is not null
   where s.space = $1::text order by device`,
);

export function deviceStore(sql: Sql): DeviceStore {
  return {
    async open(space, seen, acknowledged) {
      const [row] = await sql.query(openDevice(...seenParams(space, seen), acknowledged));
      return row === undefined ? null : deviceOf(row);
    },
    async acknowledge(several) {
      if (several.length > 0) await sql.query(acknowledgeVersions(...arraysOf(SEEN, several)));
    },
    async restart(space, seen, version) {
      await sql.query(restartDevice(...seenParams(space, seen), version));
    },
    async devices(space) {
      const rows = await sql.query(devicesOf(space));
      return rows.length === 0 ? null : rows.flatMap((row) => (row.device === null ? [] : [deviceOf(row)]));
    },
  };
}

function seenParams(space: SpaceKey, { device, user, nowMs, skewMs }: DeviceSeen): Param[] {
  return [space, device, user, nowMs, skewMs];
}

function deviceOf(row: DeviceRow): SpaceDevice {
  return {
    device: row.device,
    user: row.user_id,
    lastNumber: row.last_number,
    acknowledged: row.acknowledged,
    lastSeenMs: row.last_seen_ms,
    skewMs: row.skew_ms,
  };
}
