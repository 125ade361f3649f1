import {
  type Answer,
  granted,
  type PageEntry,
  type PageMessage,
  type SpaceId,
  type Version,
} from '@syncline/core';
import { BinaryWriter, Entries, type Entry, Page } from '@syncline/proto';
import { type Compressor, pack, unpack } from './compressor';
import { decode, encode, then } from './encoding';
import { entryFromProto, entryToProto } from './entries';
import { entriesBetween } from './entry-bytes';
import { joined } from './joined';
import { each, idIn, type Place, reading, wrong } from './place';

export interface PageHead {
  readonly space: SpaceId;
  /** Said of live pages: the versions that it lies between. */
  readonly live?: { readonly from: Version; readonly to: Version };
}

export function pageToProto({ space, entries, cursor }: Omit<PageMessage, 'kind'>): Page {
  return { ...headToProto({ space }, entries), entries: entries.map(entryToProto), cursor };
}

/** The same with its entries packed, where that is worth it. */
export function packedPageToProto(
  page: Omit<PageMessage, 'kind'>,
  compressor: Compressor,
  packBytesMin: number,
): Page {
  const { space, entries, cursor } = page;
  const packed = packedEntries(entries, compressor, packBytesMin);
  return packed === null ? pageToProto(page) : { ...headToProto({ space }, entries), ...packed, cursor };
}

export function pageFromProto(proto: Page, at: Place, compressor: Compressor | null): PageMessage {
  return {
    kind: 'page',
    space: idIn<SpaceId>(at, 'space', proto.space),
    entries: each<Entry, PageEntry>(at, 'entries', entriesOf(proto, at, compressor), entryFromProto),
    cursor: proto.cursor,
  };
}

function headToProto({ space, live }: PageHead, entries: readonly PageEntry[]): Page {
  const page = { ...Page.create(), space, entryCount: entries.length };
  return live === undefined ? page : { ...page, live: true, fromVersion: live.from, toVersion: live.to };
}

function entriesOf(proto: Page, at: Place, compressor: Compressor | null): readonly Entry[] {
  const { compression, compressedEntries: packed, uncompressedBytes } = proto;
  if (packed.length === 0) return proto.entries;
  const unpacked = decode(Entries, unpack({ compression, packed, uncompressedBytes }, compressor, at));
  if (unpacked.ok) return unpacked.value.entries;
  wrong(at, 'compressed_entries', 'must be an encoded list of entries');
  return [];
}

/** A page without a cursor, encoded once for everyone who gets it. */
export function encodeEntries(head: PageHead, entries: readonly PageEntry[]): Uint8Array {
  const before = encode(Page, { ...headToProto(head, entries), entryCount: 0 });
  const behind = encode(Page, { ...Page.create(), entryCount: entries.length });
  return entriesBetween(before, entries, behind);
}

/** The same with its entries packed; null where that is not worth it. */
export function encodePackedEntries(
  head: PageHead,
  entries: readonly PageEntry[],
  compressor: Compressor,
  packBytesMin: number,
): Uint8Array | null {
  const packed = packedEntries(entries, compressor, packBytesMin);
  return packed === null ? null : encode(Page, { ...headToProto(head, entries), ...packed });
}

/** What is in a page that was encoded by `encodeEntries`, for whoever has to look. */
export function entriesFromBytes(bytes: Uint8Array): Answer<readonly PageEntry[]> {
  return then(decode(Page, bytes), (proto) =>
    then(
      reading('page', (at) => pageFromProto(proto, at, null)),
      ({ entries }) => granted(entries),
    ),
  );
}

/** A page that was encoded by `encodeEntries`, packed; null where that is not worth it. */
export function packEntries(
  bytes: Uint8Array,
  compressor: Compressor,
  packBytesMin: number,
): Uint8Array | null {
  const page = decode(Page, bytes);
  if (!page.ok) return null;
  const { entries, ...head } = page.value;
  const packed = packedProtos(entries, compressor, packBytesMin);
  return packed && encode(Page, { ...head, ...packed, entries: [] });
}

function packedEntries(
  entries: readonly PageEntry[],
  compressor: Compressor,
  packBytesMin: number,
): Packed | null {
  return packedProtos(entries.map(entryToProto), compressor, packBytesMin);
}

type Packed = Pick<Page, 'compression' | 'compressedEntries' | 'uncompressedBytes'>;

function packedProtos(entries: Entry[], compressor: Compressor, packBytesMin: number): Packed | null {
  const plain = encode(Entries, { entries });
  const packed = plain.length < packBytesMin ? null : pack(plain, compressor);
  if (packed === null) return null;
  const { compression, packed: compressedEntries, uncompressedBytes } = packed;
  return { compression, compressedEntries, uncompressedBytes };
}

/** The page that one device gets: its cursor is put behind what was encoded for everyone. */
export function pageBytes(encodedEntries: Uint8Array, cursor: Uint8Array): Uint8Array {
  return new BinaryWriter().raw(encodedEntries).raw(cursorField(cursor)).finish();
}

const PAGE_IN_SERVER_MESSAGE = (4 << 3) | 2;

/** The same as a whole message to the device, without encoding the entries again. */
export function pageMessageBytes(encodedEntries: Uint8Array, cursor: Uint8Array): Uint8Array {
  const field = cursorField(cursor);
  const length = encodedEntries.length + field.length;
  const head = new BinaryWriter().uint32(PAGE_IN_SERVER_MESSAGE).uint32(length).finish();
  return joined([head, encodedEntries, field]);
}

function cursorField(cursor: Uint8Array): Uint8Array {
  return encode(Page, { ...Page.create(), cursor });
}
