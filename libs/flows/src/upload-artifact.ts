import {
  type Answer,
  crc32c,
  granted,
  type Limits,
  overLimit,
  type Refusal,
  refusal,
  refused,
  sameBytes,
  type SpaceKey,
  tenantOf,
  type Violation,
} from '@syncline/core';
import type {
  ArtifactChunk,
  ArtifactInfo,
  ArtifactState,
  ArtifactStore,
  Clock,
  Tenants,
} from '@syncline/ports';

export interface UploadArtifactDeps {
  readonly artifacts: ArtifactStore;
  readonly tenants: Pick<Tenants, 'tenant'>;
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'chunkBytesMax' | 'artifactSizeBytesMax' | 'artifactChunksMax'>;
}

/** A chunk as it was sent. */
export interface SentChunk extends ArtifactChunk {
  /** What the sender reckoned over the content; null when it did not. */
  readonly crc32c: number | null;
}

/** Uploads go on where they are, whoever began them; the content decides in the end. */
export function uploadArtifact(deps: UploadArtifactDeps) {
  const { artifacts, clock, limits } = deps;

  /** What arrived last may have been the last that was missing. */
  const settled = async (space: SpaceKey, state: ArtifactState): Promise<Answer<ArtifactState>> => {
    if (state.complete || state.corrupt || state.chunksReceived < state.chunks) return granted(state);
    await artifacts.complete(space, state.hash);
    return knownOr(await artifacts.state(space, state.hash));
  };

  return {
    begin: async (space: SpaceKey, info: ArtifactInfo): Promise<Answer<ArtifactState>> => {
      const obstacle = tooLarge(info, limits);
      if (obstacle !== null) return { ok: false, refusal: obstacle };
      const known = await artifacts.state(space, info.hash);
      if (known === null || known.corrupt) {
        const over = await overQuota(deps, space, info.sizeBytes - (known?.sizeBytes ?? 0));
        if (over !== null) return { ok: false, refusal: over };
      }
      const state = await artifacts.begin(space, info, clock.nowMs());
      const violations = differences(state, info);
      if (violations.length > 0) return refused('INVALID_ARGUMENT', { violations });
      return settled(space, state);
    },
    put: async (space: SpaceKey, info: ArtifactInfo, chunk: SentChunk): Promise<Answer<ArtifactState>> => {
      const obstacle = chunkObstacle(info, chunk, limits);
      if (obstacle !== null) return { ok: false, refusal: obstacle };
      const state = await artifacts.putChunk(space, info.hash, chunk, clock.nowMs());
      // Released by somebody, or forgotten, since it was begun.
      return state === null ? refused('ARTIFACT_NOT_FOUND') : settled(space, state);
    },
  };
}

const knownOr = (state: ArtifactState | null): Answer<ArtifactState> =>
  state === null ? refused('ARTIFACT_NOT_FOUND') : granted(state);

function tooLarge(
  { sizeBytes, chunkBytes, chunks }: ArtifactInfo,
  limits: UploadArtifactDeps['limits'],
): Refusal | null {
  const asked = { artifactSizeBytesMax: sizeBytes, artifactChunksMax: chunks, chunkBytesMax: chunkBytes };
  for (const [limit, value] of Object.entries(asked)) {
    const allowed = limits[limit as keyof typeof asked];
    if (value > allowed) return overLimit('ARTIFACT_TOO_LARGE', limit, allowed, value);
  }
  return null;
}

/** Of those who begin at the same moment some may pass the quota: nothing is locked for it. */
async function overQuota(
  { artifacts, tenants }: UploadArtifactDeps,
  space: SpaceKey,
  moreBytes: number,
): Promise<Refusal | null> {
  const tenant = tenantOf(space);
  const bytesMax = (await tenants.tenant(tenant))?.quotas.artifactBytesMax ?? null;
  if (bytesMax === null || moreBytes <= 0) return null;
  const asked = (await artifacts.usedBytes(tenant)) + moreBytes;
  return asked <= bytesMax ? null : overLimit('QUOTA_EXCEEDED', 'artifactBytesMax', bytesMax, asked);
}

const FIELDS: Readonly<Record<Exclude<keyof ArtifactInfo, 'hash'>, string>> = {
  sizeBytes: 'size_bytes',
  chunkBytes: 'chunk_bytes',
  chunks: 'chunk_count',
  mimeType: 'mime_type',
  encrypted: 'encrypted',
  encryptedFor: 'encrypted_for',
  keyGeneration: 'key_generation',
  plainHash: 'plain_sha256',
  nonce: 'nonce',
};

/** What was begun before has to be gone on with as what it was. */
function differences(known: ArtifactInfo, told: ArtifactInfo): Violation[] {
  const names = Object.keys(FIELDS) as (keyof typeof FIELDS)[];
  return names
    .filter((name) => !isSame(known[name], told[name]))
    .map((name) => ({
      field: `metadata.${FIELDS[name]}`,
      description: 'must be what it was when this artifact was begun; ask for its status',
    }));
}

type Told = ArtifactInfo[keyof typeof FIELDS];

function isSame(one: Told, other: Told): boolean {
  if (one instanceof Uint8Array && other instanceof Uint8Array) return sameBytes(one, other);
  if (Array.isArray(one) && Array.isArray(other)) return one.join('\n') === other.join('\n');
  return one === other;
}

function chunkObstacle(
  { sizeBytes, chunkBytes, chunks }: ArtifactInfo,
  { index, content, crc32c: sum }: SentChunk,
  { chunkBytesMax }: UploadArtifactDeps['limits'],
): Refusal | null {
  const wrong = (field: string, description: string): Refusal =>
    refusal('INVALID_ARGUMENT', { violations: [{ field: `chunk.${field}`, description }] });
  if (content.length > chunkBytesMax)
    return overLimit('ARTIFACT_TOO_LARGE', 'chunkBytesMax', chunkBytesMax, content.length);
  if (index >= chunks) return wrong('index', `must be below ${chunks}, the number of chunks`);
  const expected = Math.min(chunkBytes, sizeBytes - index * chunkBytes);
  if (content.length !== expected) return wrong('data', `must have ${expected} bytes in chunk ${index}`);
  if (sum !== null && sum !== crc32c(content))
    return refusal('CORRUPTION', {
      message: `Chunk ${index} does not have the checksum that came with it. Send it again.`,
      facts: { chunk: String(index) },
    });
  return null;
}
