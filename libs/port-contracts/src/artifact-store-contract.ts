import { createHash } from 'node:crypto';
import { type DeviceId, spaceId, type SpaceKey, spaceKey, type TenantId } from '@syncline/core';
import type { Administration, ArtifactInfo, ArtifactState, ArtifactStore, Directory } from '@syncline/ports';
import { BASE_MS } from './change-fixtures';
import { madeForSuite, namesFor, type UnderTest } from './store-under-test';

export interface ArtifactStoreUnderTest extends UnderTest {
  readonly store: Pick<Directory, 'createSpace'> &
    Pick<Administration, 'removeSpace' | 'usage'> & { readonly artifacts: ArtifactStore };
}

interface World {
  readonly under: () => ArtifactStoreUnderTest['store'];
  readonly artifacts: () => ArtifactStore;
  readonly tenant: () => TenantId;
  /** A new space, of a tenant of its own or of the one that is given. */
  readonly space: (tenant?: TenantId) => Promise<SpaceKey>;
}

export interface ArtifactFixture {
  readonly info: ArtifactInfo;
  readonly chunks: readonly Uint8Array[];
}

const CHUNK_BYTES = 1_000;

/** Content that differs with its seed, cut into chunks. */
export function artifactOf(sizeBytes: number, seed = 1, chunkBytes = CHUNK_BYTES): ArtifactFixture {
  const content = Uint8Array.from({ length: sizeBytes }, (_, at) => (at * 31 + seed * 7 + (at >> 8)) & 0xff);
  const chunks = Array.from({ length: Math.ceil(sizeBytes / chunkBytes) }, (_, index) =>
    content.slice(index * chunkBytes, (index + 1) * chunkBytes),
  );
  const info: ArtifactInfo = {
    hash: new Uint8Array(createHash('sha256').update(content).digest()),
    sizeBytes,
    chunkBytes,
    chunks: chunks.length,
    mimeType: 'image/png',
    encrypted: false,
    encryptedFor: [],
    keyGeneration: 0,
    plainHash: null,
    nonce: null,
  };
  return { info, chunks };
}

const BEGUN = { chunksReceived: 0, chunksStored: 0, complete: false, corrupt: false, touchedAtMs: BASE_MS };

export function describeArtifactStoreContract(
  name: string,
  make: () => Promise<ArtifactStoreUnderTest>,
): void {
  describe(`${name} keeps the contract of an artifact store`, () => {
    const made = madeForSuite(make);
    const names = namesFor(made);
    const world: World = {
      under: () => made().store,
      artifacts: () => made().store.artifacts,
      tenant: names.tenant,
      async space(tenant = names.tenant()) {
        const space = spaceKey(tenant, spaceId(names.word()));
        await made().store.createSpace(space, null);
        return space;
      },
    };
    describeUploading(world);
    describeChunks(world);
    describeCompleting(world);
    describeCorrupt(world);
    describeRemoving(world);
    describeFinding(world);
    describeAbandoned(world);
    describeUse(world);
  });
}

/** Puts one chunk, and says how the artifact stands. */
const putOne = (
  store: ArtifactStore,
  space: SpaceKey,
  { info, chunks }: ArtifactFixture,
  index: number,
  nowMs = BASE_MS,
): Promise<ArtifactState | null> =>
  store.putChunk(space, info.hash, { index, content: chunks[index]! }, nowMs);

async function putAll(store: ArtifactStore, space: SpaceKey, fixture: ArtifactFixture): Promise<void> {
  await store.begin(space, fixture.info, BASE_MS);
  for (const index of fixture.chunks.keys()) await putOne(store, space, fixture, index);
}

async function upload(store: ArtifactStore, space: SpaceKey, fixture: ArtifactFixture): Promise<void> {
  await putAll(store, space, fixture);
  expect(await store.complete(space, fixture.info.hash)).toBe(true);
}

