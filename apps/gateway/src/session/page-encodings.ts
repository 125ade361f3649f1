import { entryBytes, type PageEntry, type SpaceId } from '@syncline/core';
import { type Compressor, encodeEntries, encodePackedEntries, type PageHead } from '@syncline/wire';

type Entries = readonly PageEntry[];

/** What is known of a page before anyone asks for it. */
export interface KnownPage {
  readonly live?: PageHead['live'];
  /** Encoded without a cursor, as it came. */
  readonly page?: Uint8Array | null;
  readonly packedPage?: Uint8Array | null;
}

/** Pages by their entries: however many devices get them, they are encoded once, packed once, or not at all. */
export interface PageEncodings {
  know(entries: Entries, known: KnownPage): void;
  /** For wire's `pageMessageBytes`. */
  bytesOf(space: SpaceId, entries: Entries, takesPacked: boolean): Uint8Array;
}

export interface PageEncodingsDeps {
  readonly compressor: Compressor;
  readonly packBytesMin: number;
  readonly encoded: (how: 'plain' | 'packed') => void;
}

interface Encodings {
  readonly live: PageHead['live'];
  plain: Uint8Array | null;
  /** Undefined as long as nobody has tried. */
  packed: Uint8Array | null | undefined;
}

export function pageEncodings({ compressor, packBytesMin, encoded }: PageEncodingsDeps): PageEncodings {
  const byEntries = new WeakMap<Entries, Encodings>();

  const encodingsOf = (entries: Entries): Encodings => {
    const found = byEntries.get(entries) ?? { live: undefined, plain: null, packed: undefined };
    byEntries.set(entries, found);
    return found;
  };

  const plainOf = (head: PageHead, entries: Entries, known: Encodings): Uint8Array => {
    if (known.plain !== null) return known.plain;
    encoded('plain');
    return (known.plain = encodeEntries(head, entries));
  };

  const packedOf = (head: PageHead, entries: Entries, known: Encodings): Uint8Array | null => {
    if (known.packed !== undefined) return known.packed;
    if (roughBytes(entries) < packBytesMin) return (known.packed = null);
    encoded('packed');
    return (known.packed = encodePackedEntries(head, entries, compressor, packBytesMin));
  };

  return {
    know(entries, { live, page, packedPage }) {
      if (byEntries.has(entries)) return;
      byEntries.set(entries, { live, plain: page ?? null, packed: packedPage ?? undefined });
    },
    bytesOf(space, entries, takesPacked) {
      const known = encodingsOf(entries);
      const head: PageHead = known.live === undefined ? { space } : { space, live: known.live };
      const packed = takesPacked ? packedOf(head, entries, known) : null;
      return packed ?? plainOf(head, entries, known);
    },
  };
}

function roughBytes(entries: Entries): number {
  return entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
}
