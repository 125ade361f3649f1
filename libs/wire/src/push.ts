import type { Change, PushMessage, SpaceId } from '@syncline/core';
import { Changes, Push, type Change as ProtoChange } from '@syncline/proto';
import { changeFromProto, changeToProto } from './changes';
import { type Compressor, pack, unpack } from './compressor';
import { decode, encode } from './encoding';
import { each, idIn, type Place, wrong } from './place';

export function pushToProto({ space, changes }: Pick<PushMessage, 'space' | 'changes'>): Push {
  return { ...Push.create(), space, changes: changes.map(changeToProto) };
}

/** The changes packed as a whole, where that makes them smaller. */
export function packedPushToProto(
  push: Pick<PushMessage, 'space' | 'changes'>,
  compressor: Compressor,
): Push {
  const plain = pushToProto(push);
  const packed = pack(encode(Changes, { changes: plain.changes }), compressor);
  if (packed === null) return plain;
  const { compression, packed: compressedChanges, uncompressedBytes } = packed;
  return { ...Push.create(), space: push.space, compression, compressedChanges, uncompressedBytes };
}

export function pushFromProto(proto: Push, at: Place, compressor: Compressor | null): PushMessage {
  return {
    kind: 'push',
    space: idIn<SpaceId>(at, 'space', proto.space),
    changes: each<ProtoChange, Change>(at, 'changes', changesOf(proto, at, compressor), changeFromProto),
  };
}

function changesOf(proto: Push, at: Place, compressor: Compressor | null): readonly ProtoChange[] {
  const { compression, compressedChanges: packed, uncompressedBytes } = proto;
  if (packed.length === 0) return proto.changes;
  const unpacked = decode(Changes, unpack({ compression, packed, uncompressedBytes }, compressor, at));
  if (unpacked.ok) return unpacked.value.changes;
  wrong(at, 'compressed_changes', 'must be an encoded list of changes');
  return [];
}
