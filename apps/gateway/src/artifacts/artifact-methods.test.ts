import { crc32c, hexOf, type Reason } from '@syncline/core';
import { type ArtifactFixture, eventually, tenantOfId } from '@syncline/port-contracts';
import * as proto from '@syncline/proto';
import { putChunkCall } from '@syncline/wire';
import { create, HOME, HOME_KEY, pushOf, TENANT } from '../gateway.test-fixtures';
import {
  artifactOf,
  type ArtifactWorld,
  artifactWorld,
  type ArtifactWorldGiven,
  reasonOf,
  valueOf,
} from './artifact-world.test-fixtures';

const made: { world?: ArtifactWorld } = {};
const begin = async (given: ArtifactWorldGiven = {}): Promise<ArtifactWorld> =>
  (made.world = await artifactWorld(given));
afterEach(async () => {
  await made.world?.close();
  delete made.world;
});

describe.each(['grpc', 'http'] as const)('artifacts without streams, over %s', (transport) => {
  const via = (): ArtifactWorld['grpc'] => made.world![transport];
  const put = (
    caller: string | null,
    fixture: ArtifactFixture,
    index: number,
    given: Partial<proto.ArtifactChunk> = {},
  ) => {
    const content = fixture.chunks[index] ?? new Uint8Array(1);
    const call = { space: HOME, info: fixture.info, chunk: { index, content, crc32c: crc32c(content) } };
    const message = putChunkCall.toProto(call);
    return via()(caller, 'PutChunk', proto.PutChunkRequest, proto.PutChunkResponse, {
      ...message,
      chunk: { ...message.chunk!, ...given },
    });
  };
  const get = (caller: string | null, { info }: ArtifactFixture, index = 0) =>
    via()(caller, 'GetChunk', proto.GetChunkRequest, proto.GetChunkResponse, {
      space: HOME,
      sha256: info.hash,
      index,
    });
  const status = (caller: string | null, ...sha256: Uint8Array[]) =>
    via()(caller, 'GetArtifactStatus', proto.GetArtifactStatusRequest, proto.GetArtifactStatusResponse, {
      space: HOME,
      sha256,
    });
  const verify = (caller: string | null, { info }: ArtifactFixture) =>
    via()(caller, 'VerifyArtifact', proto.VerifyArtifactRequest, proto.VerifyArtifactResponse, {
      space: HOME,
      sha256: info.hash,
    });
  const list = (caller: string | null, given: Partial<proto.ListArtifactsRequest> = {}) =>
    via()(caller, 'ListArtifacts', proto.ListArtifactsRequest, proto.ListArtifactsResponse, {
      space: HOME,
      ...given,
    });
  const release = (caller: string | null, { info }: ArtifactFixture) =>
    via()(caller, 'ReleaseArtifact', proto.ReleaseArtifactRequest, proto.ReleaseArtifactResponse, {
      space: HOME,
      sha256: info.hash,
    });
  const fixture = artifactOf(2_500);
  const { hash } = fixture.info;

  test('one is put chunk by chunk, in any order and again, and read the same way', async () => {
    await begin();
    const told = [];
    for (const index of [2, 0, 0, 1]) told.push(valueOf(await put('editor', fixture, index)).status!);
    expect(told.map(({ contiguousChunks, receivedChunks }) => [contiguousChunks, receivedChunks])).toEqual([
      [0, 1],
      [1, 2],
      [1, 2],
      [3, 3],
    ]);
    expect(told.map(({ state }) => state)).toEqual([1, 1, 1, proto.ArtifactState.COMPLETE]);
    expect(told[0]!.expiresAtMs).toBeGreaterThan(0);
    expect(told[3]).toMatchObject({ expiresAtMs: 0, referenceCount: 0, metadata: { mimeType: 'image/png' } });
    const again = valueOf(await put('owner', fixture, 1));
    expect(again.status!.state).toBe(proto.ArtifactState.COMPLETE);
    for (const [index, content] of fixture.chunks.entries()) {
      const { chunk } = valueOf(await get('reader', fixture, index));
      expect(chunk).toEqual({ index, data: expect.anything() as unknown, crc32c: crc32c(content) });
      expect(new Uint8Array(chunk!.data)).toEqual(content);
    }
  });

  test('what is missing is found out, for those that are known', async () => {
    await begin();
    valueOf(await put('owner', fixture, 0));
    const unknown = artifactOf(7).info.hash;
    const { artifacts } = valueOf(await status('reader', unknown, hash));
    expect(artifacts.map(({ contiguousChunks, state }) => [contiguousChunks, state])).toEqual([
      [1, proto.ArtifactState.INCOMPLETE],
    ]);
    const many = Array.from({ length: 1_001 }, () => hash);
    expect(await status('reader', ...many)).toMatchObject({
      refusal: { reason: 'INVALID_ARGUMENT', violations: [{ field: 'sha256' }] },
    });
  });

  test('content with another hash is corrupt, is said to be, and may be uploaded again', async () => {
    const world = await begin();
    for (const index of [0, 1]) valueOf(await put('owner', fixture, index));
    const last = await put('owner', fixture, 2, { data: new Uint8Array(500), crc32c: undefined });
    expect(valueOf(last).status).toMatchObject({ state: proto.ArtifactState.CORRUPT, receivedChunks: 0 });
    expect(valueOf(await status('reader', hash)).artifacts[0]!.state).toBe(proto.ArtifactState.CORRUPT);
    expect(reasonOf(await get('reader', fixture))).toBe('ARTIFACT_INCOMPLETE');
    for (const index of [0, 1, 2]) valueOf(await put('owner', fixture, index));
    expect((await world.store.artifacts.state(HOME_KEY, hash))?.complete).toBe(true);
  });

  test('one is read again and compared', async () => {
    await begin();
    expect(reasonOf(await verify('reader', fixture))).toBe('ARTIFACT_NOT_FOUND');
    valueOf(await put('owner', fixture, 0));
    expect(reasonOf(await verify('reader', fixture))).toBe('ARTIFACT_INCOMPLETE');
    for (const index of [1, 2]) valueOf(await put('owner', fixture, index));
    const verified = valueOf(await verify('reader', fixture));
    expect(verified).toMatchObject({ verified: true, status: { state: proto.ArtifactState.COMPLETE } });
    expect(new Uint8Array(verified.actualSha256)).toEqual(hash);
  });

  test('those of a space are listed in parts, and none is referred to', async () => {
    const world = await begin();
    const fixtures = [1, 2, 3].map((seed) => artifactOf(100, seed));
    for (const each of fixtures) await world.uploaded(each);
    const hashes = fixtures.map(({ info }) => hexOf(info.hash)).sort();
    const first = valueOf(await list('reader', { resultsMax: 2, unreferencedOnly: true }));
    const second = valueOf(await list('reader', { resultsMax: 2, after: first.next }));
    const told = [...first.artifacts, ...second.artifacts];
    expect(told.map(({ metadata }) => hexOf(metadata!.sha256))).toEqual(hashes);
    expect([first.artifacts.length, second.next]).toEqual([2, '']);
    expect(await list('reader', { after: 'x' })).toMatchObject({
      refusal: { violations: [{ field: 'after' }] },
    });
  });

  test('one is given up, finished or not', async () => {
    const world = await begin();
    await world.uploaded(fixture);
    expect(reasonOf(await release('reader', fixture))).toBe('PERMISSION_DENIED');
    expect(valueOf(await release('editor', fixture)).removed).toBe(true);
    expect(valueOf(await release('editor', fixture)).removed).toBe(false);
    expect(reasonOf(await get('reader', fixture))).toBe('ARTIFACT_NOT_FOUND');
    valueOf(await put('owner', fixture, 0));
    expect(valueOf(await release('owner', fixture)).removed).toBe(true);
    expect(valueOf(await status('reader', hash)).artifacts).toEqual([]);
  });

  test.each<[string, string | null, Reason, Reason]>([
    ['without a token', null, 'UNAUTHENTICATED', 'UNAUTHENTICATED'],
    ['with a forged token', 'forged', 'UNAUTHENTICATED', 'UNAUTHENTICATED'],
    ['as a stranger', 'stranger', 'SPACE_NOT_FOUND', 'SPACE_NOT_FOUND'],
    ['from another tenant', 'of another tenant', 'SPACE_NOT_FOUND', 'SPACE_NOT_FOUND'],
    ['as a reader', 'reader', 'OK' as Reason, 'PERMISSION_DENIED'],
  ])('%s, each call is answered as the role allows', async (_, caller, toRead, toWrite) => {
    const world = await begin();
    await world.uploaded(fixture);
    const reading = [
      await get(caller, fixture),
      await status(caller, hash),
      await verify(caller, fixture),
      await list(caller),
    ];
    expect(reading.map(reasonOf)).toEqual([toRead, toRead, toRead, toRead]);
    const writing = [await put(caller, artifactOf(1), 0), await release(caller, fixture)];
    expect(writing.map(reasonOf)).toEqual([toWrite, toWrite]);
    expect(await world.store.artifacts.list(HOME_KEY, null, 9)).toHaveLength(1);
  });

  test('what cannot be is refused, each for its reason', async () => {
    const world = await begin({ limits: { artifactSizeBytesMax: 100_000 } });
    const refused = async (answer: ReturnType<typeof put>) => {
      const given = await answer;
      return given.ok ? [] : [given.refusal.reason, given.refusal.violations[0]?.field];
    };
    expect(await refused(put('owner', fixture, 0, { crc32c: 1 }))).toEqual(['CORRUPTION', undefined]);
    expect(await refused(put('owner', fixture, 0, { data: new Uint8Array(9), crc32c: undefined }))).toEqual([
      'INVALID_ARGUMENT',
      'chunk.data',
    ]);
    expect(await refused(put('owner', fixture, 3))).toEqual(['INVALID_ARGUMENT', 'chunk.index']);
    expect(await put('owner', fixture, 0, { data: new Uint8Array(65_537) })).toMatchObject({
      refusal: { reason: 'ARTIFACT_TOO_LARGE', facts: { limit: 'chunk_bytes_max' } },
    });
    const large = { ...fixture, info: { ...fixture.info, sizeBytes: 100_001, chunks: 101 } };
    expect(await put('owner', large, 0)).toMatchObject({
      refusal: { reason: 'ARTIFACT_TOO_LARGE', facts: { limit: 'artifact_size_bytes_max' } },
    });
    const other = { ...fixture, info: { ...fixture.info, mimeType: 'text/plain' } };
    expect(await refused(put('owner', other, 0))).toEqual(['INVALID_ARGUMENT', 'metadata.mime_type']);
    expect(reasonOf(await get('reader', artifactOf(8)))).toBe('ARTIFACT_NOT_FOUND');
    await world.uploaded(artifactOf(9));
    expect(await get('reader', artifactOf(9), 1)).toMatchObject({
      refusal: { reason: 'INVALID_ARGUMENT', violations: [{ field: 'index' }] },
    });
  });

  test('who is too fast is told when to come again, in either direction', async () => {
    const world = await begin({ limits: { artifactBytesPerSecondMax: 1_000 } });
    valueOf(await put('owner', fixture, 0));
    const over = await put('owner', fixture, 1);
    expect(over).toMatchObject({
      refusal: { reason: 'RATE_LIMITED', facts: { limit: 'artifact_bytes_per_second_max', allowed: '1000' } },
    });
    expect(over.ok ? 0 : over.refusal.retryAfterMs).toBeGreaterThan(0);
    await world.uploaded(artifactOf(1_000, 2));
    valueOf(await verify('reader', artifactOf(1_000, 2)));
    expect(reasonOf(await get('reader', artifactOf(1_000, 2)))).toBe('RATE_LIMITED');
    expect((await world.store.artifacts.state(HOME_KEY, hash))?.chunksStored).toBe(1);
  });

  test('what a tenant uses is counted, and bounded', async () => {
    const world = await begin();
    const { quotas } = tenantOfId(TENANT);
    await world.store.createTenant(tenantOfId(TENANT, { quotas: { ...quotas, artifactBytesMax: 3_000 } }));
    valueOf(await put('owner', fixture, 0));
    expect(await put('owner', artifactOf(501, 2), 0)).toMatchObject({
      refusal: {
        reason: 'QUOTA_EXCEEDED',
        facts: { limit: 'artifact_bytes_max', allowed: '3000', value: '3001' },
      },
    });
    valueOf(await put('owner', artifactOf(500, 3), 0));
    expect((await world.store.usage(TENANT, 0)).artifactBytes).toBe(3_000);
  });
});

