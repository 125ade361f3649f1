import type { Change, PushMessage, SpaceId } from '@syncline/core';
import { BinaryReader, Changes, type DeviceMessage, Push, type Change as ProtoChange } from '@syncline/proto';
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

/** Field 4 of a device's message, with a length. */
const PUSH_TAG = (4 << 3) | 2;

/** The push in a message that is nothing else, as it was encoded; null where its changes are packed. */
export function encodedPushIn(bytes: Uint8Array, { message }: DeviceMessage): Uint8Array | null {
  if (message?.$case !== 'push' || message.push.compressedChanges.length > 0) return null;
  const reader = new BinaryReader(bytes);
  const push = reader.uint32() === PUSH_TAG ? reader.bytes() : null;
  return reader.pos === bytes.length ? push : null;
}

function changesOf(proto: Push, at: Place, compressor: Compressor | null): readonly ProtoChange[] {
  const { compression, compressedChanges: packed, uncompressedBytes } = proto;
  if (packed.length === 0) return proto.changes;
  const unpacked = decode(Changes, unpack({ compression, packed, uncompressedBytes }, compressor, at));
  if (unpacked.ok) return unpacked.value.changes;
  wrong(at, 'compressed_changes', 'must be an encoded list of changes');
  return [];
}
