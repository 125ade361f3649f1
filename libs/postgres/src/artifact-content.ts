import { createHash } from 'node:crypto';
import type { SpaceKey } from '@syncline/core';
import type { ArtifactInfo } from '@syncline/ports';
import { type Connection, statement } from './sql';

const chunksOf = statement<{ readonly content: Uint8Array }>(
  'artifact.chunks',
  `select content from artifact_chunks
   where space = $1::text and hash = $2::bytea and index >= $3::int8 order by index limit $4::int8`,
);
export const dropChunks = statement<never>(
  'artifact.drop_chunks',
  'delete from artifact_chunks where space = $1::text and hash = $2::bytea',
);

/** An artifact may be larger than what should be in memory at once. */
const CHUNKS_AT_ONCE = 16;

/** The size and the hash of all that is stored. */
export async function artifactContent(
  connection: Connection,
  space: SpaceKey,
  { hash, chunks }: ArtifactInfo,
): Promise<{ readonly sizeBytes: number; readonly hash: Uint8Array }> {
  const sha256 = createHash('sha256');
  let sizeBytes = 0;
  for (let index = 0; index < chunks; index += CHUNKS_AT_ONCE) {
    for (const { content } of await connection.query(chunksOf(space, hash, index, CHUNKS_AT_ONCE))) {
      sha256.update(content);
      sizeBytes += content.length;
    }
  }
  return { sizeBytes, hash: new Uint8Array(sha256.digest()) };
}