test('streams are not for HTTP, and say so', async () => {
  const world = await begin();
  const upload = await fetch(`http://${world.gate.address.http}/syncline.v1.ArtifactService/UploadArtifact`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  expect(upload.status).toBe(404);
});

describe('a tenant’s own rates', () => {
  const own = (given: Partial<ReturnType<typeof tenantOfId>['rates']>) =>
    tenantOfId(TENANT, { rates: { ...tenantOfId(TENANT).rates, ...given } });

  test('bound what its devices push in sessions', async () => {
    const world = await begin();
    await world.store.createTenant(own({ changesPerSecondMax: 1, changesBurstMax: 2 }));
    const device = world.gate.device('d1', 'owner');
    await device.follow();
    device.send(pushOf([create(1), create(2)]));
    await device.next('outcomes');
    device.send(pushOf([create(3)]));
    expect((await device.next('refusal')).refusal).toMatchObject({
      reason: 'RATE_LIMITED',
      facts: { limit: 'changes_per_second_max', allowed: '1' },
    });
  });

  test('bound how many sessions begin', async () => {
    const world = await begin({
      limits: { handshakesPerSecondPerTenantMax: 1, handshakesBurstPerTenantMax: 1 },
    });
    await world.store.createTenant(own({ tenantSessionsPerSecondMax: 2 }));
    const opened = ['a', 'b', 'c'].map((name) => world.gate.device(name, 'owner'));
    for (const device of opened) device.hello();
    await eventually(() => {
      const heard = opened.flatMap((device) => device.heard.map(({ kind }) => kind));
      expect(heard.filter((kind) => kind === 'welcome')).toHaveLength(2);
      expect(heard.filter((kind) => kind === 'refusal')).toHaveLength(1);
    });
  });
});
