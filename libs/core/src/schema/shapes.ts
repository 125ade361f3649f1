import type { Kept } from '../records';
import { type SchemaConverter, schemaConverter } from './converter';
import type { SchemaDeclaration } from './declaration';
import type { Stopped } from './stages';

/** The versions of a collection that can be brought into one another. */
export interface Shapes extends SchemaConverter {
  readonly current: number;
}

/** Null where no steps are declared: then everything goes in the shape that it was written in. */
export function shapesOf(schema: SchemaDeclaration): Shapes | null {
  if (schema.steps.length === 0) return null;
  let made: SchemaConverter | null = null;
  // Steps are read only once something has to be converted, which most batches and pages have nothing of.
  const converter = (): SchemaConverter => (made ??= schemaConverter(schema));
  return {
    current: schema.current,
    convert: (...asked) => converter().convert(...asked),
    convertPatch: (...asked) => converter().convertPatch(...asked),
    updateThrough: (...asked) => converter().updateThrough(...asked),
  };
}

interface Content {
  readonly payload: Uint8Array | null;
  readonly schemaVersion: number;
  readonly kept?: Kept;
}

export type InShape<Record> = { readonly ok: true; readonly record: Record; readonly work: number } | Stopped;

/** A record in another shape, with all that is kept beside its payload; what was deleted has none. */
export function inShape<Record extends Content>(
  shapes: Shapes,
  record: Record,
  version: number,
): InShape<Record> {
  const { payload, schemaVersion, kept } = record;
  if (payload === null || schemaVersion === version) return { ok: true, record, work: 0 };
  const converted = shapes.convert(payload, schemaVersion, version);
  if (!converted.ok) return converted;
  const beside = kept?.kind === 'siblings' ? siblingsIn(shapes, kept, version) : null;
  if (beside?.ok === false) return beside;
  const held = beside === null ? {} : { kept: beside.record };
  return {
    ok: true,
    record: { ...record, payload: converted.payload, schemaVersion: version, ...held },
    work: (converted.work ?? 0) + (beside?.work ?? 0),
  };
}

function siblingsIn(
  shapes: Shapes,
  kept: Extract<Kept, { kind: 'siblings' }>,
  version: number,
): InShape<Kept> {
  const siblings: (typeof kept.siblings)[number][] = [];
  let work = 0;
  for (const sibling of kept.siblings) {
    const brought = inShape(shapes, sibling, version);
    if (!brought.ok) return brought;
    siblings.push(brought.record);
    work += brought.work;
  }
  return { ok: true, record: { ...kept, siblings }, work };
}
