import type { Version } from '@syncline/core';
import type { HistoryStore } from '@syncline/ports';
import { entryOf, HISTORY_NAMES, type HistoryRow } from './history-rows';
import { type Sql, statement } from './sql';

const ofRecord = statement<HistoryRow>(
  'history.of_record',
  `select ${HISTORY_NAMES} from history
   where space collate by_record = $1::text and collection = $2::text and id = $3::text and version < $4::int8
   order by version desc limit $5::int8`,
);
const atOrBefore = statement<HistoryRow & { readonly gap_from: Version | null }>(
  'history.at_or_before',
  `select ${HISTORY_NAMES}, gap_from from history
   where space collate by_record = $1::text and collection = $2::text and id = $3::text and version <= $4::int8
   order by version desc limit 1`,
);
const atVersion = statement<HistoryRow>(
  'history.at_version',
  `select ${HISTORY_NAMES} from history where space = $1::text and version = $2::int8`,
);

export function historyStore(sql: Sql): HistoryStore {
  return {
    async ofRecord(space, collection, id, before, limit) {
      const below = before ?? Number.MAX_SAFE_INTEGER;
      return (await sql.query(ofRecord(space, collection, id, below, limit))).map(entryOf);
    },
    async atOrBefore(space, collection, id, version) {
      const [row] = await sql.query(atOrBefore(space, collection, id, version));
      const isKnown = row !== undefined && (row.gap_from === null || row.gap_from > version);
      return isKnown ? entryOf(row) : null;
    },
    async atVersion(space, version) {
      const [row] = await sql.query(atVersion(space, version));
      return row === undefined ? null : entryOf(row);
    },
  };
}
