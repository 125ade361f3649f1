import { sameBytes, type SpaceKey } from '@syncline/core';
import type { ArtifactInfo, ArtifactState, ArtifactStore } from '@syncline/ports';
import { artifactContent, dropChunks } from './artifact-content';
import {
  ARTIFACT_COLUMNS,
  artifactOf,
  type ArtifactRow,
  INFO_COLUMNS,
  INFO_VALUES,
  infoParams,
} from './artifact-rows';
import { packed } from './packed-arrays';
import { type Connection, type Sql, statement, together } from './sql';
import { spacesOfTenant } from './tenant-range';

const READ = `select ${ARTIFACT_COLUMNS} from artifacts where space = $1::text`;
const readUpload = statement<ArtifactRow>('artifact.state', `${READ} and hash = $2::bytea`);
/** One at a time puts, completes or removes: a late chunk must not change what was found to be complete. */
const holdUpload = statement<ArtifactRow>('artifact.hold', `${READ} and hash = $2::bytea for update`);
const readUploads = statement<ArtifactRow>('artifact.states', `${READ} and hash = any($2::bytea[])`);
const listed = statement<ArtifactRow>(
  'artifact.list',
  `${READ} and hash > $2::bytea order by hash limit $3::int8`,
);
const beginUpload = statement<{ readonly size_bytes: number }>(
  'artifact.begin',
  `insert into artifacts (space, hash, ${INFO_COLUMNS}) values ($1::text, $2::bytea, ${INFO_VALUES})
   on conflict (space, hash) do nothing returning size_bytes`,
);
const beginAnew = statement<never>(
  'artifact.begin_anew',
  `update artifacts set (${INFO_COLUMNS}) = (${INFO_VALUES}), corrupt = false
   where space = $1::text and hash = $2::bytea`,
);
const use = statement<never>(
  'artifact.use',
  `insert into artifact_use (space, bytes) values ($1::text, $2::int8)
   on conflict (space) do update set bytes = artifact_use.bytes + excluded.bytes`,
);
const used = statement<{ readonly bytes: number }>(
  'artifact.used',
  `select coalesce(sum(bytes), 0)::int8 as bytes from artifact_use where space > $1::text and space < $2::text`,
);
/** What was not there before is counted. */
const put = statement<never>(
  'artifact.put',
  `with put as (
     insert into artifact_chunks (space, hash, index, content) values ($1::text, $2::bytea, $3::int8, $4::bytea)
     on conflict (space, hash, index) do update set content = excluded.content
     returning xmax = 0 as added
   )
   update artifacts a set stored = a.stored + put.added::int, corrupt = false, touched_at_ms = $5::int8
   from put where a.space = $1::text and a.hash = $2::bytea`,
);
/** The chunk that was missing first has come: the next that is missing is behind the first that has none behind it. */
const advance = statement<never>(
  'artifact.advance',
  `update artifacts a set received = (
     select c.index + 1 from artifact_chunks c
     where c.space = $1::text and c.hash = $2::bytea and c.index >= $3::int8 and not exists (
       select 1 from artifact_chunks n where n.space = $1::text and n.hash = $2::bytea and n.index = c.index + 1
     )
     order by c.index limit 1
   )
   where a.space = $1::text and a.hash = $2::bytea and a.received = $3::int8`,
);
const chunkOfComplete = statement<{ readonly content: Uint8Array }>(
  'artifact.chunk',
  `select c.content from artifacts a join artifact_chunks c on c.space = a.space and c.hash = a.hash
   where a.space = $1::text and a.hash = $2::bytea and a.complete and c.index = $3::int8`,
);
const settle = statement<never>(
  'artifact.settle',
  `update artifacts set complete = $3::bool, corrupt = not $3::bool,
     received = case when $3::bool then received else 0 end, stored = case when $3::bool then stored else 0 end
   where space = $1::text and hash = $2::bytea`,
);
const drop = statement<never>(
  'artifact.drop',
  'delete from artifacts where space = $1::text and hash = $2::bytea',
);
const dropAbandoned = statement<{ readonly removed: number }>(
  'artifact.drop_abandoned',
  `with gone as (
     delete from artifacts where space = $1::text and not complete and touched_at_ms < $2::int8
     returning hash, size_bytes
   ), dropped as (
     delete from artifact_chunks c using gone where c.space = $1::text and c.hash = gone.hash
   ), freed as (
     update artifact_use u set bytes = u.bytes - g.bytes
     from (select sum(size_bytes)::int8 as bytes from gone) g where u.space = $1::text and g.bytes is not null
   )
   select count(*) as removed from gone`,
);

