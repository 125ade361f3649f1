import { type Announcement, type Answer, entryKey, type SpaceKey, spaceOf, tenantOf } from '@syncline/core';
import { Announcement as ProtoAnnouncement } from '@syncline/proto/internal';
import { clockFromProto } from './checkpoints';
import type { Compressor } from './compressor';
import { digestsFromProto, digestsToProto } from './digests';
import { decode, encode, then, valueOrNull } from './encoding';
import { spaceKeyFromProto } from './identity';
import { encodeEntries, encodePackedEntries, entriesFromBytes } from './pages';
import { bytesOrNull, NO_BYTES, type Place, reading, whole, wrong } from './place';

/** An announcement as it came, with its entries encoded for every device that they can be passed on to. */
export interface Announced {
  readonly space: SpaceKey;
  readonly announcement: Announcement;
  /** For `pageBytes` and `pageMessageBytes`; null without entries. */
  readonly page: Uint8Array | null;
  /** The same packed, for devices that can read it; null where that was not worth it. */
  readonly packedPage: Uint8Array | null;
}

export interface PackEntries {
  readonly compressor: Compressor;
  readonly packBytesMin: number;
}

function announcementToProto(
  space: SpaceKey,
  { epoch, from, to, entries, clock, digests }: Announcement,
  packing: PackEntries | null = null,
): ProtoAnnouncement {
  const head = { space: spaceOf(space), live: { from, to } };
  const packed =
    entries === null || packing === null
      ? null
      : encodePackedEntries(head, entries, packing.compressor, packing.packBytesMin);
  return {
    ...ProtoAnnouncement.create(),
    tenant: tenantOf(space),
    space: head.space,
    epoch,
    fromVersion: from,
    toVersion: to,
    page: entries === null ? NO_BYTES : encodeEntries(head, entries),
    compressedPage: packed ?? NO_BYTES,
    collections: [...new Set(entries?.map((entry) => entryKey(entry).collection))],
    clock: new Map(clock),
    digests: digestsToProto(digests),
    entryCount: entries?.length ?? 0,
  };
}

function announcementFromProto(proto: ProtoAnnouncement): Answer<Announced> {
  return reading('', (at) => ({
    space: spaceKeyFromProto(proto.tenant, proto.space, at, at),
    announcement: {
      epoch: whole(at, 'epoch', proto.epoch),
      from: whole(at, 'from_version', proto.fromVersion),
      to: whole(at, 'to_version', proto.toVersion),
      entries: proto.page.length === 0 ? null : entriesOf(proto.page, at),
      clock: clockFromProto(proto.clock, at),
      digests: digestsFromProto(proto.digests, at, 'digests'),
    },
    page: bytesOrNull(proto.page),
    packedPage: bytesOrNull(proto.compressedPage),
  }));
}

function entriesOf(bytes: Uint8Array, at: Place): Announcement['entries'] {
  const entries = entriesFromBytes(bytes);
  if (entries.ok) return entries.value;
  wrong(at, 'page', 'must be an encoded page');
  return null;
}

export function announcementToBytes(
  space: SpaceKey,
  announcement: Announcement,
  packing: PackEntries | null = null,
): Uint8Array {
  return encode(ProtoAnnouncement, announcementToProto(space, announcement, packing));
}

export function announcementFromBytes(bytes: Uint8Array): Answer<Announced> {
  return then(decode(ProtoAnnouncement, bytes), announcementFromProto);
}

/** As adapters take it. Entries are packed where it is said how. */
export function announcementCodec(packing: PackEntries | null = null) {
  return {
    encode: (space: SpaceKey, announcement: Announcement) =>
      announcementToBytes(space, announcement, packing),
    decode: (bytes: Uint8Array): Announced | null => valueOrNull(announcementFromBytes(bytes)),
  };
}
