import { createHash } from 'node:crypto';
import type { SpaceKey } from '@syncline/core';
import type { ArtifactInfo, ArtifactStore } from '@syncline/ports';
import { madeForSuite, namesFor, type UnderTest } from './store-under-test';

/** `space` makes a space that exists, where the adapter's tables ask for one. */
export interface ArtifactStoreUnderTest extends UnderTest {
  readonly artifacts: ArtifactStore;
  createSpace(space: SpaceKey): Promise<void>;
}

interface World {
  readonly artifacts: () => ArtifactStore;
  readonly space: () => Promise<SpaceKey>;
}

export interface ArtifactFixture {
  readonly info: ArtifactInfo;
  readonly chunks: readonly Uint8Array[];
}

/** Content that differs with its seed, cut into chunks of 1,000 bytes. */
export function artifactOf(sizeBytes: number, seed = 1): ArtifactFixture {
  const content = Uint8Array.from({ length: sizeBytes }, (_, at) => (at * 31 + seed * 7 + (at >> 8)) & 0xff);
  const chunks = Array.from({ length: Math.ceil(sizeBytes / 1_000) }, (_, index) =>
    content.slice(index * 1_000, (index + 1) * 1_000),
  );
  const hash = new Uint8Array(createHash('sha256').update(content).digest());
  return {
    info: { hash, sizeBytes, chunks: chunks.length, mimeType: 'image/png', encrypted: false },
    chunks,
  };
}

export function describeArtifactStoreContract(
  name: string,
  make: () => Promise<ArtifactStoreUnderTest>,
): void {
  describe(`${name} keeps the contract of an artifact store`, () => {
    const made = madeForSuite(make);
    const names = namesFor(made);
    const world: World = {
      artifacts: () => made().artifacts,
      async space() {
        const space = names.space();
        await made().createSpace(space);
        return space;
      },
    };
    describeUploading(world);
    describeCompleting(world);
    describeRemoving(world);
  });
}

async function putAll(
  store: ArtifactStore,
  space: SpaceKey,
  { info, chunks }: ArtifactFixture,
): Promise<void> {
  await store.begin(space, info);
  for (const [index, chunk] of chunks.entries()) await store.putChunk(space, info.hash, index, chunk);
}

