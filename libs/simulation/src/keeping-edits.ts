import type { Edit, ViewRecord } from '@syncline/client';
import { collectionName, encodeUtf8, type RecordId } from '@syncline/core';
import {
  documentWith,
  isTyped,
  type Letters,
  lettersOf,
  operate,
  TYPES,
  type TypedCollection,
} from './documents';
import { type EditPlan, KEEPING } from './plan';
import type { WorldRecord } from './record';

type KeepingCollection = (typeof KEEPING)[number];

export const isKeeping = (collection: string): collection is KeepingCollection =>
  (KEEPING as readonly string[]).includes(collection);

/** An edit, and what it does as far as it can be counted. */
export interface Made {
  readonly engine: Edit;
  readonly increment: number;
  readonly letters?: Letters;
}

interface Place {
  readonly collection: KeepingCollection;
  readonly id: RecordId;
  /** The device has the data types. */
  readonly capable: boolean;
  readonly view: ViewRecord | null;
}

/** Each edit writes something that no other one writes, so that it can be found again. */
export function keepingEdit(record: WorldRecord, place: Place, { act, value }: EditPlan): Made | null {
  const { view, collection, id } = place;
  if (act === 'delete' && value % 3 === 0)
    return view === null
      ? null
      : { engine: { kind: 'delete', collection: collectionName(collection), id }, increment: 0 };
  const letter = String.fromCodePoint(FIRST_LETTER + record.letters.given++);
  return isTyped(collection)
    ? typedEdit({ ...place, collection }, letter, record.letters.given, value)
    : choiceEdit(place, letter, value);
}

const FIRST_LETTER = 0x4e00;

/** Now and then two write the same, and now and then only some of what is there is replaced. */
function choiceEdit({ id, view }: Place, letter: string, value: number): Made {
  const content = value % 5 === 0 ? `same ${value % 2}` : `${letter} ${value}`;
  const siblings = view?.kept?.kind === 'siblings' ? view.kept.siblings : [];
  const named = value % 2 === 0 ? [] : siblings.filter((_, index) => (value + index) % 3 > 0);
  return {
    increment: 0,
    engine: {
      kind: view === null ? 'create' : 'update',
      collection: collectionName('choices'),
      id,
      payload: encodeUtf8(JSON.stringify({ content })),
      ...(named.length > 0 ? { seen: named.map(({ device, number }) => ({ device, number })) } : {}),
    },
  };
}

const ENGINES = ['pages', 'boards'];

function typedEdit(
  { collection, id, capable, view }: Place & { readonly collection: TypedCollection },
  added: string,
  replica: number,
  value: number,
): Made | null {
  const name = collectionName(collection);
  const isUpdated = ENGINES.includes(collection);
  // Records that are not begun by an update are begun, and sometimes rewritten, as a whole.
  if (!isUpdated && (view === null || !capable || value % 11 === 0)) {
    const letters = view === null ? [] : lettersOf(collection, view.payload);
    const payload = documentWith(collection, [...letters, added]);
    return {
      engine: { kind: view === null ? 'create' : 'update', collection: name, id, payload },
      increment: 0,
    };
  }
  const made = capable ? operate(collection, view, { added, value, replica }) : null;
  if (made === null) return null;
  const { operations, ...letters } = made;
  return {
    increment: 0,
    letters,
    engine: { kind: 'operations', collection: name, id, type: TYPES[collection], operations },
  };
}