function describeUploading({ artifacts, space: newSpace }: World): void {
  test('what was not begun is not there', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const fixture = artifactOf(10);
    const { hash } = fixture.info;
    expect(await store.state(space, hash)).toBeNull();
    expect(await putOne(store, space, fixture, 0)).toBeNull();
    expect(await store.complete(space, hash)).toBe(false);
    expect(await store.verify(space, hash)).toBeNull();
    expect(await store.chunk(space, hash, 0)).toBeNull();
    expect(await store.remove(space, hash)).toBe(false);
  });

  test('beginning again changes nothing and tells how far the upload is', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const fixture = artifactOf(2_500);
    const { info } = fixture;
    expect(await store.begin(space, info, BASE_MS)).toEqual({ ...info, ...BEGUN });
    const touched = { ...info, ...BEGUN, chunksReceived: 1, chunksStored: 1, touchedAtMs: BASE_MS + 5 };
    expect(await putOne(store, space, fixture, 0, BASE_MS + 5)).toEqual(touched);
    const again = await store.begin(
      space,
      { ...info, mimeType: 'text/plain', encrypted: true, sizeBytes: 9, chunks: 1 },
      BASE_MS + 9,
    );
    expect(again).toEqual(touched);
    expect(await store.state(space, info.hash)).toEqual(again);
  });

  test('all that is told of an artifact comes back', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const info: ArtifactInfo = {
      ...artifactOf(2 ** 20, 1, 64 * 1024).info,
      encrypted: true,
      encryptedFor: ['d1', 'gerät'] as DeviceId[],
      keyGeneration: 3,
      plainHash: new Uint8Array(32).fill(9),
      nonce: Uint8Array.of(0, 1, 255),
    };
    await store.begin(space, info, BASE_MS);
    expect(await store.state(space, info.hash)).toEqual({ ...info, ...BEGUN });
  });
}

function describeChunks({ artifacts, space: newSpace }: World): void {
  test('chunks may come in any order and twice; what counts is where the first gap is', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const fixture = artifactOf(3_001);
    const { info, chunks } = fixture;
    await store.begin(space, info, BASE_MS);
    const received: (readonly (number | undefined)[])[] = [];
    for (const index of [2, 0, 0, 3, 1]) {
      const state = await putOne(store, space, fixture, index);
      received.push([state?.chunksReceived, state?.chunksStored]);
    }
    expect(received).toEqual([
      [0, 1],
      [1, 2],
      [1, 2],
      [1, 3],
      [4, 4],
    ]);
    expect(await store.complete(space, info.hash)).toBe(true);
    for (const [index, chunk] of chunks.entries())
      expect(await store.chunk(space, info.hash, index)).toEqual(chunk);
  });

  test('chunks that come at once all arrive', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const fixture = artifactOf(12_000);
    const { info, chunks } = fixture;
    await Promise.all([1, 2, 3].map(() => store.begin(space, info, BASE_MS)));
    const twice = [...chunks.keys(), ...chunks.keys()];
    await Promise.all(twice.map((index) => putOne(store, space, fixture, index)));
    expect(await store.state(space, info.hash)).toMatchObject({ chunksReceived: 12, chunksStored: 12 });
    expect(await Promise.all([1, 2].map(() => store.complete(space, info.hash)))).toEqual([true, true]);
  });

  test('a chunk that the artifact does not have is not taken', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const { info } = artifactOf(1_500);
    const content = new Uint8Array(1_000);
    await store.begin(space, info, BASE_MS);
    for (const index of [2, -1]) {
      expect(await store.putChunk(space, info.hash, { index, content }, BASE_MS + 1)).toBeNull();
    }
    expect(await store.state(space, info.hash)).toEqual({ ...info, ...BEGUN });
  });

  test('a buffer that is used again does not reach what was put', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const { info, chunks } = artifactOf(500);
    const content = chunks[0]!.slice();
    await store.begin(space, info, BASE_MS);
    await store.putChunk(space, info.hash, { index: 0, content }, BASE_MS);
    content.fill(0);
    expect(await store.complete(space, info.hash)).toBe(true);
    expect(await store.chunk(space, info.hash, 0)).toEqual(chunks[0]);
  });
}