function describeUploading({ artifacts, space: newSpace }: World): void {
  test('what was not begun is not there', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const { info, chunks } = artifactOf(10);
    expect(await store.state(space, info.hash)).toBeNull();
    expect(await store.putChunk(space, info.hash, 0, chunks[0]!)).toBeNull();
    expect(await store.complete(space, info.hash)).toBe(false);
    expect(await store.chunk(space, info.hash, 0)).toBeNull();
  });

  test('beginning again changes nothing and tells how far the upload is', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const { info, chunks } = artifactOf(2_500);
    expect(await store.begin(space, info)).toEqual({ ...info, chunksReceived: 0, complete: false });
    expect(await store.putChunk(space, info.hash, 0, chunks[0]!)).toEqual({
      ...info,
      chunksReceived: 1,
      complete: false,
    });
    const again = await store.begin(space, { ...info, mimeType: 'text/plain', encrypted: true });
    expect(again).toEqual({ ...info, chunksReceived: 1, complete: false });
    expect(await store.state(space, info.hash)).toEqual(again);
  });

  test('chunks may come in any order and twice; what counts is where the first gap is', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const { info, chunks } = artifactOf(3_001);
    await store.begin(space, info);
    const received: (number | undefined)[] = [];
    for (const index of [2, 0, 0, 3, 1]) {
      received.push((await store.putChunk(space, info.hash, index, chunks[index]!))?.chunksReceived);
    }
    expect(received).toEqual([0, 1, 1, 1, 4]);
    expect(await store.complete(space, info.hash)).toBe(true);
    for (const [index, chunk] of chunks.entries())
      expect(await store.chunk(space, info.hash, index)).toEqual(chunk);
  });

  test('a chunk that the artifact does not have is not taken', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const { info, chunks } = artifactOf(1_500);
    await store.begin(space, info);
    expect(await store.putChunk(space, info.hash, 2, chunks[0]!)).toBeNull();
    expect(await store.putChunk(space, info.hash, -1, chunks[0]!)).toBeNull();
    expect((await store.state(space, info.hash))?.chunksReceived).toBe(0);
  });

  test('a buffer that is used again does not reach what was put', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const { info, chunks } = artifactOf(500);
    const buffer = chunks[0]!.slice();
    await store.begin(space, info);
    await store.putChunk(space, info.hash, 0, buffer);
    buffer.fill(0);
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
    expect(await store.complete(space, hash)).toBe(true);
    expect(await store.chunk(space, hash, 1)).toEqual(fixture.chunks[1]);
    expect(await store.chunk(space, hash, 2)).toBeNull();
    expect(await store.state(space, hash)).toEqual({ ...fixture.info, chunksReceived: 2, complete: true });
    expect(await store.complete(space, hash)).toBe(true);
    expect(await store.begin(space, fixture.info)).toMatchObject({ complete: true });
  });

  test('while a chunk is missing it is not complete, and the others stay', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const { info, chunks } = artifactOf(2_000);
    await store.begin(space, info);
    await store.putChunk(space, info.hash, 0, chunks[0]!);
    expect(await store.complete(space, info.hash)).toBe(false);
    expect((await store.state(space, info.hash))?.chunksReceived).toBe(1);
    await store.putChunk(space, info.hash, 1, chunks[1]!);
    expect(await store.complete(space, info.hash)).toBe(true);
  });

  test.each([
    ['another content', (chunk: Uint8Array) => chunk.map((byte) => byte ^ 1)],
    ['a shorter content', (chunk: Uint8Array) => chunk.slice(1)],
  ])('%s than the hash says drops all chunks, and the upload can begin anew', async (_what, spoil) => {
    const [store, space] = [artifacts(), await newSpace()];
    const fixture = artifactOf(1_200);
    const { hash } = fixture.info;
    await putAll(store, space, fixture);
    await store.putChunk(space, hash, 1, spoil(fixture.chunks[1]!));
    expect(await store.complete(space, hash)).toBe(false);
    expect(await store.state(space, hash)).toEqual({ ...fixture.info, chunksReceived: 0, complete: false });
    await putAll(store, space, fixture);
    expect(await store.complete(space, hash)).toBe(true);
  });

  test('a size that is not that of the content does not pass', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const { info, chunks } = artifactOf(700);
    await putAll(store, space, { info: { ...info, sizeBytes: 701 }, chunks });
    expect(await store.complete(space, info.hash)).toBe(false);
  });

  test('a complete artifact takes no further chunks', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const fixture = artifactOf(300);
    await putAll(store, space, fixture);
    await store.complete(space, fixture.info.hash);
    await store.putChunk(space, fixture.info.hash, 0, new Uint8Array(300));
    expect(await store.chunk(space, fixture.info.hash, 0)).toEqual(fixture.chunks[0]);
  });

  test('an empty artifact is complete without a chunk', async () => {
    const [store, space] = [artifacts(), await newSpace()];
    const { info } = artifactOf(0);
    await store.begin(space, info);
    expect(await store.complete(space, info.hash)).toBe(true);
  });
}

function describeRemoving({ artifacts, space: newSpace }: World): void {
  test('what is removed is gone from its space and from no other', async () => {
    const [store, space, other] = [artifacts(), await newSpace(), await newSpace()];
    const fixture = artifactOf(1_100);
    const { hash } = fixture.info;
    for (const each of [space, other]) {
      await putAll(store, each, fixture);
      await store.complete(each, hash);
    }
    await store.remove(space, hash);
    await store.remove(space, hash);
    expect(await store.state(space, hash)).toBeNull();
    expect(await store.chunk(space, hash, 0)).toBeNull();
    expect(await store.chunk(other, hash, 0)).toEqual(fixture.chunks[0]);
    expect(await store.begin(space, fixture.info)).toMatchObject({ chunksReceived: 0, complete: false });
  });
}