const NO_HASH = new Uint8Array(0);

export function artifactStore(sql: Sql): ArtifactStore {
  return {
    begin: (space, info, nowMs) =>
      sql.transaction(async (connection) => {
        await begin(connection, space, info, nowMs);
        return (await readState(connection, space, info.hash))!;
      }),
    state: (space, hash) => readState(sql, space, hash),
    async states(space, hashes) {
      const rows = await sql.query(
        readUploads(
          space,
          packed('bytea', hashes, (hash) => hash),
        ),
      );
      return hashes.flatMap((wanted) => rows.filter(({ hash }) => sameBytes(hash, wanted)).map(artifactOf));
    },
    list: async (space, after, limit) =>
      (await sql.query(listed(space, after ?? NO_HASH, limit))).map(artifactOf),
    putChunk: (space, hash, { index, content }, nowMs) =>
      sql.transaction(async (connection) => {
        const [held] = await connection.query(holdUpload(space, hash));
        if (held === undefined || index < 0 || index >= held.chunks) return null;
        if (held.complete) return artifactOf(held);
        const [, , state] = await together<[never[], never[], ArtifactState | null]>([
          connection.query(put(space, hash, index, content, nowMs)),
          connection.query(advance(space, hash, index)),
          readState(connection, space, hash),
        ]);
        return state;
      }),
    complete: (space, hash) => sql.transaction((connection) => completeUpload(connection, space, hash)),
    verify: (space, hash) => sql.transaction((connection) => verifyContent(connection, space, hash)),
    async chunk(space, hash, index) {
      return (await sql.query(chunkOfComplete(space, hash, index)))[0]?.content ?? null;
    },
    remove: (space, hash) =>
      sql.transaction(async (connection) => {
        const [held] = await connection.query(holdUpload(space, hash));
        if (held === undefined) return false;
        await connection.query(dropChunks(space, hash));
        await connection.query(drop(space, hash));
        await connection.query(use(space, -held.size_bytes));
        return true;
      }),
    async usedBytes(tenant) {
      return (await sql.query(used(...spacesOfTenant(tenant))))[0]!.bytes;
    },
    async removeAbandoned(space, untouchedSinceMs) {
      return (await sql.query(dropAbandoned(space, untouchedSinceMs)))[0]!;
    },
  };
}

async function begin(
  connection: Connection,
  space: SpaceKey,
  info: ArtifactInfo,
  nowMs: number,
): Promise<void> {
  const { hash, sizeBytes } = info;
  const params = [space, hash, ...infoParams(info, nowMs)] as const;
  const [begun] = await connection.query(beginUpload(...params));
  if (begun !== undefined) {
    await connection.query(use(space, sizeBytes));
    return;
  }
  const [held] = await connection.query(holdUpload(space, hash));
  // Removed in this very moment: whoever removes it may do so a moment later as well.
  if (held === undefined) return begin(connection, space, info, nowMs);
  if (!held.corrupt) return;
  await connection.query(beginAnew(...params));
  await connection.query(use(space, sizeBytes - held.size_bytes));
}

async function readState(
  connection: Connection,
  space: SpaceKey,
  hash: Uint8Array,
): Promise<ArtifactState | null> {
  const [row] = await connection.query(readUpload(space, hash));
  return row === undefined ? null : artifactOf(row);
}

async function completeUpload(connection: Connection, space: SpaceKey, hash: Uint8Array): Promise<boolean> {
  const [held] = await connection.query(holdUpload(space, hash));
  if (held === undefined || held.complete) return held?.complete ?? false;
  if (held.received < held.chunks || held.corrupt) return false;
  const found = await artifactContent(connection, space, artifactOf(held));
  const isWhole = found.sizeBytes === held.size_bytes && sameBytes(found.hash, hash);
  if (!isWhole) await connection.query(dropChunks(space, hash));
  await connection.query(settle(space, hash, isWhole));
  return isWhole;
}

async function verifyContent(
  connection: Connection,
  space: SpaceKey,
  hash: Uint8Array,
): Promise<Uint8Array | null> {
  const [held] = await connection.query(holdUpload(space, hash));
  if (held === undefined || !held.complete) return null;
  const found = await artifactContent(connection, space, artifactOf(held));
  if (sameBytes(found.hash, hash)) return found.hash;
  await connection.query(dropChunks(space, hash));
  await connection.query(settle(space, hash, false));
  return found.hash;
}
