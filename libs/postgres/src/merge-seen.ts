import { CONFLICTS, type Seen, type SeenKey, seenKey, type SeenRequest, type SpaceKey } from '@syncline/core';
import { arraysOf, type Column, unnestOf } from './columns';
import { type Connection, statement, together } from './sql';

interface Asked {
  readonly at: number;
  readonly space: SpaceKey;
  readonly request: SeenRequest;
}

const RECORD: readonly Column<Asked>[] = [
  { name: 'at', type: 'int4', of: ({ at }) => at },
  { name: 'space', type: 'text', of: ({ space }) => space },
  { name: 'collection', type: 'text', of: ({ request }) => request.collection },
  { name: 'id', type: 'text', of: ({ request }) => request.id },
];
const AT_BASE: readonly Column<Asked>[] = [
  ...RECORD,
  { name: 'base_version', type: 'int8', of: ({ request }) => request.baseVersion },
];
const OF_CHANGE: readonly Column<Asked>[] = [
  ...RECORD,
  { name: 'device', type: 'text', of: ({ request }) => request.device },
  { name: 'number', type: 'int8', of: ({ request }) => request.after },
];

interface BaseRow {
  readonly at: number;
  readonly payload: Uint8Array | null;
  readonly schema_version: number;
}

interface SentRow extends BaseRow {
  readonly collection: string;
  readonly incoming: Uint8Array | null;
}

const basesOf = statement<BaseRow>(
  'merge.bases',
  `select wanted.at, entry.payload, entry.schema_version from ${unnestOf(AT_BASE, 'wanted')}
   cross join lateral (
     select payload, gap_from, schema_version from history h
     where h.space collate by_record = wanted.space and h.collection = wanted.collection and h.id = wanted.id
       and h.version <= wanted.base_version
     order by h.version desc limit 1
   ) entry
   where entry.gap_from is null or entry.gap_from > wanted.base_version`,
);

/** The ledger has what was sent; where there was no conflict, what was sent was stored. */
const sentIn = statement<SentRow>(
  'merge.sent',
  `select wanted.at, entry.collection, entry.payload, entry.incoming, entry.schema_version from ${unnestOf(OF_CHANGE, 'wanted')}
   cross join lateral (
     select h.collection, h.payload, h.incoming, h.schema_version from history h
     where h.space collate by_change = wanted.space and h.device = wanted.device and h.number = wanted.number
       and coalesce(h.about_collection, h.collection) = wanted.collection
       and coalesce(h.about_id, h.id) = wanted.id
     order by h.about_id is null, h.version desc limit 1
   ) entry`,
);

export async function findSeen(
  connection: Connection,
  locking: Promise<readonly { readonly space: SpaceKey }[]>,
  wanted: ReadonlyMap<SpaceKey, readonly SeenRequest[]>,
): Promise<ReadonlyMap<SpaceKey, ReadonlyMap<SeenKey, Seen>>> {
  const asked = [...wanted]
    .flatMap(([space, requests]) => requests.map((request) => ({ space, request })))
    .map((each, at): Asked => ({ ...each, at }));
  const atBase = asked.filter(({ request }) => request.after === 0);
  const ofChange = asked.filter(({ request }) => request.after > 0);
  const [locked, bases, sent] = await together<
    [readonly { readonly space: SpaceKey }[], BaseRow[], SentRow[]]
  >([
    locking,
    atBase.length === 0 ? Promise.resolve([]) : connection.query(basesOf(...arraysOf(AT_BASE, atBase))),
    ofChange.length === 0 ? Promise.resolve([]) : connection.query(sentIn(...arraysOf(OF_CHANGE, ofChange))),
  ]);

  const found = new Map<SpaceKey, Map<SeenKey, Seen>>();
  for (const { space } of locked) if (wanted.has(space)) found.set(space, new Map());
  const tell = ({ at, schema_version: schemaVersion }: BaseRow, payload: Uint8Array | null): void => {
    const { space, request } = asked[at]!;
    found.get(space)?.set(seenKey(request), { deleted: payload === null, payload, schemaVersion });
  };
  for (const row of bases) tell(row, row.payload);
  for (const row of sent) tell(row, sentBy(row));
  return found;
}

/** A ledger entry's own payload is the ledger record; what the device sent is beside it, null for a delete. */
function sentBy({ collection, payload, incoming }: SentRow): Uint8Array | null {
  return collection === CONFLICTS ? incoming : (incoming ?? payload);
}
