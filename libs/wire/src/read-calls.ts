import {
  type Answer,
  type Cursor,
  type CursorKeys,
  decodeCursor,
  type Delta,
  encodeCursor,
  type EncodedEntries,
  entriesBytes,
  granted,
  type Reader,
  refused,
  type SpaceKey,
  spaceOf,
  type Version,
} from '@syncline/core';
import { BinaryWriter, Checkpoint } from '@syncline/proto';
import { ReadRequest, ReadResponse } from '@syncline/proto/internal';
import { checkpointFromProto, checkpointToProto } from './checkpoints';
import { decode, encode, then, uint32 } from './encoding';
import { identityFromProto, identityToProto, versionsFromProto } from './identity';
import { joined } from './joined';
import { encodeEntries } from './pages';
import { reading } from './place';
import { scopeFromProto, scopeToProto } from './scopes';

export interface ReadCall {
  readonly space: SpaceKey;
  readonly reader: Reader;
  readonly cursor: Cursor;
  /** The highest version that is known of the space; null to have it read anew. */
  readonly knownHead: Version | null;
  /** No further page follows when so many bytes of pages were sent; null for no limit. */
  readonly bytesMax: number | null;
  /** W3C traceparent to go on from; empty where it is not traced. */
  readonly traceparent: string;
}

export function readCallToProto(call: ReadCall, keys: CursorKeys): ReadRequest {
  const { space, reader, cursor, knownHead, bytesMax, traceparent } = call;
  const {
    device,
    access,
    scope,
    takesPatches,
    takesOperations,
    takesOwn,
    mayHoldMore,
    schemaVersions,
    knownRules = 0,
  } = reader;
  const capabilities = [
    ...(takesPatches ? ['patch-entries'] : []),
    ...(takesOperations ? ['operations'] : []),
    ...(takesOwn ? ['own-entries'] : []),
  ];
  return {
    ...ReadRequest.create(),
    ...identityToProto({ space, user: null, device, access }),
    scope: scopeToProto(scope),
    cursor: encodeCursor(cursor, space, keys),
    capabilities,
    mayHoldMore,
    schemaVersions: new Map(schemaVersions),
    knownRules,
    knownHead: knownHead ?? 0,
    bytesMax: bytesMax === null ? 0 : uint32(bytesMax),
    traceparent,
  };
}

export function readCallFromProto(proto: ReadRequest, keys: CursorKeys): Answer<ReadCall> {
  const read = reading('', (at) => {
    const { space, device, access } = identityFromProto(proto, at);
    const reader: Reader = {
      device,
      access,
      scope: scopeFromProto(proto.scope, at),
      takesPatches: proto.capabilities.includes('patch-entries'),
      takesOperations: proto.capabilities.includes('operations'),
      takesOwn: proto.capabilities.includes('own-entries'),
      mayHoldMore: proto.mayHoldMore,
      ...versionsFromProto(proto, at),
      ...(proto.knownRules === 0 ? {} : { knownRules: proto.knownRules }),
    };
    return { space, reader };
  });
  return then(read, ({ space, reader }) => {
    const cursor = decodeCursor(proto.cursor, space, keys);
    const bytesMax = proto.bytesMax === 0 ? null : proto.bytesMax;
    const knownHead = proto.knownHead === 0 ? null : proto.knownHead;
    const { traceparent } = proto;
    return cursor === null
      ? refused('INVALID_CURSOR')
      : granted({ space, reader, cursor, knownHead, bytesMax, traceparent });
  });
}

/** A page, and the checkpoint when it is the last one: the parts of one read. */
export function deltaToProto(space: SpaceKey, delta: Delta, keys: CursorKeys): ReadResponse[] {
  const { page, checkpoint } = delta;
  const name = spaceOf(space);
  const { entries } = page;
  const first: ReadResponse = {
    part: { $case: 'page', page: encodeEntries({ space: name }, entries) },
    version: page.cursor.position,
    cursor: encodeCursor(page.cursor, space, keys),
    entryCount: entries.length,
    entryBytes: entriesBytes(entries),
    more: checkpoint === null,
  };
  if (checkpoint === null) return [first];
  const { version, clock, digests } = checkpoint;
  const bytes = encodeCursor(checkpoint.cursor, space, keys);
  const reached = checkpointToProto({ space: name, version, cursor: bytes, clock, digests });
  const part = { $case: 'checkpoint', checkpoint: encode(Checkpoint, reached) } as const;
  return [first, { ...ReadResponse.create(), part, version, cursor: bytes }];
}

const PAGE_IN_RESPONSE = (2 << 3) | 2;

/** A page is large and encoded already, so it is put between what comes before and behind it as it is. */
export function readResponseBytes(response: ReadResponse): Uint8Array {
  const { part } = response;
  if (part?.$case !== 'page') return encode(ReadResponse, response);
  const head = new BinaryWriter().uint32(PAGE_IN_RESPONSE).uint32(part.page.length).finish();
  return joined([head, part.page, encode(ReadResponse, { ...response, part: undefined })]);
}

/** The page stays as it came: a gateway only needs to know how much it is. */
export function deltaFromProto(
  space: SpaceKey,
  parts: readonly ReadResponse[],
  keys: CursorKeys,
): Answer<Delta<EncodedEntries>> {
  const cursorOf = (bytes: Uint8Array): Answer<Cursor> => {
    const cursor = decodeCursor(bytes, space, keys);
    return cursor === null ? refused('INVALID_CURSOR') : granted(cursor);
  };
  const [first] = parts;
  const second = parts[1]?.part;
  if (first?.part?.$case !== 'page') return refused('UNKNOWN_MESSAGE');
  const entries = { count: first.entryCount, roughBytes: first.entryBytes, bytes: first.part.page };
  const page = then(cursorOf(first.cursor), (cursor) => granted({ entries, cursor }));
  if (!page.ok) return page;
  if (second?.$case !== 'checkpoint') return granted({ page: page.value, checkpoint: null });
  return then(decode(Checkpoint, second.checkpoint), (proto) =>
    then(
      reading('checkpoint', (at) => checkpointFromProto(proto, at)),
      ({ version, clock, digests, cursor }) =>
        then(cursorOf(cursor), (read) =>
          granted({ page: page.value, checkpoint: { version, clock, digests, cursor: read } }),
        ),
    ),
  );
}
