import type { Migration } from '../migrate';

/** Those conflicts that a tenant's resolver has to be asked about are found in all spaces at once. */
export const conflictsToResolve: Migration = {
  version: 11,
  name: 'conflicts to resolve',
  script: `
create collation by_conflict_to_resolve (provider = libc, locale = 'C');

-- The bookkeeping of these records says whom they wait for. There are few of them, and most of the time none.
create index records_conflicts_to_resolve on records (space collate by_conflict_to_resolve, id)
  where collection = 'sys.conflicts' and position('"waitsFor":"resolver"'::bytea in meta) > 0;
`,
};
