import { packed, type PackedType, type TypeOf } from './packed-arrays';
import type { Param } from './sql';

/** A column of a table, and where its value is found in what is to be written. */
export type Column<Source> = {
  readonly [Type in PackedType]: {
    readonly name: string;
    readonly type: Type;
    readonly of: (source: Source) => TypeOf[Type] | null;
  };
}[PackedType];

/**
 * `(select unnest($1::text[]) as space, unnest($2::int8[]) as version) as name`: rows as one array a column. As a list they
 * are walked side by side, where `from unnest($1, $2)` would first put every array into a store of its own.
 */
export function unnestOf<Source>(columns: readonly Column<Source>[], name: string): string {
  const arrays = columns.map((column, index) => `unnest($${index + 1}::${column.type}[]) as ${column.name}`);
  return `(select ${arrays.join(', ')}) as ${name}`;
}

/** The parameters for such an `unnest`. */
export function arraysOf<Source>(columns: readonly Column<Source>[], rows: readonly Source[]): Param[] {
  return columns.map((column) => packColumn(column, rows));
}

/**
 * Selects from the rows that a statement returned, and raises unless there is one for each that was given: so it can be
 * known without waiting for an answer. What is no number cannot be cast to one.
 */
export function insistOnAll(returned: string, problem: string): string {
  const given = 'cardinality($1::text[])';
  return `select case when count(*) = ${given} then 0
    else ('${problem}: ' || ${given} - count(*) || ' of ' || ${given})::int end from ${returned}`;
}

export function namesOf<Source>(columns: readonly Column<Source>[]): string {
  return columns.map(({ name }) => name).join(', ');
}

/** `version = excluded.version, …` for all but the columns of the key. */
export function replacing<Source>(columns: readonly Column<Source>[], key: readonly string[]): string {
  return columns
    .filter(({ name }) => !key.includes(name))
    .map(({ name }) => `${name} = excluded.${name}`)
    .join(', ');
}

function packColumn<Source>(column: Column<Source>, rows: readonly Source[]): Uint8Array {
  switch (column.type) {
    case 'text':
      return packed('text', rows, column.of);
    case 'int8':
      return packed('int8', rows, column.of);
    case 'int4':
      return packed('int4', rows, column.of);
    case 'bool':
      return packed('bool', rows, column.of);
    case 'bytea':
      return packed('bytea', rows, column.of);
  }
}
