import type { KnownCollection } from '@syncline/core';
import { CollectionInfo } from '@syncline/proto';
import { rights } from './identity';
import { uint32 } from './encoding';
import { collectionIn, type Place, whole } from './place';

export function knownCollectionToProto(known: KnownCollection): CollectionInfo {
  const { collection, right, policy, rulesVersion, encrypted, json, schema } = known;
  return {
    ...CollectionInfo.create(),
    name: collection,
    right: rights.code(right),
    policy,
    rulesVersion: uint32(rulesVersion),
    encrypted,
    json,
    schemaVersion: uint32(schema.current),
    schemaVersionOldest: uint32(schema.oldest),
  };
}

export function knownCollectionFromProto(proto: CollectionInfo, at: Place): KnownCollection {
  return {
    collection: collectionIn(at, 'name', proto.name),
    right: rights.nameIn(at, 'right', proto.right),
    policy: proto.policy,
    rulesVersion: whole(at, 'rules_version', proto.rulesVersion),
    encrypted: proto.encrypted,
    json: proto.json,
    schema: {
      current: whole(at, 'schema_version', proto.schemaVersion),
      oldest: whole(at, 'schema_version_oldest', proto.schemaVersionOldest),
    },
  };
}
