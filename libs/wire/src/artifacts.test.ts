import type { Answer } from '@syncline/core';
import * as proto from '@syncline/proto';
import fc from 'fast-check';
import * as calls from './index';
import { type Codec, decode, encode } from './encoding';
import type { Pair } from './pair';

const anyBytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

const anyArtifactInfo = fc
  .record({
    hash: anyBytes32,
    sizeBytes: fc.nat(2 ** 31),
    chunkBytes: fc.integer({ min: 1, max: 65_536 }),
    mimeType: fc.constantFrom('', 'image/jpeg'),
    encrypted: fc.boolean(),
    encryptedFor: fc.array(fc.constantFrom('d1', 'gerät'), { maxLength: 2 }),
    keyGeneration: fc.nat(9),
    plainHash: fc.option(anyBytes32),
    nonce: fc.option(fc.uint8Array({ minLength: 1, maxLength: 24 })),
  })
  .map((info) => ({ ...info, chunks: Math.ceil(info.sizeBytes / info.chunkBytes) }));

const anySpace = fc.constantFrom('home', 'work');
const anyNumber = fc.integer({ min: 0, max: 0xffffffff });
const anyStanding = fc
  .tuple(
    anyArtifactInfo,
    anyNumber,
    anyNumber,
    fc.constantFrom('incomplete', 'complete', 'corrupt'),
    fc.option(fc.integer({ min: 1, max: 2 ** 50 })),
  )
  .map(([info, chunksReceived, chunksStored, state, expiresAtMs]) => ({
    ...info,
    chunksReceived,
    chunksStored,
    complete: state === 'complete',
    corrupt: state === 'corrupt',
    expiresAtMs,
  }));
const anyChunk = fc.record({
  index: anyNumber,
  content: fc.uint8Array({ maxLength: 100 }),
  crc32c: fc.option(anyNumber),
});
const anyNamed = fc.record({ space: anySpace, hash: anyBytes32 });
const anyPriority = fc.integer({ min: 0, max: 255 });

type Row = readonly [
  name: string,
  codec: Codec<never>,
  pair: Pair<never, never>,
  values: fc.Arbitrary<unknown>,
];
const row = <Proto, Value>(
  name: string,
  codec: Codec<Proto>,
  pair: Pair<Proto, Value>,
  values: fc.Arbitrary<unknown>,
): Row => [name, codec, pair, values] as unknown as Row;

const MESSAGES: readonly Row[] = [
  row(
    'UploadArtifactRequest',
    proto.UploadArtifactRequest,
    calls.uploadMessage,
    fc.oneof(
      fc.record({
        kind: fc.constant('begin'),
        space: anySpace,
        device: fc.constant('d1'),
        info: anyArtifactInfo,
        priority: anyPriority,
      }),
      fc.record({ kind: fc.constant('chunk'), chunk: anyChunk }),
      fc.constant(null),
    ),
  ),
  row(
    'UploadArtifactResponse',
    proto.UploadArtifactResponse,
    calls.uploadProgress,
    fc.record({ standing: anyStanding, delayMs: anyNumber, done: fc.boolean() }),
  ),
  row(
    'DownloadArtifactRequest',
    proto.DownloadArtifactRequest,
    calls.downloadCall,
    fc.record({
      space: anySpace,
      device: fc.constant('d1'),
      hash: anyBytes32,
      fromChunk: anyNumber,
      chunks: fc.option(fc.integer({ min: 1, max: 0xffffffff })),
      priority: anyPriority,
    }),
  ),
  row(
    'DownloadArtifactResponse',
    proto.DownloadArtifactResponse,
    calls.downloadPart,
    fc.oneof(
      fc.record({ kind: fc.constant('metadata'), info: anyArtifactInfo }),
      fc.record({ kind: fc.constant('chunk'), chunk: anyChunk }),
      fc.constant(null),
    ),
  ),
  row(
    'PutChunkRequest',
    proto.PutChunkRequest,
    calls.putChunkCall,
    fc.record({ space: anySpace, info: anyArtifactInfo, chunk: anyChunk }),
  ),
  row('PutChunkResponse', proto.PutChunkResponse, calls.chunkPut, anyStanding),
  row(
    'GetChunkRequest',
    proto.GetChunkRequest,
    calls.getChunkCall,
    fc.record({ space: anySpace, hash: anyBytes32, index: anyNumber }),
  ),
  row('GetChunkResponse', proto.GetChunkResponse, calls.chunkGot, anyChunk),
  row(
    'GetArtifactStatusRequest',
    proto.GetArtifactStatusRequest,
    calls.artifactStatusCall,
    fc.record({ space: anySpace, hashes: fc.array(anyBytes32, { maxLength: 3 }) }),
  ),
  row(
    'GetArtifactStatusResponse',
    proto.GetArtifactStatusResponse,
    calls.artifactStatusFound,
    fc.array(anyStanding, { maxLength: 3 }),
  ),
  row('VerifyArtifactRequest', proto.VerifyArtifactRequest, calls.verifyArtifactCall, anyNamed),
  row(
    'VerifyArtifactResponse',
    proto.VerifyArtifactResponse,
    calls.artifactVerified,
    fc.record({ verified: fc.boolean(), actual: anyBytes32, standing: anyStanding }),
  ),
  row(
    'ListArtifactsRequest',
    proto.ListArtifactsRequest,
    calls.listArtifactsCall,
    fc.record({
      space: anySpace,
      resultsMax: fc.option(fc.integer({ min: 1, max: 1_000 })),
      after: fc.option(fc.constant('0a'.repeat(32))),
      unreferencedOnly: fc.boolean(),
    }),
  ),
  row(
    'ListArtifactsResponse',
    proto.ListArtifactsResponse,
    calls.artifactsListed,
    fc.record({ items: fc.array(anyStanding, { maxLength: 3 }), next: fc.option(fc.constant('ab')) }),
  ),
  row('ReleaseArtifactRequest', proto.ReleaseArtifactRequest, calls.releaseArtifactCall, anyNamed),
  row(
    'ReleaseArtifactResponse',
    proto.ReleaseArtifactResponse,
    calls.artifactReleased,
    fc.record({ removed: fc.boolean() }),
  ),
];

