import { createHash } from 'node:crypto';
import {
  type Answer,
  crc32c,
  DEFAULT_LIMITS,
  hexOf,
  type Limits,
  type Reason,
  type SpaceId,
  spaceKey,
  userId,
} from '@syncline/core';
import { memoryRateLimits, memoryStore } from '@syncline/memory';
import { artifactOf, type ArtifactFixture, BASE_MS, manualTime, tenantOfId } from '@syncline/port-contracts';
import type { ArtifactInfo, TenantQuotas } from '@syncline/ports';
import { admitArtifactBytes } from './admit-artifact-bytes';
import { artifactRights, recheckTransfer } from './artifact-rights';
import { artifactStanding } from './artifact-standing';
import { ANN, HOME, HOME_KEY, identityOf, OWNER_OF_ALL, TENANT } from './flows.test-fixtures';
import { forgetUploads } from './forget-uploads';
import { listArtifacts } from './list-artifacts';
import { readArtifact } from './read-artifact';
import { type SentChunk, uploadArtifact } from './upload-artifact';

async function world(own: Partial<Limits> = {}) {
  const clock = manualTime();
  const store = memoryStore(clock);
  const { artifacts } = store;
  const limits = { ...DEFAULT_LIMITS, ...own };
  await store.createSpace(HOME_KEY, null);
  await store.setAccess(HOME_KEY, ANN, OWNER_OF_ALL);
  const upload = uploadArtifact({ artifacts, tenants: store, clock, limits });
  return {
    clock,
    store,
    artifacts,
    limits,
    upload,
    read: readArtifact({ artifacts }),
    uploaded: async (fixture: ArtifactFixture) => {
      valueOf(await upload.begin(HOME_KEY, fixture.info));
      for (const index of fixture.chunks.keys())
        valueOf(await upload.put(HOME_KEY, fixture.info, sent(fixture, index)));
    },
  };
}

function valueOf<Value>(answer: Answer<Value>): Value {
  if (!answer.ok) throw new Error(`refused: ${answer.refusal.reason} ${answer.refusal.message}`);
  return answer.value;
}

const reasonOf = (answer: Answer<unknown>): Reason | 'OK' => (answer.ok ? 'OK' : answer.refusal.reason);

const fieldsOf = (answer: Answer<unknown>): string[] =>
  answer.ok ? [] : answer.refusal.violations.map(({ field }) => field);

const sent = ({ chunks }: ArtifactFixture, index: number, given: Partial<SentChunk> = {}): SentChunk => ({
  index,
  content: chunks[index]!,
  crc32c: crc32c(chunks[index]!),
  ...given,
});

