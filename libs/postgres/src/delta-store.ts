import {
  type ChangeNumber,
  type CollectionName,
  type CollectionRules,
  type DeviceId,
  idProblem,
  LEDGER_ID_BYTES_MAX,
  recordKey,
  type RecordKey,
  type SpaceKey,
  type StoredRecord,
} from '@syncline/core';
import type {
  Changes,
  ChangesRequest,
  Counts,
  DeltaStore,
  Head,
  RangeRequest,
  RecordName,
} from '@syncline/ports';
import { arraysOf, type Column, unnestOf } from './columns';
import { packedTexts } from './packed-arrays';
import { READ_NAMES, readOf, type ReadRow, readRow } from './read-rows';
import { RECORD_NAMES, recordOf, type RecordRow } from './record-rows';
import { RULES_NAMES, rulesOf, type RulesRow } from './rules-rows';
import { type SpaceRow, STATE_NAMES, stateOf } from './space-rows';
import { rawStatement, type Sql, statement } from './sql';

const NAMES: readonly Column<RecordName>[] = [
  { name: 'collection', type: 'text', of: ({ collection }) => collection },
  { name: 'id', type: 'text', of: ({ id }) => id },
];

const headsOf = statement<Head & { readonly space: SpaceKey }>(
  'delta.heads',
  `select space, epoch, head, access_changes as "accessChanges" from spaces where space = any($1::text[])`,
);
const stateOfSpace = statement<SpaceRow>(
  'delta.state',
  `select ${STATE_NAMES} from spaces where space = $1::text`,
);
interface ReadingRow extends SpaceRow {
  readonly rules_changes: number;
}

const readingState = statement<ReadingRow>(
  'delta.reading_state',
  `select ${STATE_NAMES}, rules_changes from spaces where space = $1::text`,
);

const above = (filter: string): string =>
  `from records where space collate by_version = $1::text and version > $2::int8 ${filter} order by version`;

const sized = (filter: string): string =>
  `select version, octet_length(payload) + coalesce(octet_length(kept), 0) as size ${above(filter)} limit greatest($3::int8, 1) + 1`;

/**
 * Where the page ends is found first, from sizes alone, which rows tell by their heads: a payload beyond the page stays where it
 * is. Mostly everything that was asked for fits, and a plain sum says so at a fifth of the cost of sums that run from row to row.
 */
const page = (filter: string): string => `
  with ahead as materialized (
    select max(version) as furthest, coalesce(sum(size), 0) as bytes from (${sized(filter)}) following
  )
  select ${READ_NAMES.replace('more', 'version < (select furthest from ahead) as more')}
  ${above(`${filter} and version <= (
    select case when bytes <= $4::int8 then furthest else (
      select coalesce(max(version) filter (where so_far <= $4::int8), min(version))
      from (
        select version, coalesce(sum(size) over (order by version rows unbounded preceding), 0) as so_far
        from (${sized(filter)}) following
      ) counted
    ) end from ahead
  )`)}
  limit greatest($3::int8, 1)`;

const changesOf = rawStatement('delta.changes', page(''), readRow);
const changesIn = rawStatement('delta.changes_in', page('and collection = any($5::text[])'), readRow);

const clockOf = statement<{ readonly device: DeviceId; readonly last_number: ChangeNumber }>(
  'delta.clock',
  `select device, last_number from space_devices
   where space collate by_version = $1::text and taken_version > $2::int8`,
);
const countOf = statement<Counts>(
  'delta.count',
  `select counted.records, counted.bytes from spaces s
   cross join lateral (
     select count(*) as records, coalesce(sum(octet_length(r.payload)), 0)::int8 as bytes
     from records r where r.space collate by_version = s.space and r.version > $2::int8
       and ($3::text[] = '{}' or r.collection = any($3::text[])) and r.collection <> all($4::text[])
   ) counted
   where s.space = $1::text`,
);
const rangeOf = statement<RecordRow>(
  'delta.range',
  `select ${RECORD_NAMES} from records
   where space = $1::text and collection = $2::text and id >= $3::text and ($4::text is null or id < $4::text)
     and payload is not null
   order by id`,
);
const recordsOf = statement<RecordRow>(
  'delta.records',
  `select ${RECORD_NAMES} from ${unnestOf(NAMES, 'wanted').replaceAll(/\$(\d)/g, (_, at) => `$${Number(at) + 1}`)}
   join records using (collection, id) where space = $1::text`,
);
const rulesOfSpace = statement<RulesRow>(
  'delta.rules',
  `select ${RULES_NAMES} from collections where space = $1::text`,
);

