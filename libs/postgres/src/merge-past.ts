import {
  type ChangeNumber,
  decodeOperations,
  type DeviceId,
  PAST_WRITES_MAX,
  pastKey,
  type PastKey,
  type PastRequest,
  type PastWrite,
  type SpaceKey,
} from '@syncline/core';
import { arraysOf, type Column, unnestOf } from './columns';
import { type Connection, statement, together } from './sql';

interface Asked {
  readonly at: number;
  readonly space: SpaceKey;
  readonly request: PastRequest;
}

const ASKED: readonly Column<Asked>[] = [
  { name: 'at', type: 'int4', of: ({ at }) => at },
  { name: 'space', type: 'text', of: ({ space }) => space },
  { name: 'collection', type: 'text', of: ({ request }) => request.collection },
  { name: 'id', type: 'text', of: ({ request }) => request.id },
  { name: 'since', type: 'int8', of: ({ request }) => request.since },
];

interface PastRow {
  readonly at: number;
  readonly version: number;
  readonly previous_version: number;
  readonly device: DeviceId;
  readonly number: ChangeNumber;
  readonly operations: Uint8Array | null;
}

const pastOf = statement<PastRow>(
  'merge.past',
  `select wanted.at, entry.* from ${unnestOf(ASKED, 'wanted')}
   cross join lateral (
     select version, previous_version, device, number, operations from history h
     where h.space collate by_record = wanted.space and h.collection = wanted.collection and h.id = wanted.id
       and h.version > wanted.since
     order by h.version limit ${PAST_WRITES_MAX + 1}
   ) entry order by wanted.at, entry.version`,
);

export async function findPast(
  connection: Connection,
  locking: Promise<readonly { readonly space: SpaceKey }[]>,
  wanted: ReadonlyMap<SpaceKey, readonly PastRequest[]>,
): Promise<ReadonlyMap<SpaceKey, ReadonlyMap<PastKey, readonly PastWrite[]>>> {
  const asked = [...wanted]
    .flatMap(([space, requests]) => requests.map((request) => ({ space, request })))
    .map((each, at): Asked => ({ ...each, at }));
  const [locked, rows] = await together<[readonly { readonly space: SpaceKey }[], PastRow[]]>([
    locking,
    asked.length === 0 ? Promise.resolve([]) : connection.query(pastOf(...arraysOf(ASKED, asked))),
  ]);
  const found = new Map<SpaceKey, Map<PastKey, PastWrite[]>>();
  for (const { space } of locked) {
    const requests = wanted.get(space);
    if (requests !== undefined) found.set(space, new Map(requests.map((request) => [pastKey(request), []])));
  }
  for (const { at, ...row } of rows) {
    const { space, request } = asked[at]!;
    found.get(space)?.get(pastKey(request))?.push(writeOf(row));
  }
  return found;
}

function writeOf({ version, previous_version, device, number, operations }: Omit<PastRow, 'at'>): PastWrite {
  return {
    version,
    previousVersion: previous_version,
    device,
    number,
    operations: operations === null ? null : decodeOperations(operations),
  };
}
