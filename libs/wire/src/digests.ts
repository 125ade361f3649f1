import {
  type CollectionDigest,
  type CollectionName,
  type Digests,
  type Hash64,
  hashFromBytes,
  hashToBytes,
  ZERO64,
} from '@syncline/core';
import type { CollectionDigest as ProtoDigest } from '@syncline/proto';
import { collectionIn, inside, type Place, whole, wrong } from './place';

export function digestToProto(
  collection: CollectionName,
  { count, versions, contents }: CollectionDigest,
): ProtoDigest {
  return { collection, count, versions: hashToBytes(versions), contents: hashToBytes(contents) };
}

export function digestFromProto(proto: ProtoDigest, at: Place): [CollectionName, CollectionDigest] {
  return [
    collectionIn(at, 'collection', proto.collection),
    {
      count: whole(at, 'count', proto.count),
      versions: hashIn(at, 'versions', proto.versions),
      contents: hashIn(at, 'contents', proto.contents),
    },
  ];
}

export function digestsToProto(digests: Digests): ProtoDigest[] {
  return Array.from(digests, ([collection, digest]) => digestToProto(collection, digest));
}

export function digestsFromProto(
  protos: readonly ProtoDigest[],
  above: Place,
  name: string,
): Map<CollectionName, CollectionDigest> {
  const digests = new Map<CollectionName, CollectionDigest>();
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
