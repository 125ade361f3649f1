import { entriesBytes, isEncoded, type PageContent, type SpaceId } from '@syncline/core';
import {
  type Compressor,
  encodeEntries,
  encodePackedEntries,
  packEntries,
  type PageHead,
} from '@syncline/wire';

/** What is known of a page before anyone asks for it. */
export interface KnownPage {
  readonly live?: PageHead['live'];
  /** Encoded without a cursor, as it came. */
  readonly page?: Uint8Array | null;
  readonly packedPage?: Uint8Array | null;
}

/** Pages by their entries: however many devices get them, they are encoded once, packed once, or not at all. */
export interface PageEncodings {
  know(entries: PageContent, known: KnownPage): void;
  /** For wire's `pageMessageBytes`. */
  bytesOf(space: SpaceId, entries: PageContent, takesPacked: boolean): Uint8Array;
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
  const byEntries = new WeakMap<PageContent, Encodings>();

  const encodingsOf = (entries: PageContent): Encodings => {
    const found = byEntries.get(entries) ?? { live: undefined, plain: null, packed: undefined };
    byEntries.set(entries, found);
    return found;
  };

  const plainOf = (head: PageHead, entries: PageContent, known: Encodings): Uint8Array => {
    if (known.plain !== null) return known.plain;
    if (isEncoded(entries)) return (known.plain = entries.bytes);
    encoded('plain');
    return (known.plain = encodeEntries(head, entries));
  };

  const packedOf = (head: PageHead, entries: PageContent, known: Encodings): Uint8Array | null => {
    if (known.packed !== undefined) return known.packed;
    if (roughBytes(entries) < packBytesMin) return (known.packed = null);
    encoded('packed');
    known.packed = isEncoded(entries)
      ? packEntries(entries.bytes, compressor, packBytesMin)
      : encodePackedEntries(head, entries, compressor, packBytesMin);
    return known.packed;
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

function roughBytes(entries: PageContent): number {
  return isEncoded(entries) ? entries.roughBytes : entriesBytes(entries);
}