function describeCompleting({ artifacts, space: newSpace }: World): void {
  test('nothing can be read before it is complete, and everything after', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const fixture = artifactOf(1_999);
    const { hash } = fixture.info;
    await putAll(store, space, fixture);
    expect(await store.chunk(space, hash, 0)).toBeNull();
    expect(await store.verify(space, hash)).toBeNull();
    expect(await store.complete(space, hash)).toBe(true);
    expect(await store.chunk(space, hash, 1)).toEqual(fixture.chunks[1]);
    expect(await store.chunk(space, hash, 2)).toBeNull();
    const complete = { ...fixture.info, ...BEGUN, chunksReceived: 2, chunksStored: 2, complete: true };
    expect(await store.state(space, hash)).toEqual(complete);
    expect(await store.complete(space, hash)).toBe(true);
    expect(await store.verify(space, hash)).toEqual(hash);
    expect(await store.begin(space, fixture.info, BASE_MS + 1)).toEqual(complete);
  });

  test('while a chunk is missing it is not complete, and the others stay', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const fixture = artifactOf(2_000);
    const { hash } = fixture.info;
    await store.begin(space, fixture.info, BASE_MS);
    await putOne(store, space, fixture, 0);
    expect(await store.complete(space, hash)).toBe(false);
    expect(await store.state(space, hash)).toMatchObject({ chunksReceived: 1, corrupt: false });
    await putOne(store, space, fixture, 1);
    expect(await store.complete(space, hash)).toBe(true);
  });
}

function describeCorrupt({ artifacts, space: newSpace }: World): void {
  test('content that has another hash is found out, and can be uploaded again', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const fixture = artifactOf(2_000);
    const { hash } = fixture.info;
    await putAll(store, space, fixture);
    const content = fixture.chunks[1]!.map((byte) => byte ^ 1);
    await store.putChunk(space, hash, { index: 1, content }, BASE_MS);
    for (const _ of [1, 2]) {
      expect(await store.complete(space, hash)).toBe(false);
      expect(await store.state(space, hash)).toEqual({ ...fixture.info, ...BEGUN, corrupt: true });
    }
    expect(await putOne(store, space, fixture, 0)).toMatchObject({ chunksStored: 1, corrupt: false });
    await putOne(store, space, fixture, 1);
    expect(await store.complete(space, hash)).toBe(true);
    expect(await store.chunk(space, hash, 1)).toEqual(fixture.chunks[1]);
  });

  test('a size that is not that of the content does not pass, and can be put right', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const fixture = artifactOf(700);
    const { hash } = fixture.info;
    await putAll(store, space, { ...fixture, info: { ...fixture.info, sizeBytes: 701 } });
    expect(await store.complete(space, hash)).toBe(false);
    expect(await store.begin(space, fixture.info, BASE_MS + 3)).toEqual({
      ...fixture.info,
      ...BEGUN,
      touchedAtMs: BASE_MS + 3,
    });
    await putOne(store, space, fixture, 0);
    expect(await store.complete(space, hash)).toBe(true);
  });

  test('a complete artifact takes no further chunks', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const fixture = artifactOf(300);
    const { hash } = fixture.info;
    await upload(store, space, fixture);
    const content = new Uint8Array(300);
    expect(await store.putChunk(space, hash, { index: 0, content }, BASE_MS)).toMatchObject({
      complete: true,
    });
    expect(await store.chunk(space, hash, 0)).toEqual(fixture.chunks[0]);
  });

  test('an empty artifact is complete without a chunk', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const fixture = artifactOf(0);
    await upload(store, space, fixture);
    expect(await store.verify(space, fixture.info.hash)).toEqual(fixture.info.hash);
  });
}

function describeRemoving({ artifacts, under, space: newSpace }: World): void {
  test('what is removed is gone from its space and from no other', async () => {
    const [store, space, other] = [artifacts(), await newSpace(), await newSpace()];
    const fixture = artifactOf(1_100);
    const { hash } = fixture.info;
    for (const each of [space, other]) await upload(store, each, fixture);
    expect(await store.remove(space, hash)).toBe(true);
    expect(await store.remove(space, hash)).toBe(false);
    expect(await store.state(space, hash)).toBeNull();
    expect(await store.chunk(space, hash, 0)).toBeNull();
    expect(await store.chunk(other, hash, 0)).toEqual(fixture.chunks[0]);
    expect(await store.begin(space, fixture.info, BASE_MS)).toEqual({ ...fixture.info, ...BEGUN });
  });

  test('with a space its artifacts go, and do not come back with it', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const fixture = artifactOf(1_100);
    await upload(store, space, fixture);
    await under().removeSpace(space);
    await under().createSpace(space, null);
    expect(await store.list(space, null, 10)).toEqual([]);
    expect(await store.begin(space, fixture.info, BASE_MS)).toEqual({ ...fixture.info, ...BEGUN });
  });
}

