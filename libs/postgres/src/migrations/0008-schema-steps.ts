import type { Migration } from '../migrate';

/** How payloads are brought from one schema version of a collection to the next. */
export const schemaSteps: Migration = {
  version: 8,
  name: 'schema-steps',
  script: `
alter table collections
  -- JSON, as they were declared.
  add column schema_steps text not null default '[]';
alter table declarations
  add column schema_steps text not null default '[]';
alter table spaces
  -- Grows with each declaration, so that readers know whether the rules are still those that they have.
  add column rules_changes int8 not null default 0;
`,
};
