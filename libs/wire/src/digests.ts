import {
  type CollectionName,
  type Hash64,
  hashFromBytes,
  hashToBytes,
  type ToldDigest,
  type ToldDigests,
  ZERO64,
} from '@syncline/core';
import type { CollectionDigest as ProtoDigest } from '@syncline/proto';
import { collectionIn, inside, NO_BYTES, type Place, whole, wrong } from './place';

export function digestToProto(
  collection: CollectionName,
  { count, versions, contents }: ToldDigest,
): ProtoDigest {
  return {
    collection,
    count,
    versions: hashToBytes(versions),
    contents: contents === null ? NO_BYTES : hashToBytes(contents),
  };
}

export function digestFromProto(proto: ProtoDigest, at: Place): [CollectionName, ToldDigest] {
  return [
    collectionIn(at, 'collection', proto.collection),
    {
      count: whole(at, 'count', proto.count),
      versions: hashIn(at, 'versions', proto.versions),
      contents: proto.contents.length === 0 ? null : hashIn(at, 'contents', proto.contents),
    },
  ];
}

export function digestsToProto(digests: ToldDigests): ProtoDigest[] {
  return Array.from(digests, ([collection, digest]) => digestToProto(collection, digest));
}

export function digestsFromProto(
  protos: readonly ProtoDigest[],
  above: Place,
  name: string,
): Map<CollectionName, ToldDigest> {
  const digests = new Map<CollectionName, ToldDigest>();
  const list = inside(above, name);
  protos.forEach((proto, index) => {
    const at = inside(list, index);
    const [collection, digest] = digestFromProto(proto, at);
    if (digests.has(collection)) wrong(at, 'collection', 'must be named once');
    digests.set(collection, digest);
  });
  return digests;
}

function hashIn(at: Place, name: string, bytes: Uint8Array): Hash64 {
  const hash = hashFromBytes(bytes);
  if (hash === null) wrong(at, name, 'must be 8 bytes');
  return hash ?? ZERO64;
}