describe('uploading', () => {
  test('is done with the last chunk, in whatever order they come', async () => {
    const { upload, read } = await world();
    const fixture = artifactOf(2_500);
    const { info } = fixture;
    expect(valueOf(await upload.begin(HOME_KEY, info))).toMatchObject({ chunksReceived: 0, complete: false });
    const after = [];
    for (const index of [2, 0, 0, 1])
      after.push(valueOf(await upload.put(HOME_KEY, info, sent(fixture, index))));
    expect(after.map(({ chunksReceived, complete }) => [chunksReceived, complete])).toEqual([
      [0, false],
      [1, false],
      [1, false],
      [3, true],
    ]);
    expect(valueOf(await upload.begin(HOME_KEY, info)).complete).toBe(true);
    expect(valueOf(await upload.put(HOME_KEY, info, sent(fixture, 1))).complete).toBe(true);
    expect(valueOf(await read.chunk(HOME_KEY, info.hash, 2))).toEqual(fixture.chunks[2]);
  });

  test('of nothing is done at once, if it is nothing', async () => {
    const { upload } = await world();
    const { info } = artifactOf(0);
    expect(valueOf(await upload.begin(HOME_KEY, info)).complete).toBe(true);
    const wrong = { ...info, hash: new Uint8Array(32) };
    expect(valueOf(await upload.begin(HOME_KEY, wrong))).toMatchObject({ complete: false, corrupt: true });
  });

  test('goes on where a server left it that died before it looked at the whole', async () => {
    const { upload, artifacts } = await world();
    const { info, chunks } = artifactOf(1_500);
    await artifacts.begin(HOME_KEY, info, BASE_MS);
    for (const [index, content] of chunks.entries())
      await artifacts.putChunk(HOME_KEY, info.hash, { index, content }, BASE_MS);
    expect(valueOf(await upload.begin(HOME_KEY, info)).complete).toBe(true);
  });

  test('content with another hash is corrupt, and may come again', async () => {
    const { upload, read, uploaded } = await world();
    const fixture = artifactOf(1_500);
    const { info } = fixture;
    valueOf(await upload.begin(HOME_KEY, info));
    valueOf(await upload.put(HOME_KEY, info, sent(fixture, 0)));
    const other = new Uint8Array(500);
    const last = await upload.put(HOME_KEY, info, { index: 1, content: other, crc32c: null });
    expect(valueOf(last)).toMatchObject({ corrupt: true, complete: false, chunksReceived: 0 });
    expect(reasonOf(await read.whole(HOME_KEY, info.hash))).toBe('ARTIFACT_INCOMPLETE');
    await uploaded(fixture);
    expect(valueOf(await read.whole(HOME_KEY, info.hash)).complete).toBe(true);
  });

  test.each<[string, Partial<ArtifactInfo>, string]>([
    ['size', { sizeBytes: 2_001, chunks: 3 }, 'artifact_size_bytes_max'],
    ['number of chunks', { sizeBytes: 1_000, chunkBytes: 100, chunks: 10 }, 'artifact_chunks_max'],
    ['chunks', { chunkBytes: 1_001 }, 'chunk_bytes_max'],
  ])('what is over the limit of its %s is refused before it begins', async (_, given, limit) => {
    const { upload, artifacts } = await world({
      artifactSizeBytesMax: 2_000,
      artifactChunksMax: 3,
      chunkBytesMax: 1_000,
    });
    const info = { ...artifactOf(2_000).info, ...given };
    expect(await upload.begin(HOME_KEY, info)).toMatchObject({
      refusal: { reason: 'ARTIFACT_TOO_LARGE', facts: { limit } },
    });
    expect(await artifacts.state(HOME_KEY, info.hash)).toBeNull();
  });

  test('what was begun before has to be the same, and all that is not is named', async () => {
    const { upload } = await world();
    const { info } = artifactOf(1_500);
    const told = { ...info, encryptedFor: ['d1' as never], plainHash: new Uint8Array(32) };
    valueOf(await upload.begin(HOME_KEY, told));
    expect(reasonOf(await upload.begin(HOME_KEY, { ...told, plainHash: new Uint8Array(32) }))).toBe('OK');
    const other = {
      ...info,
      sizeBytes: 1_501,
      mimeType: 'text/plain',
      encryptedFor: ['d2' as never],
      plainHash: null,
      nonce: new Uint8Array(3),
    };
    expect(fieldsOf(await upload.begin(HOME_KEY, other))).toEqual([
      'metadata.size_bytes',
      'metadata.mime_type',
      'metadata.encrypted_for',
      'metadata.plain_sha256',
      'metadata.nonce',
    ]);
  });

  test('a chunk that cannot be is refused, and changes nothing', async () => {
    const { upload, artifacts } = await world({ chunkBytesMax: 1_000 });
    const fixture = artifactOf(1_500);
    const { info } = fixture;
    expect(reasonOf(await upload.put(HOME_KEY, info, sent(fixture, 0)))).toBe('ARTIFACT_NOT_FOUND');
    valueOf(await upload.begin(HOME_KEY, info));
    const put = (given: Partial<SentChunk>) =>
      upload.put(HOME_KEY, info, { ...sent(fixture, 0), crc32c: null, ...given });
    expect(await put({ content: new Uint8Array(1_001) })).toMatchObject({
      refusal: { reason: 'ARTIFACT_TOO_LARGE', facts: { limit: 'chunk_bytes_max', allowed: '1000' } },
    });
    expect(fieldsOf(await put({ index: 2 }))).toEqual(['chunk.index']);
    expect(fieldsOf(await put({ index: 1 }))).toEqual(['chunk.data']);
    expect(fieldsOf(await put({ content: new Uint8Array(999) }))).toEqual(['chunk.data']);
    expect(await put({ crc32c: 7 })).toMatchObject({
      refusal: { reason: 'CORRUPTION', facts: { chunk: '0' } },
    });
    expect(await artifacts.state(HOME_KEY, info.hash)).toMatchObject({ chunksStored: 0 });
  });
});

