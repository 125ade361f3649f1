import type { Migration } from '../migrate';

/** Where spaces stood that were removed: one that is made under the same name begins behind it. */
export const removedSpaces: Migration = {
  version: 4,
  name: 'removed-spaces',
  script: `
create table removed_spaces (
  space text collate "C" primary key,
  epoch int8 not null,
  head  int8 not null
);
`,
};
