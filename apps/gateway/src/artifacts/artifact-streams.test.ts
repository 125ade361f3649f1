import { crc32c, type Reason } from '@syncline/core';
import { memoryRateLimits } from '@syncline/memory';
import { type ArtifactFixture, eventually, tenantOfId } from '@syncline/port-contracts';
import type { ArtifactStore, RateLimits } from '@syncline/ports';
import { UploadArtifactRequest } from '@syncline/proto';
import { type DownloadPart, encode } from '@syncline/wire';
import { clock, HOME, HOME_KEY, TENANT } from '../gateway.test-fixtures';
import {
  artifactOf,
  type ArtifactWorld,
  artifactWorld,
  type ArtifactWorldGiven,
  type TestDownload,
  wantedOf,
} from './artifact-world.test-fixtures';

const made: { world?: ArtifactWorld } = {};
const begin = async (given: ArtifactWorldGiven = {}): Promise<ArtifactWorld> =>
  (made.world = await artifactWorld(given));
afterEach(async () => {
  await made.world?.close();
  delete made.world;
});

const reasonOf = async ({ end }: Pick<TestDownload, 'end'>): Promise<Reason | null> =>
  (await end())?.reason ?? null;

/** The count once it moves no more. */
async function standstill(counted: { readonly count: number }): Promise<number> {
  const seen = { count: -1, looks: 0 };
  await eventually(() => {
    seen.looks = seen.count === counted.count ? seen.looks + 1 : 0;
    seen.count = counted.count;
    expect(seen.looks).toBeGreaterThanOrEqual(20);
  });
  return seen.count;
}

const contentOf = (parts: readonly DownloadPart[]): Buffer =>
  Buffer.concat(parts.flatMap((part) => (part?.kind === 'chunk' ? [part.chunk.content] : [])));

const everything = ({ chunks }: ArtifactFixture): Buffer => Buffer.concat(chunks);

