import { type CollectionDigest, digestSum, sameDigest, type ToldDigest } from './digest';
import type { CollectionName } from './ids';
import { contentBytes, imageOf, type RecordImage, type StoredRecord } from './records';
import {
  comparableOf,
  type SchemaVersions,
  shapedImage,
  type SpaceShapes,
  type Spent,
} from './shaped-entries';

/** A range of ids of one collection in UTF-8 byte order, from inclusive to exclusive, and what a device holds of it. */
export interface ClaimedRange {
  readonly collection: CollectionName;
  readonly fromId: string;
  /** Null for the end. */
  readonly toId: string | null;
  readonly digest: ToldDigest;
}

/**
 * `same`: nothing to do. `split`: compare these parts. `replace`: what the device holds in the range becomes
 * exactly these records.
 */
export type RangeAnswer =
  | { readonly kind: 'same' }
  | { readonly kind: 'split'; readonly parts: readonly ClaimedRange[] }
  | { readonly kind: 'replace'; readonly records: readonly RecordImage[] };

export const REPLACE_RECORDS_MAX = 64;
/** Payloads of one answer; a single larger record still comes alone. */
export const REPLACE_BYTES_MAX = 256 * 1024;
const SPLIT_PARTS = 16;

/** In which shapes a device holds what it has. */
export interface WantedShapes {
  readonly shapes?: SpaceShapes | undefined;
  readonly schemaVersions?: SchemaVersions | undefined;
  readonly spent?: Spent;
}

/** Compares one range; the work to find d differing records among n grows with d times the logarithm of n. */
export function compareRange(
  claimed: ClaimedRange,
  rows: readonly StoredRecord[],
  { shapes, schemaVersions, spent = { work: 0 } }: WantedShapes = {},
): RangeAnswer {
  const { collection } = claimed;
  const digestOf = (of: readonly StoredRecord[]) => comparableOf(collection, digestOfRows(of), shapes);
  if (sameDigest(claimed.digest, digestOf(rows))) return { kind: 'same' };
  if (rows.length <= 1 || (rows.length <= REPLACE_RECORDS_MAX && bytesOf(rows) <= REPLACE_BYTES_MAX)) {
    const images = rows.map(imageOf).filter((image) => image !== null);
    return {
      kind: 'replace',
      records: images.map((image) => shapedImage(image, shapes, schemaVersions, spent)),
    };
  }
  const size = Math.ceil(rows.length / SPLIT_PARTS);
  const parts: ClaimedRange[] = [];
  for (let start = 0; start < rows.length; start += size) {
    const next = rows[start + size];
    parts.push({
      collection,
      fromId: start === 0 ? claimed.fromId : rows[start]!.id,
      toId: next === undefined ? claimed.toId : next.id,
      digest: digestOf(rows.slice(start, start + size)),
    });
  }
  return { kind: 'split', parts };
}

function bytesOf(rows: readonly StoredRecord[]): number {
  return rows.reduce((sum, row) => sum + contentBytes(row), 0);
}

function digestOfRows(rows: readonly StoredRecord[]): CollectionDigest {
  const sum = digestSum();
  for (const { id, version, contentHash } of rows) sum.add(id, version, contentHash);
  return sum.result();
}
