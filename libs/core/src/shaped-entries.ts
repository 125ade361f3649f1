import type { ToldDigest, ToldDigests } from './digest';
import type { CollectionName } from './ids';
import type { PageEntry } from './pages';
import { imageOf, type ReadRecord, type RecordImage } from './records';
import type { CollectionRules } from './rules';
import { CONVERSION_WORK_MAX } from './schema/cost';
import { inShape, type Shapes, shapesOf } from './schema/shapes';

/** Of the collections that declare steps. All others go out as they are stored. */
export type SpaceShapes = ReadonlyMap<CollectionName, Shapes>;

export function spaceShapes(declared: ReadonlyMap<CollectionName, CollectionRules>): SpaceShapes {
  const shapes = new Map<CollectionName, Shapes>();
  for (const [name, { schema }] of declared) {
    const made = shapesOf(schema);
    if (made !== null) shapes.set(name, made);
  }
  return shapes;
}

/** The versions that a device reads and writes; collections that are not named are exchanged in their newest. */
export type SchemaVersions = ReadonlyMap<CollectionName, number>;

/** What converting has taken so far, for a page or an answer that is not to take too much. */
export interface Spent {
  work: number;
}

/** Beyond, a page or an answer ends with what it has. A single conversion is bounded by itself. */
export const ANSWER_WORK_MAX = 4 * CONVERSION_WORK_MAX;

/** What the scope of a device is held to: a record as the newest version has it, or as it is stored. */
export function inNewestShape(row: ReadRecord, shapes: SpaceShapes | undefined, spent: Spent): ReadRecord {
  const known = shapes?.get(row.collection);
  if (known === undefined) return row;
  const newest = inShape(known, row, known.current);
  if (!newest.ok) return row;
  spent.work += newest.work;
  return newest.record;
}

/** An entry about this row, as the device wants it. What cannot be converted goes out as it is stored. */
export function inWantedShape(
  entry: PageEntry,
  row: ReadRecord,
  shapes: SpaceShapes | undefined,
  versions: SchemaVersions | undefined,
  spent: Spent,
): PageEntry {
  const known = shapes?.get(row.collection);
  if (known === undefined || entry.kind === 'delete' || entry.kind === 'gone') return entry;
  const wanted = versions?.get(row.collection) ?? known.current;
  if (row.schemaVersion === wanted) return entry;
  const patch = entry.kind === 'patch' ? known.convertPatch(entry.patch, row.schemaVersion, wanted) : null;
  if (entry.kind === 'patch' && patch !== null) return { ...entry, patch, schemaVersion: wanted };
  const record = imageOf(row);
  return record === null ? entry : { kind: 'put', record: wantedImage(known, record, versions, spent) };
}

export function shapedImage(
  image: RecordImage,
  shapes: SpaceShapes | undefined,
  versions: SchemaVersions | undefined,
  spent: Spent,
): RecordImage {
  return wantedImage(shapes?.get(image.collection) ?? null, image, versions, spent);
}

export function wantedImage(
  shapes: Shapes | null,
  image: RecordImage,
  versions: SchemaVersions | undefined,
  spent: Spent = { work: 0 },
): RecordImage {
  if (shapes === null) return image;
  const shaped = inShape(shapes, image, versions?.get(image.collection) ?? shapes.current);
  if (!shaped.ok) return image;
  spent.work += shaped.work;
  return shaped.record;
}

/** Whether a live entry is in a version that the device does not read. */
export function isAhead(entry: PageEntry, versions: SchemaVersions | undefined): boolean {
  if (versions === undefined || versions.size === 0) return false;
  const told = entry.kind === 'put' ? entry.record : entry;
  if (!('schemaVersion' in told)) return false;
  const wanted = versions.get(told.collection);
  return wanted !== undefined && told.schemaVersion > wanted;
}

/** Where records may be held in another shape than they are stored in, only their versions can be compared. */
export function comparable(digests: ToldDigests, shapes: SpaceShapes | undefined): ToldDigests {
  if (shapes === undefined || shapes.size === 0) return digests;
  return new Map(Array.from(digests, ([name, digest]) => [name, comparableOf(name, digest, shapes)]));
}

export function comparableOf(
  collection: CollectionName,
  digest: ToldDigest,
  shapes: SpaceShapes | undefined,
): ToldDigest {
  return shapes?.has(collection) === true ? { ...digest, contents: null } : digest;
}