describe('the quota of a tenant', () => {
  const quotasOf = (artifactBytesMax: number): TenantQuotas => ({
    ...tenantOfId(TENANT).quotas,
    artifactBytesMax,
  });

  test('counts what is begun in all of its spaces, and leaves what is there alone', async () => {
    const { upload, store, artifacts, uploaded } = await world();
    const other = spaceKey(TENANT, 'other' as SpaceId);
    await store.createSpace(other, null);
    await uploaded(artifactOf(600, 1));
    await store.createTenant(tenantOfId(TENANT, { quotas: quotasOf(1_000) }));
    expect(await upload.begin(other, artifactOf(401, 2).info)).toMatchObject({
      refusal: {
        reason: 'QUOTA_EXCEEDED',
        facts: { limit: 'artifact_bytes_max', allowed: '1000', value: '1001' },
      },
    });
    expect(reasonOf(await upload.begin(other, artifactOf(400, 3).info))).toBe('OK');
    expect(reasonOf(await upload.begin(HOME_KEY, artifactOf(1, 4).info))).toBe('QUOTA_EXCEEDED');
    expect(reasonOf(await upload.begin(HOME_KEY, artifactOf(600, 1).info))).toBe('OK');
    expect(reasonOf(await upload.begin(HOME_KEY, artifactOf(0).info))).toBe('OK');
    await artifacts.remove(other, artifactOf(400, 3).info.hash);
    expect(reasonOf(await upload.begin(HOME_KEY, artifactOf(1, 4).info))).toBe('OK');
    expect((await store.usage(TENANT, 0)).artifactBytes).toBe(601);
  });
});

describe('reading', () => {
  test('says what is wrong with what cannot be read', async () => {
    const { read, upload, uploaded } = await world();
    const [whole, begun] = [artifactOf(1_500, 1), artifactOf(1_500, 2)];
    await uploaded(whole);
    await upload.begin(HOME_KEY, begun.info);
    const { hash } = whole.info;
    expect(reasonOf(await read.chunk(HOME_KEY, artifactOf(9).info.hash, 0))).toBe('ARTIFACT_NOT_FOUND');
    expect(reasonOf(await read.chunk(HOME_KEY, begun.info.hash, 0))).toBe('ARTIFACT_INCOMPLETE');
    expect(fieldsOf(await read.chunk(HOME_KEY, hash, 2))).toEqual(['index']);
    expect(reasonOf(await read.verify(HOME_KEY, artifactOf(9).info.hash))).toBe('ARTIFACT_NOT_FOUND');
    expect(reasonOf(await read.verify(HOME_KEY, begun.info.hash))).toBe('ARTIFACT_INCOMPLETE');
    expect(valueOf(await read.verify(HOME_KEY, hash))).toMatchObject({
      actual: new Uint8Array(createHash('sha256').update(Buffer.concat(whole.chunks)).digest()),
      state: { complete: true },
    });
  });

  test('a list goes on behind the hash at which a part ended', async () => {
    const { artifacts, uploaded } = await world();
    for (const seed of [1, 2, 3]) await uploaded(artifactOf(10, seed));
    const list = listArtifacts({ artifacts });
    const first = await list(HOME_KEY, { resultsMax: 2, after: null });
    expect(first.next).toBe(hexOf(first.items[1]!.hash));
    const rest = await list(HOME_KEY, { resultsMax: 2, after: first.next });
    expect([rest.items.length, rest.next]).toEqual([1, null]);
    expect(new Set([...first.items, ...rest.items].map(({ hash }) => hexOf(hash))).size).toBe(3);
  });
});

test('an upload that nobody goes on with is told when it will be forgotten, and is then', async () => {
  const { upload, artifacts, clock, limits, uploaded } = await world({ uploadResumeWithinMs: 1_000 });
  const forget = forgetUploads({ artifacts, clock, limits });
  const fixture = artifactOf(1_500, 2);
  const { info } = fixture;
  await uploaded(artifactOf(1_500, 1));
  const begun = valueOf(await upload.begin(HOME_KEY, info));
  expect(artifactStanding(begun, limits).expiresAtMs).toBe(clock.nowMs() + 1_000);
  clock.advance(1_000);
  const state = valueOf(await upload.put(HOME_KEY, info, sent(fixture, 0)));
  expect(artifactStanding(state, limits).expiresAtMs).toBe(clock.nowMs() + 1_000);
  expect(artifactStanding({ ...state, complete: true }, limits).expiresAtMs).toBeNull();
  clock.advance(1_000);
  expect(await forget(HOME_KEY)).toBe(0);
  clock.advance(1);
  expect(await forget(HOME_KEY)).toBe(1);
  expect(await artifacts.state(HOME_KEY, info.hash)).toBeNull();
});