export function deltaStore(sql: Sql): DeltaStore {
  return {
    async heads(wanted) {
      if (wanted.length === 0) return new Map();
      const rows = await sql.query(headsOf(packedTexts(wanted)));
      return new Map(rows.map(({ space, ...head }) => [space, head]));
    },
    async state(space) {
      const [row] = await sql.query(stateOfSpace(space));
      return row === undefined ? null : stateOf(row);
    },
    changes: (request) => readChanges(sql, request),
    async count({ space, after, collections, except }) {
      const [counts] = await sql.query(countOf(space, after, packedTexts(collections), packedTexts(except)));
      return counts ?? null;
    },
    async range(request) {
      const [[state], rows] = await sql.snapshot<[SpaceRow, RecordRow]>([
        stateOfSpace(request.space),
        rangeOf(...boundsOf(request)),
      ]);
      return state === undefined ? null : { state: stateOf(state), rows: rows.map(recordOf) };
    },
    async records(space, names) {
      const possible = names.filter(({ id }) => idProblem(id, LEDGER_ID_BYTES_MAX) === null);
      const [[state], rows] = await sql.snapshot<[SpaceRow, RecordRow]>([
        stateOfSpace(space),
        recordsOf(space, ...arraysOf(NAMES, possible)),
      ]);
      return state === undefined ? null : byKey(rows.map(recordOf));
    },
    async collections(space) {
      const [[state], rows] = await sql.snapshot<[ReadingRow, RulesRow]>([
        readingState(space),
        rulesOfSpace(space),
      ]);
      if (state === undefined) return null;
      const rules = byCollection(rows.map(rulesOf));
      return { state: stateOf(state), rules, rulesChanges: state.rules_changes };
    },
  };
}

async function readChanges(sql: Sql, request: ChangesRequest): Promise<Changes | null> {
  const { space, after, collections, recordsMax, bytesMax } = request;
  const bounds = [space, after, recordsMax, bytesMax];
  const [[state], rows, clock] = await sql.snapshot<
    [ReadingRow, ReadRow, { readonly device: DeviceId; readonly last_number: ChangeNumber }]
  >([
    readingState(space),
    collections.length === 0 ? changesOf(...bounds) : changesIn(...bounds, packedTexts(collections)),
    clockOf(space, request.clockAfter),
  ]);
  if (state === undefined) return null;
  return {
    state: stateOf(state),
    rows: rows.map(readOf),
    more: rows[rows.length - 1]?.more === true,
    clock: new Map(clock.map(({ device, last_number }) => [device, last_number])),
    rulesChanges: state.rules_changes,
  };
}

/** No id holds a NUL, which Postgres cannot be asked about; the character after it sorts in the same place. */
function boundsOf({
  space,
  collection,
  fromId,
  toId,
}: RangeRequest): [string, string, string, string | null] {
  const bound = (id: string): string => id.replaceAll('\u0000', '\u0001');
  return [space, collection, bound(fromId), toId === null ? null : bound(toId)];
}

function byKey(records: readonly StoredRecord[]): ReadonlyMap<RecordKey, StoredRecord> {
  return new Map(records.map((record) => [recordKey(record.collection, record.id), record]));
}

function byCollection(rules: readonly CollectionRules[]): ReadonlyMap<CollectionName, CollectionRules> {
  return new Map(rules.map((each) => [each.collection, each]));
}