const fieldsOf = (answer: Answer<unknown>) =>
  answer.ok ? [] : answer.refusal.violations.map(({ field }) => field);

describe('calls of artifacts', () => {
  test.each(MESSAGES)('%s arrives as it was said', (_name, codec, pair, values) => {
    fc.assert(
      fc.property(values, (value) => {
        const read = decode(codec, encode(codec, pair.toProto(value as never)));
        expect(read.ok && pair.fromProto(read.value)).toEqual({ ok: true, value });
      }),
      { numRuns: 50 },
    );
  });

  test.each(MESSAGES)('%s that is damaged is read or refused, never thrown', (_name, codec, pair, values) => {
    fc.assert(
      fc.property(values, fc.nat(10_000), fc.nat(255), (value, at, byte) => {
        const bytes = encode(codec, pair.toProto(value as never));
        if (bytes.length > 0) bytes[at % bytes.length] = byte;
        const read = decode(codec, bytes);
        expect(typeof (read.ok ? pair.fromProto(read.value) : read).ok).toBe('boolean');
      }),
      { numRuns: 100 },
    );
  });

  test('what cannot be uploaded is said all at once', () => {
    const metadata = proto.ArtifactMetadata.create({
      sha256: new Uint8Array(31),
      sizeBytes: 10,
      chunkBytes: 3,
      chunkCount: 3,
      mimeType: 'x\n',
      encryptedFor: ['a\nb'],
      plainSha256: new Uint8Array(1),
      nonce: new Uint8Array(65),
    });
    const begin = proto.BeginUpload.create({ device: 'd1', metadata, priority: 256 });
    const read = calls.uploadMessage.fromProto({ message: { $case: 'begin', begin } });
    expect(fieldsOf(read)).toEqual([
      'begin.space',
      'begin.metadata.chunk_count',
      'begin.metadata.nonce',
      'begin.metadata.plain_sha256',
      'begin.metadata.sha256',
      'begin.metadata.mime_type',
      'begin.metadata.encrypted_for',
      'begin.priority',
    ]);
    const nothing = proto.PutChunkRequest.create({ space: 'home' });
    expect(fieldsOf(calls.putChunkCall.fromProto(nothing))).toEqual(['metadata', 'chunk']);
    const noChunks = proto.ArtifactMetadata.create({ sha256: new Uint8Array(32), sizeBytes: 1 });
    const put = { space: 'home', metadata: noChunks, chunk: proto.ArtifactChunk.create() };
    expect(fieldsOf(calls.putChunkCall.fromProto(put))).toEqual(['metadata.chunk_bytes']);
  });

  test('what cannot be asked for either', () => {
    const sha256 = [new Uint8Array(32), new Uint8Array(2)];
    expect(fieldsOf(calls.artifactStatusCall.fromProto({ space: 'home', sha256 }))).toEqual(['sha256[1]']);
    const many = Array.from({ length: 1_001 }, () => new Uint8Array(32));
    expect(fieldsOf(calls.artifactStatusCall.fromProto({ space: 'home', sha256: many }))).toEqual(['sha256']);
    const list = { ...proto.ListArtifactsRequest.create(), space: 'home', after: '../x' };
    expect(fieldsOf(calls.listArtifactsCall.fromProto(list))).toEqual(['after']);
  });
});
