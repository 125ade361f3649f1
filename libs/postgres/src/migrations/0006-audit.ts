import type { Migration } from '../migrate';

/** What is left of history that was pruned, and the hash chain of each space. */
export const audit: Migration = {
  version: 6,
  name: 'audit',
  script: `
-- Everything that the chain covers of an entry that was pruned; of its contents the hashes.
create table pruned_history (
  space            text collate "C" not null,
  version          int8 not null,
  collection       text collate "C" not null,
  id               text collate "C" not null,
  previous_version int8 not null,
  deleted          bool not null,
  content_sha256   bytea not null,
  incoming_sha256  bytea,
  incoming_deleted bool not null,
  device           text collate "C" not null,
  user_id          text collate "C" not null,
  number           int8 not null,
  base_version     int8 not null,
  time             int8 not null,
  committed_at_ms  int8 not null,
  policy           text collate "C" not null,
  rules_version    int8 not null,
  schema_version   int8 not null,
  conflict         text collate "C",
  trace            bytea,
  primary key (space, version)
);

-- Of every version what stays, whether it was pruned or not. Hashes are made where they are asked for.
create view audited_history as
  select space, version, collection, id, previous_version, payload is null as deleted,
    sha256(coalesce(payload, '')) as content_sha256, sha256(incoming) as incoming_sha256,
    about_id is not null and incoming is null as incoming_deleted,
    device, user_id, number, base_version, time, committed_at_ms, policy, rules_version, schema_version, conflict, trace,
    coalesce(octet_length(payload), 0) + coalesce(octet_length(incoming), 0) as kept_bytes
  from history
  union all
  select space, version, collection, id, previous_version, deleted, content_sha256, incoming_sha256, incoming_deleted,
    device, user_id, number, base_version, time, committed_at_ms, policy, rules_version, schema_version, conflict, trace,
    0 as kept_bytes
  from pruned_history;

create table chains (
  space     text collate "C" primary key,
  -- The end of the chain; 0 and null before it is begun.
  version   int8 not null default 0,
  hash      bytea,
  -- As of this version and later ones, history tells what every record held.
  kept_from int8 not null default 0
);

-- The chain at some versions on the way, so that it need not be computed from its beginning.
create table chain_marks (
  space   text collate "C" not null,
  version int8 not null,
  hash    bytea not null,
  primary key (space, version)
);

-- Of what was pruned until now nothing is left that could say how far back history is whole.
insert into chains (space, kept_from)
  select s.space, s.head from spaces s
  where s.head <> (select count(*) from history h where h.space = s.space);
`,
};
