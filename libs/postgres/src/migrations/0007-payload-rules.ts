import type { Migration } from '../migrate';

/** What a collection declares of its payloads. */
export const payloadRules: Migration = {
  version: 7,
  name: 'payload-rules',
  script: `
alter table collections
  -- As declared; null for none.
  add column json_schema text,
  -- 0 for what the installation allows.
  add column record_bytes_max int8 not null default 0;
alter table declarations
  add column json_schema text,
  add column record_bytes_max int8 not null default 0;
`,
};
