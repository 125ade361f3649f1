import type { SchemaDeclaration } from './declaration';
import { fieldNamed, type OpenObject } from './open-object';
import { pathsOf } from './operations';
import type { Stage } from './stages';

/** The stages between two versions, and how much of a payload they look at. */
export interface Way {
  readonly stages: readonly Stage[];
  /** The payload's own fields that some operation looks at or changes, or looks into. */
  readonly touched: ReadonlySet<string>;
  /** Up and down. */
  readonly operations: number;
}

export function wayOver(stages: readonly Stage[]): Way {
  const operations = stages.flatMap(({ up, down }) => [...up, ...down]);
  const touched = new Set(operations.flatMap(pathsOf).map(([name]) => name!));
  return { stages, touched, operations: operations.length };
}

/**
 * Each operation may read and write anew all that the steps touch, which is counted in characters. So bounded, a
 * conversion takes about a tenth of a second at most, whatever is in a payload; what people write takes a
 * thousandth of that.
 */
export const CONVERSION_WORK_MAX = 1_000_000;
/** A field is worth as many characters as take that long. */
const FIELD_WORK = 25;

/** The same without a look at what is in them: a field takes five bytes at least. */
export function conversionWorkAtMost({ steps }: Pick<SchemaDeclaration, 'steps'>, bytes: number): number {
  const operations = steps.reduce((sum, { up, down }) => sum + up.length + down.length, 0);
  return Math.min(CONVERSION_WORK_MAX, operations * bytes + (bytes / SHORTEST_FIELD) * FIELD_WORK);
}

const SHORTEST_FIELD = 5;

/** What it takes to bring these objects over the way, and, where that is too much, why they are not brought. */
export function costOf(
  { touched, operations }: Way,
  ...objects: readonly OpenObject[]
): { readonly work: number; readonly obstacle: string | null } {
  let fields = 0;
  let length = 0;
  for (const object of objects) {
    fields += object.written.size;
    for (const name of touched) length += fieldNamed(object, name)?.length ?? 0;
  }
  const work = operations * length + fields * FIELD_WORK;
  if (work <= CONVERSION_WORK_MAX) return { work, obstacle: null };
  const obstacle = `The payload is too large to be converted: ${fields} fields, and ${length} characters in those that the ${operations} operations between the versions touch.`;
  return { work, obstacle };
}
