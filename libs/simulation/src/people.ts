import type { Edit, ViewRecord } from '@syncline/client';
import {
  collectionName,
  decodeUtf8,
  encodeUtf8,
  type RecordId,
  type SchemaDeclaration,
} from '@syncline/core';
import type { Made } from './keeping-edits';
import type { EditPlan } from './plan';

/** A collection of two shapes that devices of both use side by side. */
export const PEOPLE = 'people';
export const OLD_SHAPE = 1;
export const NEW_SHAPE = 2;
export const RANK_DEFAULT = 1;

export const PEOPLE_SCHEMA: SchemaDeclaration = {
  current: NEW_SHAPE,
  oldest: OLD_SHAPE,
  steps: [
    {
      toVersion: NEW_SHAPE,
      up: [
        { kind: 'rename', field: 'label', to: 'title' },
        { kind: 'default', field: 'rank', value: String(RANK_DEFAULT) },
        { kind: 'split', field: 'name', separator: ' ', into: ['first', 'last'] },
      ],
      down: [],
    },
  ],
};

export interface NewPerson {
  readonly title?: string;
  readonly rank?: number;
  readonly first?: string;
  readonly last?: string;
}

export interface OldPerson {
  readonly label?: string;
  readonly rank?: number;
  readonly name?: string;
}

export const personIn = (payload: Uint8Array): NewPerson & OldPerson =>
  JSON.parse(decodeUtf8(payload)) as NewPerson & OldPerson;

/** What devices of the old shape are due to see, written down a second time. */
export function inOldShape({ title, rank, first, last, ...rest }: NewPerson): OldPerson {
  const names = [first, last].filter((each) => each !== undefined);
  return {
    ...rest,
    ...(title === undefined ? {} : { label: title }),
    ...(rank === undefined || rank === RANK_DEFAULT ? {} : { rank }),
    ...(names.length === 0 ? {} : { name: names.join(' ') }),
  };
}

/** Devices of the old shape know nothing of ranks, and write none. */
export function personEdit(
  id: RecordId,
  view: ViewRecord | null,
  { act, value }: EditPlan,
  isOld: boolean,
): Made | null {
  const at = { collection: collectionName(PEOPLE), id };
  const [first, last] = [`F${value % 7}`, `L${value % 5}`];
  const title = `t${value}`;
  const whole = isOld ? { label: title, name: `${first} ${last}` } : { title, rank: value % 6, first, last };
  const part = isOld ? { label: title } : value % 2 === 0 ? { rank: value % 6 } : { title };
  const engine = (): Edit | null => {
    if (view === null) return act === 'put' ? { ...at, kind: 'create', payload: bytes(whole) } : null;
    if (act === 'delete') return value % 3 === 0 ? { ...at, kind: 'delete' } : null;
    if (act === 'put') return { ...at, kind: 'update', payload: bytes(whole) };
    return { ...at, kind: 'patch', patch: { set: bytes(part), remove: [] } };
  };
  const made = engine();
  return made === null ? null : { engine: made, increment: 0 };
}

const bytes = (value: unknown): Uint8Array => encodeUtf8(JSON.stringify(value));