describe('uploading over a stream', () => {
  test('is told how it goes, and ends when all is there', async () => {
    const world = await begin();
    const fixture = artifactOf(40_000);
    const upload = world.upload('editor');
    upload.begin(fixture);
    expect(await upload.heardOf(0)).toMatchObject({ done: false, delayMs: 0 });
    for (const index of [1, 0, 0, ...fixture.chunks.keys()]) upload.chunk(fixture, index);
    expect(await upload.end()).toBeNull();
    expect(upload.heard.at(-1)).toMatchObject({
      done: true,
      standing: { complete: true, chunksReceived: 40, expiresAtMs: null },
    });
    // Once at the beginning, every 16 chunks, and at the end.
    expect(upload.heard.length).toBeLessThanOrEqual(6);
    expect(upload.heard.length).toBeGreaterThanOrEqual(4);
    const download = world.download('reader', wantedOf(fixture));
    expect(await download.end()).toBeNull();
    expect(contentOf(download.parts)).toEqual(everything(fixture));
  });

  test('a single chunk is told after a moment, without any further one', async () => {
    const world = await begin();
    const fixture = artifactOf(3_000);
    const upload = world.upload('owner');
    upload.begin(fixture);
    upload.chunk(fixture, 0);
    const told = await upload.heardOf(1);
    expect(told.done).toBe(false);
    expect(told.standing.expiresAtMs).toBeGreaterThan(0);
    upload.call.end();
    expect(await upload.end()).toBeNull();
  });

  test('what is there already is said at once', async () => {
    const world = await begin();
    for (const fixture of [artifactOf(0), artifactOf(1_500)]) {
      if (fixture.chunks.length > 0) await world.uploaded(fixture);
      const upload = world.upload('owner');
      upload.begin(fixture);
      expect(await upload.end()).toBeNull();
      expect(upload.heard).toMatchObject([{ done: true, standing: { complete: true } }]);
    }
  });

  test('breaks off and goes on where it was, at another gateway and on another device', async () => {
    const world = await begin();
    const fixture = artifactOf(20_000);
    const first = world.upload('owner');
    first.begin(fixture);
    for (let index = 0; index < 7; index++) first.chunk(fixture, index);
    await eventually(async () =>
      expect(await world.store.artifacts.state(HOME_KEY, fixture.info.hash)).toMatchObject({
        chunksReceived: 7,
      }),
    );
    first.call.cancel();
    const second = world.upload('editor', { device: 'd2', gate: await world.gateway() });
    second.begin(fixture);
    const { standing } = await second.heardOf(7);
    for (let index = standing.chunksReceived; index < 20; index++) second.chunk(fixture, index);
    expect(await second.end()).toBeNull();
    expect(second.heard.at(-1)).toMatchObject({ done: true, standing: { complete: true } });
  });

  test('content with another hash is said to be corrupt', async () => {
    const world = await begin();
    const fixture = artifactOf(1_500);
    const wrong = { ...fixture, chunks: [fixture.chunks[0]!, new Uint8Array(500)] };
    const upload = world.upload('owner');
    upload.begin(fixture);
    for (const index of [0, 1]) upload.chunk(wrong, index);
    expect(await upload.end()).toBeNull();
    expect(upload.heard.at(-1)).toMatchObject({
      done: true,
      standing: { complete: false, corrupt: true, chunksReceived: 0 },
    });
    const again = world.upload('owner');
    again.begin(fixture);
    for (const index of [0, 1]) again.chunk(fixture, index);
    expect(await again.end()).toBeNull();
    expect(again.heard.at(-1)).toMatchObject({ done: true, standing: { complete: true } });
  });

  test.each<[string, string | null, Reason]>([
    ['without a token', null, 'UNAUTHENTICATED'],
    ['with a forged token', 'forged', 'UNAUTHENTICATED'],
    ['as a stranger', 'stranger', 'SPACE_NOT_FOUND'],
    ['from another tenant', 'of another tenant', 'SPACE_NOT_FOUND'],
    ['as a reader', 'reader', 'PERMISSION_DENIED'],
  ])('%s is refused', async (_, token, reason) => {
    const world = await begin();
    const fixture = artifactOf(10);
    const upload = world.upload(token);
    upload.begin(fixture);
    expect(await reasonOf(upload)).toBe(reason);
    expect(await world.store.artifacts.list(HOME_KEY, null, 9)).toEqual([]);
  });

  test('on a device that is shut out, or someone else’s, is refused', async () => {
    const world = await begin();
    const described = { name: '', platform: '', appVersion: '', client: '' };
    await world.store.registerDevice({
      device: { tenant: TENANT, device: 'other' as never },
      user: 'ann' as never,
      nowMs: 1,
      seen: null,
      devicesMax: null,
      ...described,
    });
    await world.store.revoke({ tenant: TENANT, device: 'stolen' as never });
    for (const [device, reason] of [
      ['other', 'DEVICE_OF_OTHER_USER'],
      ['stolen', 'DEVICE_REVOKED'],
    ] as const) {
      const upload = world.upload('owner', { device });
      upload.begin(artifactOf(10));
      expect(await reasonOf(upload)).toBe(reason);
      const download = world.download('owner', wantedOf(artifactOf(10), { device: device as never }));
      expect(await reasonOf(download)).toBe(reason);
    }
  });

  const fixture = artifactOf(1_500);
  const content = fixture.chunks[0]!;
  test.each<[string, Reason, { index?: number; content?: Uint8Array; crc32c?: number }]>([
    ['a wrong checksum', 'CORRUPTION', { crc32c: crc32c(content) ^ 1 }],
    ['too many bytes', 'ARTIFACT_TOO_LARGE', { content: new Uint8Array(65_537) }],
    ['too few bytes', 'INVALID_ARGUMENT', { content: content.subarray(1) }],
    ['a place beyond the end', 'INVALID_ARGUMENT', { index: 2 }],
  ])('a chunk with %s ends the stream, and what came before stays', async (_, reason, given) => {
    const world = await begin();
    const upload = world.upload('owner');
    upload.begin(fixture);
    upload.chunk(fixture, 1);
    upload.say({ kind: 'chunk', chunk: { index: 0, content, crc32c: null, ...given } });
    expect(await reasonOf(upload)).toBe(reason);
    expect(await world.store.artifacts.state(HOME_KEY, fixture.info.hash)).toMatchObject({
      chunksReceived: 0,
      chunksStored: 1,
    });
  });

  test('messages in the wrong order, of no known kind, or none at all', async () => {
    const world = await begin({ limits: { helloWithinMs: 50 } });
    const chunkFirst = world.upload('owner');
    chunkFirst.chunk(fixture, 0);
    expect(await reasonOf(chunkFirst)).toBe('WRONG_ORDER');
    const twice = world.upload('owner');
    twice.begin(fixture);
    twice.begin(fixture);
    expect(await reasonOf(twice)).toBe('WRONG_ORDER');
    const unknown = world.upload('owner');
    unknown.begin(fixture);
    unknown.say(null);
    expect(await reasonOf(unknown)).toBe('UNKNOWN_MESSAGE');
    const nonsense = world.upload('owner');
    nonsense.call.write(new Uint8Array([255, 255]));
    expect(await reasonOf(nonsense)).toBe('INVALID_ARGUMENT');
    const ending = world.upload('owner');
    ending.call.end();
    expect(await reasonOf(ending)).toBe('WRONG_ORDER');
    const silent = world.upload('owner');
    expect(await reasonOf(silent)).toBe('DEADLINE_EXCEEDED');
  });

  test('a device that says nothing any more is not waited for', async () => {
    const world = await begin({ timing: { slowConsumerMs: 100 } });
    const upload = world.upload('owner');
    upload.begin(fixture);
    expect(await reasonOf(upload)).toBe('DEADLINE_EXCEEDED');
  });

  test('what is over the quota of the tenant is refused by name', async () => {
    const world = await begin();
    const { quotas } = tenantOfId(TENANT);
    await world.store.createTenant(tenantOfId(TENANT, { quotas: { ...quotas, artifactBytesMax: 1_499 } }));
    const upload = world.upload('owner');
    upload.begin(fixture);
    expect(await upload.end()).toMatchObject({
      reason: 'QUOTA_EXCEEDED',
      facts: { limit: 'artifact_bytes_max', allowed: '1499', value: '1500' },
    });
  });

  test('too fast a device is told to wait, is made to, and loses nothing', async () => {
    const world = await begin({ limits: { artifactBytesPerSecondMax: 20_000 } });
    const large = artifactOf(24_000);
    const upload = world.upload('owner');
    upload.begin(large);
    for (const index of large.chunks.keys()) upload.chunk(large, index);
    expect(await upload.end()).toBeNull();
    const delays = upload.heard.map(({ delayMs }) => delayMs).filter((delayMs) => delayMs > 0);
    expect(delays.length).toBeGreaterThan(0);
    expect(Math.max(...delays)).toBeLessThanOrEqual(51);
    expect(upload.heard.at(-1)).toMatchObject({ done: true, standing: { complete: true } });
  });

  test('a tenant’s own rate holds for its devices', async () => {
    const world = await begin();
    const rates = { ...tenantOfId(TENANT).rates, artifactBytesPerSecondMax: 1_000 };
    await world.store.createTenant(tenantOfId(TENANT, { rates }));
    const upload = world.upload('owner');
    upload.begin(fixture);
    for (const index of [0, 1]) upload.chunk(fixture, index);
    await eventually(() => expect(upload.heard.some(({ delayMs }) => delayMs > 100)).toBe(true));
    upload.call.cancel();
  });

  test('rights that end while it goes on end it', async () => {
    const world = await begin({ timing: { revokedMs: 0 } });
    const upload = world.upload('editor');
    upload.begin(fixture);
    await upload.heardOf(0);
    await world.store.setAccess(HOME_KEY, 'editor' as never, { role: 'reader', collections: new Map() });
    upload.chunk(fixture, 0);
    expect(await reasonOf(upload)).toBe('PERMISSION_DENIED');
  });

  test('no more is read from the stream than can be stored', async () => {
    const world = await begin();
    const { artifacts } = world.store;
    const held: { release?: () => void } = {};
    const stuck = new Promise<void>((resolve) => (held.release = resolve));
    const store = {
      ...world.store,
      artifacts: {
        ...artifacts,
        putChunk: async (...given: Parameters<ArtifactStore['putChunk']>) => {
          await stuck;
          return artifacts.putChunk(...given);
        },
      },
    };
    const large = artifactOf(2 ** 22, 1, 65_536);
    const upload = world.upload('owner', { gate: await world.gateway({ store }) });
    upload.begin(large);
    await upload.heardOf(0);
    const taken = { count: 0 };
    for (const [index, content] of large.chunks.entries()) {
      const message = { $case: 'chunk', chunk: { index, data: content } } as const;
      upload.call.write(encode(UploadArtifactRequest, { message }), () => taken.count++);
    }
    // A window of HTTP/2 and a few messages: the rest waits with the device.
    expect(await standstill(taken)).toBeLessThan(24);
    held.release!();
    expect(await upload.end()).toBeNull();
    expect(upload.heard.at(-1)).toMatchObject({ standing: { complete: true } });
  });

  test('at the end of the gateway it is asked to go on elsewhere', async () => {
    const world = await begin({ timing: { drainMs: 1 } });
    const upload = world.upload('owner');
    upload.begin(fixture);
    await upload.heardOf(0);
    await world.gate.drain();
    expect(await reasonOf(upload)).toBe('DRAINING');
  });
});

