import { type Announcement, type Answer, entryKey, type SpaceKey, spaceOf, tenantOf } from '@syncline/core';
import { Announcement as ProtoAnnouncement } from '@syncline/proto/internal';
import { clockFromProto } from './checkpoints';
import type { Compressor } from './compressor';
import { digestsFromProto, digestsToProto } from './digests';
import { decode, encode, then, valueOrNull } from './encoding';
import { spaceKeyFromProto } from './identity';
import { encodeEntries, encodePackedEntries, entriesFromBytes } from './pages';
import { bytesOrNull, NO_BYTES, reading, whole } from './place';

/** An announcement as it came, with its entries encoded for every device that they can be passed on to. */
export interface Announced {
  readonly space: SpaceKey;
  /**
   * Its entries are decoded when they are first asked for, as often nobody does. Where they turn out to be unreadable
   * there are none, and whoever is behind reads what it lacks.
   */
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
  { epoch, from, to, entries, clock, digests, committedAtMs = 0, traces = [] }: Announcement,
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
    committedAtMs,
    traceparent: traces[0] ?? '',
    moreTraceparents: traces.slice(1),
  };
}

type Entries = Announcement['entries'];

/** Told once of entries that were decoded. */
export type OnEntries = (entries: NonNullable<Entries>, announced: Announced) => void;

function announcementFromProto(proto: ProtoAnnouncement, onEntries: OnEntries): Answer<Announced> {
  return reading('', (at) => {
    const page = bytesOrNull(proto.page);
    const known: { entries?: Entries } = page === null ? { entries: null } : {};
    const announced: Announced = {
      space: spaceKeyFromProto(proto.tenant, proto.space, at, at),
      announcement: {
        epoch: whole(at, 'epoch', proto.epoch),
        from: whole(at, 'from_version', proto.fromVersion),
        to: whole(at, 'to_version', proto.toVersion),
        get entries() {
          if (known.entries !== undefined) return known.entries;
          known.entries = valueOrNull(entriesFromBytes(proto.page));
          if (known.entries !== null) onEntries(known.entries, announced);
          return known.entries;
        },
        clock: clockFromProto(proto.clock, at),
        digests: digestsFromProto(proto.digests, at, 'digests'),
        ...(proto.committedAtMs <= 0 ? {} : { committedAtMs: proto.committedAtMs }),
        ...(proto.traceparent === '' ? {} : { traces: [proto.traceparent, ...proto.moreTraceparents] }),
      },
      page,
      packedPage: bytesOrNull(proto.compressedPage),
    };
    return announced;
  });
}

export function announcementToBytes(
  space: SpaceKey,
  announcement: Announcement,
  packing: PackEntries | null = null,
): Uint8Array {
  return encode(ProtoAnnouncement, announcementToProto(space, announcement, packing));
}

export function announcementFromBytes(
  bytes: Uint8Array,
  onEntries: OnEntries = () => undefined,
): Answer<Announced> {
  return then(decode(ProtoAnnouncement, bytes), (proto) => announcementFromProto(proto, onEntries));
}

/** As adapters take it. Entries are packed where it is said how. */
export function announcementCodec(packing: PackEntries | null = null, onEntries?: OnEntries) {
  return {
    encode: (space: SpaceKey, announcement: Announcement) =>
      announcementToBytes(space, announcement, packing),
    decode: (bytes: Uint8Array): Announced | null => valueOrNull(announcementFromBytes(bytes, onEntries)),
  };
}