function describeFinding({ artifacts, space: newSpace }: World): void {
  const inOrder = (fixtures: readonly ArtifactFixture[]) =>
    fixtures.map(({ info }) => info.hash).sort((left, right) => Buffer.compare(left, right));
  const hashesOf = (states: readonly ArtifactState[]) => states.map(({ hash }) => hash);

  test('several are found in the order asked for, those that are not known left out', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const fixtures = [1, 2, 3].map((seed) => artifactOf(10, seed));
    for (const { info } of fixtures) await store.begin(space, info, BASE_MS);
    const unknown = artifactOf(10, 4).info.hash;
    const [first, second, third] = fixtures.map(({ info }) => info.hash);
    const found = await store.states(space, [third!, unknown, first!, second!, third!]);
    expect(hashesOf(found)).toEqual([third, first, second, third]);
    expect(await store.states(space, [])).toEqual([]);
    expect(await store.states(await newSpace(), [first!])).toEqual([]);
  });

  test('they are listed in the order of their hashes, from one on', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const fixtures = Array.from({ length: 5 }, (_, seed) => artifactOf(10, seed));
    for (const { info } of fixtures) await store.begin(space, info, BASE_MS);
    const hashes = inOrder(fixtures);
    expect(hashesOf(await store.list(space, null, 3))).toEqual(hashes.slice(0, 3));
    expect(hashesOf(await store.list(space, hashes[2]!, 3))).toEqual(hashes.slice(3));
    expect(await store.list(space, hashes[4]!, 3)).toEqual([]);
    expect(await store.list(await newSpace(), null, 3)).toEqual([]);
  });
}

function describeAbandoned({ artifacts, space: newSpace }: World): void {
  test('uploads that nobody went on with are removed, and nothing else', async () => {
    const [store, space, other] = [artifacts(), await newSpace(), await newSpace()];
    const [left, goneOn, whole, young] = [1, 2, 3, 4].map((seed) => artifactOf(1_500, seed));
    for (const each of [space, other]) {
      for (const fixture of [left!, goneOn!]) await store.begin(each, fixture.info, BASE_MS);
      await putOne(store, each, left!, 0);
      await putOne(store, each, goneOn!, 0, BASE_MS + 10);
      await upload(store, each, whole!);
      await store.begin(each, young!.info, BASE_MS + 10);
    }
    expect(await store.removeAbandoned(space, BASE_MS)).toEqual({ removed: 0 });
    expect(await store.removeAbandoned(space, BASE_MS + 10)).toEqual({ removed: 1 });
    expect(await store.removeAbandoned(space, BASE_MS + 10)).toEqual({ removed: 0 });
    expect(await store.state(space, left!.info.hash)).toBeNull();
    expect(await store.list(space, null, 10)).toHaveLength(3);
    expect(await store.list(other, null, 10)).toHaveLength(4);
    expect(await store.begin(space, left!.info, BASE_MS)).toMatchObject({ chunksStored: 0 });
  });
}

function describeUse({ artifacts, under, tenant: newTenant, space: newSpace }: World): void {
  test('what a tenant uses follows what is begun, put right and removed', async () => {
    const [store, tenant] = [artifacts(), newTenant()];
    const [one, two] = [await newSpace(tenant), await newSpace(tenant)];
    const foreign = await newSpace();
    const fixture = artifactOf(3_000);
    const { hash } = fixture.info;
    expect(await store.usedBytes(tenant)).toBe(0);
    await store.begin(one, { ...fixture.info, sizeBytes: 2_999 }, BASE_MS);
    await store.begin(one, fixture.info, BASE_MS);
    expect(await store.usedBytes(tenant)).toBe(2_999);
    for (const index of [0, 1, 2]) await putOne(store, one, fixture, index);
    expect(await store.complete(one, hash)).toBe(false);
    await store.begin(one, fixture.info, BASE_MS);
    await upload(store, two, fixture);
    await store.begin(two, artifactOf(500, 2).info, BASE_MS);
    await upload(store, foreign, fixture);
    expect(await store.usedBytes(tenant)).toBe(6_500);
    expect((await under().usage(tenant, 0)).artifactBytes).toBe(6_500);
    await store.removeAbandoned(two, BASE_MS + 1);
    await store.remove(one, hash);
    await store.remove(one, hash);
    expect(await store.usedBytes(tenant)).toBe(3_000);
    await under().removeSpace(two);
    expect(await store.usedBytes(tenant)).toBe(0);
  });
}
