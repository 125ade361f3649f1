import { createHash } from 'node:crypto';
import type { SpaceKey } from '@syncline/core';
import type { ArtifactInfo, ArtifactState, ArtifactStore } from '@syncline/ports';
import { type Connection, type Sql, statement, together } from './sql';

interface ArtifactRow {
  readonly hash: Uint8Array;
  readonly size_bytes: number;
  readonly chunks: number;
  readonly mime_type: string;
  readonly encrypted: boolean;
  readonly received: number;
  readonly complete: boolean;
}

interface ChunkRow {
  readonly content: Uint8Array;
}

const NAMES = 'hash, size_bytes, chunks, mime_type, encrypted, received, complete';

const beginUpload = statement<never>(
  'artifact.begin',
  `insert into artifacts (space, hash, size_bytes, chunks, mime_type, encrypted)
   values ($1::text, $2::bytea, $3::int8, $4::int8, $5::text, $6::bool) on conflict (space, hash) do nothing`,
);
const READ = `select ${NAMES} from artifacts where space = $1::text and hash = $2::bytea`;
const readUpload = statement<ArtifactRow>('artifact.state', READ);
/** One at a time puts, completes or removes: a late chunk must not change what was found to be complete. */
const holdUpload = statement<ArtifactRow>('artifact.hold', `${READ} for update`);
const put = statement<never>(
  'artifact.put',
  `insert into artifact_chunks (space, hash, index, content) values ($1::text, $2::bytea, $3::int8, $4::bytea)
   on conflict (space, hash, index) do update set content = excluded.content`,
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
const chunksOf = statement<ChunkRow>(
  'artifact.chunks',
  `select content from artifact_chunks
   where space = $1::text and hash = $2::bytea and index >= $3::int8 order by index limit $4::int8`,
);
const chunkOfComplete = statement<ChunkRow>(
  'artifact.chunk',
  `select c.content from artifacts a join artifact_chunks c on c.space = a.space and c.hash = a.hash
   where a.space = $1::text and a.hash = $2::bytea and a.complete and c.index = $3::int8`,
);
const settle = statement<never>(
  'artifact.settle',
  `update artifacts set complete = $3::bool, received = case when $3::bool then received else 0 end
   where space = $1::text and hash = $2::bytea`,
);
const dropChunks = statement<never>(
  'artifact.drop_chunks',
  'delete from artifact_chunks where space = $1::text and hash = $2::bytea',
);
const drop = statement<never>(
  'artifact.drop',
  'delete from artifacts where space = $1::text and hash = $2::bytea',
);

export function postgresArtifacts({ sql }: { readonly sql: Sql }): ArtifactStore {
  return {
    async begin(space, info) {
      const { hash, sizeBytes, chunks, mimeType, encrypted } = info;
      await sql.query(beginUpload(space, hash, sizeBytes, chunks, mimeType, encrypted));
      return (await readState(sql, space, hash)) ?? { ...info, chunksReceived: 0, complete: false };
    },
    state: (space, hash) => readState(sql, space, hash),
    putChunk: (space, hash, index, content) =>
      sql.transaction(async (connection) => {
        const [held] = await connection.query(holdUpload(space, hash));
        if (held === undefined || index < 0 || index >= held.chunks) return null;
        if (held.complete) return stateOf(held);
        const [, , state] = await together<[never[], never[], ArtifactState | null]>([
          connection.query(put(space, hash, index, content)),
          connection.query(advance(space, hash, index)),
          readState(connection, space, hash),
        ]);
        return state;
      }),
    complete: (space, hash) => sql.transaction((connection) => completeUpload(connection, space, hash)),
    async chunk(space, hash, index) {
      return (await sql.query(chunkOfComplete(space, hash, index)))[0]?.content ?? null;
    },
    remove: (space, hash) =>
      sql.transaction(async (connection) => {
        await connection.query(holdUpload(space, hash));
        await connection.query(dropChunks(space, hash));
        await connection.query(drop(space, hash));
      }),
  };
}

async function readState(
  connection: Connection,
  space: SpaceKey,
  hash: Uint8Array,
): Promise<ArtifactState | null> {
  const [row] = await connection.query(readUpload(space, hash));
  return row === undefined ? null : stateOf(row);
}

function stateOf(row: ArtifactRow): ArtifactState {
  return {
    hash: row.hash,
    sizeBytes: row.size_bytes,
    chunks: row.chunks,
    mimeType: row.mime_type,
    encrypted: row.encrypted,
    chunksReceived: row.received,
    complete: row.complete,
  };
}

async function completeUpload(connection: Connection, space: SpaceKey, hash: Uint8Array): Promise<boolean> {
  const [held] = await connection.query(holdUpload(space, hash));
  if (held === undefined || held.complete) return held?.complete ?? false;
  if (held.received < held.chunks) return false;
  const isWhole = await hasHash(connection, space, stateOf(held));
  if (!isWhole) await connection.query(dropChunks(space, hash));
  await connection.query(settle(space, hash, isWhole));
  return isWhole;
}

/** An artifact may be larger than what should be in memory at once. */
const CHUNKS_AT_ONCE = 16;

async function hasHash(
  connection: Connection,
  space: SpaceKey,
  { hash, chunks, sizeBytes }: ArtifactInfo,
): Promise<boolean> {
  const sha256 = createHash('sha256');
  let found = 0;
  for (let index = 0; index < chunks; index += CHUNKS_AT_ONCE) {
    for (const { content } of await connection.query(chunksOf(space, hash, index, CHUNKS_AT_ONCE))) {
      sha256.update(content);
      found += content.length;
    }
  }
  return found === sizeBytes && sha256.digest().equals(hash);
}
