import { EPOCH_VERSIONS_GAP, type SpaceKey } from '@syncline/core';
import { type Connection, statement } from './sql';

/** As core's `nextEpoch` has it. A statement of its own, so that it sees what was removed while the space was being made. */
const goOn = statement<never>(
  'removed.go_on',
  `update spaces s set epoch = r.epoch + 1, head = r.head + $2::int8, announced = r.head + $2::int8
   from removed_spaces r where s.space = $1::text and r.space = s.space`,
);
const remember = statement<never>(
  'removed.remember',
  `insert into removed_spaces (space, epoch, head) values ($1::text, $2::int8, $3::int8)
   on conflict (space) do update set epoch = excluded.epoch, head = excluded.head`,
);

/** For a space that was made just now: nothing that a device knows of one that was removed is taken for its own. */
export async function goOnFromRemoved(connection: Connection, space: SpaceKey): Promise<void> {
  await connection.query(goOn(space, EPOCH_VERSIONS_GAP));
}

export async function rememberRemoved(
  connection: Connection,
  space: SpaceKey,
  { epoch, head }: { readonly epoch: number; readonly head: number },
): Promise<void> {
  await connection.query(remember(space, epoch, head));
}
