import type { Migration } from '../migrate';

/** What is told of an artifact besides its name and size, how its upload stands, and how much each space holds. */
export const artifacts: Migration = {
  version: 3,
  name: 'artifacts',
  script: `
alter table artifacts
  add column chunk_bytes    int8 not null default 65536,
  add column encrypted_for  jsonb not null default '[]',
  add column key_generation int8 not null default 0,
  add column plain_hash     bytea,
  add column nonce          bytea,
  -- Chunks that are there in all.
  add column stored         int8 not null default 0,
  -- All chunks were there and did not have the hash.
  add column corrupt        bool not null default false,
  add column touched_at_ms  int8 not null default (extract(epoch from now()) * 1000)::int8;

alter table artifacts
  alter column chunk_bytes drop default,
  alter column touched_at_ms drop default;

update artifacts a set stored =
  (select count(*) from artifact_chunks c where c.space = a.space and c.hash = a.hash);

create index artifacts_incomplete on artifacts (space, touched_at_ms) where not complete;

-- The sizes of all artifacts of a space, added up, so that a tenant's can be without reading each of them.
create table artifact_use (
  space text collate "C" primary key,
  bytes int8 not null
);

insert into artifact_use (space, bytes) select space, sum(size_bytes)::int8 from artifacts group by space;
`,
};
