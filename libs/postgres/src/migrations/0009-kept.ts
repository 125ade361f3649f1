import type { Migration } from '../migrate';

/** What records of some policies hold beside their payload, and the operations that later ones are transformed over. */
export const kept: Migration = {
  version: 9,
  name: 'kept',
  script: `
alter table records add column kept bytea;
alter table history add column operations bytea;
`,
};