describe('downloading over a stream', () => {
  const fixture = artifactOf(5_500);

  test('brings what it is, and then its chunks in order, with checksums', async () => {
    const world = await begin();
    await world.uploaded(fixture);
    const download = world.download('reader', wantedOf(fixture));
    expect(await download.end()).toBeNull();
    expect(download.parts).toEqual([
      { kind: 'metadata', info: fixture.info },
      ...fixture.chunks.map((content, index) => ({
        kind: 'chunk',
        chunk: { index, content, crc32c: crc32c(content) },
      })),
    ]);
    expect(await world.gate.metric('artifact_bytes_total{way="out"}')).toBe(5_500);
  });

  test('begins at any chunk, and brings as many as are wanted', async () => {
    const world = await begin();
    await world.uploaded(fixture);
    const indexes = async (fromChunk: number, chunks: number | null) => {
      const download = world.download('reader', wantedOf(fixture, { fromChunk, chunks }));
      expect(await download.end()).toBeNull();
      return download.parts.flatMap((part) => (part?.kind === 'chunk' ? [part.chunk.index] : []));
    };
    expect(await indexes(4, null)).toEqual([4, 5]);
    expect(await indexes(1, 2)).toEqual([1, 2]);
    expect(await indexes(5, 9)).toEqual([5]);
    expect(await indexes(6, null)).toEqual([]);
    const beyond = world.download('reader', wantedOf(fixture, { fromChunk: 7 }));
    expect(await beyond.end()).toMatchObject({
      reason: 'INVALID_ARGUMENT',
      violations: [{ field: 'from_chunk' }],
    });
  });

  test.each<[string, string | null, Reason]>([
    ['without a token', null, 'UNAUTHENTICATED'],
    ['as a stranger', 'stranger', 'SPACE_NOT_FOUND'],
    ['from another tenant', 'of another tenant', 'SPACE_NOT_FOUND'],
  ])('%s is refused', async (_, token, reason) => {
    const world = await begin();
    await world.uploaded(fixture);
    expect(await reasonOf(world.download(token, wantedOf(fixture)))).toBe(reason);
  });

  test('what is not there, or not whole, is said to be so', async () => {
    const world = await begin();
    expect(await reasonOf(world.download('reader', wantedOf(fixture)))).toBe('ARTIFACT_NOT_FOUND');
    await world.store.artifacts.begin(HOME_KEY, fixture.info, 1);
    expect(await reasonOf(world.download('reader', wantedOf(fixture)))).toBe('ARTIFACT_INCOMPLETE');
    const wrong = { ...wantedOf(fixture), sha256: new Uint8Array(3), device: '' };
    expect(await world.download('reader', wrong).end()).toMatchObject({
      violations: [{ field: 'device' }, { field: 'sha256' }],
    });
  });

  test('goes no faster than is allowed', async () => {
    const rates = memoryRateLimits({ clock });
    const denied = { count: 0 };
    const counted: RateLimits = {
      async take(wanted) {
        const answer = await rates.take(wanted);
        if (!answer.granted) denied.count++;
        return answer;
      },
    };
    const world = await begin({ limits: { artifactBytesPerSecondMax: 5_000 }, options: { rates: counted } });
    await world.uploaded(fixture);
    const download = world.download('reader', wantedOf(fixture));
    expect(await download.end()).toBeNull();
    expect(contentOf(download.parts)).toEqual(everything(fixture));
    expect(denied.count).toBeGreaterThan(0);
    expect(denied.count).toBeLessThan(5);
  });

  test('a device that takes nothing is cut off, and costs no memory until then', async () => {
    const world = await begin({
      timing: { slowConsumerMs: 200 },
      limits: { artifactBytesPerSecondMax: 1_000_000_000 },
    });
    const large = artifactOf(2 ** 23, 1, 65_536);
    await world.uploaded(large);
    const download = world.download('reader', wantedOf(large));
    download.call.pause();
    await eventually(async () => expect(await world.gate.metric('slow_consumers_total')).toBe(1));
    expect(await world.gate.metric('artifact_bytes_total{way="out"}')).toBeLessThan(2 ** 22);
    download.call.cancel();
  });

  test('one that was hung up is not read for any more', async () => {
    const world = await begin({ limits: { artifactBytesPerSecondMax: 2_000 } });
    await world.uploaded(fixture);
    const download = world.download('reader', wantedOf(fixture, { space: HOME }));
    await eventually(() => expect(download.parts.length).toBeGreaterThan(2));
    download.call.cancel();
    expect(await download.end()).not.toBeNull();
    await eventually(async () =>
      expect(
        await world.gate.metric(
          'call_seconds_count{method="syncline.v1.ArtifactService/DownloadArtifact",reason="DEADLINE_EXCEEDED"}',
        ),
      ).toBe(1),
    );
  });
});
