import type { Migration } from '../migrate';

/** Conflicts are found without passing over all other records, and those that wait without passing over the settled ones. */
export const conflicts: Migration = {
  version: 5,
  name: 'conflicts',
  script: `
create collation by_conflict (provider = libc, locale = 'C');
create collation by_waiting_conflict (provider = libc, locale = 'C');

create index records_conflicts on records (space collate by_conflict, version)
  where collection = 'sys.conflicts' and meta is not null;
-- The bookkeeping of these records holds their state.
create index records_conflicts_waiting on records (space collate by_waiting_conflict, version)
  where collection = 'sys.conflicts' and position('"state":"resolved"'::bytea in meta) = 0;
`,
};
