import type { Migration } from '../migrate';

/** What was wrong with a rejected change, as JSON: whoever asks again gets the first answer again. */
export const violations: Migration = {
  version: 12,
  name: 'violations',
  script: `
alter table receipts add column violations bytea;
`,
};