describe('who may do what with artifacts', () => {
  const ROLES = ['owner', 'editor', 'reader'] as const;

  test('goes by the role in the space, and strangers learn nothing of it', async () => {
    const { store } = await world();
    const rights = artifactRights({ directory: store, deltas: store });
    for (const role of ROLES) await store.setAccess(HOME_KEY, userId(role), { role, collections: new Map() });
    const reasons = async (to: 'read' | 'write') => {
      const users = [...ROLES, 'stranger'].map((user) => identityOf(userId(user)));
      return Promise.all(users.map(async (identity) => reasonOf(await rights(identity, HOME, to))));
    };
    expect(await reasons('read')).toEqual(['OK', 'OK', 'OK', 'SPACE_NOT_FOUND']);
    expect(await reasons('write')).toEqual(['OK', 'OK', 'PERMISSION_DENIED', 'SPACE_NOT_FOUND']);
    const granted = identityOf(userId('x'), new Map([['gone' as SpaceId, OWNER_OF_ALL]]));
    expect(reasonOf(await rights(granted, 'gone' as SpaceId, 'read'))).toBe('SPACE_NOT_FOUND');
    const elsewhere = { ...identityOf(ANN), tenant: 'globex' as never };
    expect(reasonOf(await rights(elsewhere, HOME, 'read'))).toBe('SPACE_NOT_FOUND');
    const operator = { ...identityOf(userId('root')), operator: true as const };
    expect(reasonOf(await rights(operator, HOME, 'read'))).toBe('SPACE_NOT_FOUND');
  });

  test('ends for a transfer as it ends for a session', async () => {
    const { store, clock } = await world();
    const deps = { directory: store, deltas: store, tenants: store, tenantsDeclaredOnly: false, clock };
    const recheck = recheckTransfer(deps);
    const identity = { ...identityOf(ANN), expiresAtMs: clock.nowMs() + 10 };
    const again = async (device = 'd1') => reasonOf(await recheck(identity, device as never, HOME, 'write'));
    expect(await again()).toBe('OK');
    await store.revoke({ tenant: TENANT, device: 'd2' as never });
    expect(await again('d2')).toBe('DEVICE_REVOKED');
    await store.createTenant(tenantOfId(TENANT, { suspended: true }));
    expect(await again()).toBe('TENANT_SUSPENDED');
    await store.changeTenant(tenantOfId(TENANT));
    await store.setAccess(HOME_KEY, ANN, { role: 'reader', collections: new Map() });
    expect(await again()).toBe('PERMISSION_DENIED');
    clock.advance(10);
    expect(await again()).toBe('AUTH_EXPIRED');
  });
});

test('bytes are counted by device, or by user where none is named, and at a tenant’s own rate', async () => {
  const { clock, limits } = await world({ artifactBytesPerSecondMax: 1_000 });
  const none = tenantOfId(TENANT).rates;
  const admit = admitArtifactBytes({
    rates: memoryRateLimits({ clock }),
    ratesOf: async (tenant) => (tenant === TENANT ? null : { ...none, artifactBytesPerSecondMax: 10 }),
    limits,
  });
  const sender = { tenant: TENANT, user: ANN, device: 'd1' as never };
  expect(reasonOf(await admit(sender, 1_000))).toBe('OK');
  expect(await admit(sender, 500)).toMatchObject({
    refusal: {
      reason: 'RATE_LIMITED',
      retryAfterMs: 500,
      facts: { limit: 'artifact_bytes_per_second_max', allowed: '1000' },
    },
  });
  expect(reasonOf(await admit({ ...sender, device: 'd2' as never }, 1_000))).toBe('OK');
  expect(reasonOf(await admit({ ...sender, device: null }, 1_000))).toBe('OK');
  expect(await admit({ ...sender, device: null }, 1)).toMatchObject({ refusal: { retryAfterMs: 1 } });
  clock.advance(500);
  expect(reasonOf(await admit(sender, 500))).toBe('OK');
  const other = { ...sender, tenant: 'globex' as never };
  expect(reasonOf(await admit(other, 100))).toBe('OK');
  expect(await admit(other, 1)).toMatchObject({ refusal: { facts: { allowed: '10' } } });
});
