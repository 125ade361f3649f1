import type { Migration } from '../migrate';

/**
 * Everything that the service keeps for good. Each table that grows with use is keyed by the space first, so that the
 * schema can be distributed by it; nothing refers to another table, as a reference would lock the row of the space.
 * Names and ids sort by their UTF-8 bytes. What may hold a NUL is kept as bytes.
 */
export const store: Migration = {
  version: 1,
  name: 'store',
  script: `
-- All of these sort as "C" does. A table has one index that is led by the space under each of them: a statement that compares
-- the space under one can use that index and no other. Left to choose, the planner takes the smallest one for a
-- table that is small or was when it was last looked at, and reads a whole space by it when that has grown.
create collation by_version (provider = libc, locale = 'C');
create collation by_record (provider = libc, locale = 'C');
create collation by_change (provider = libc, locale = 'C');
create collation by_user (provider = libc, locale = 'C');
create collation tombstones (provider = libc, locale = 'C');

create table spaces (
  space          text collate "C" primary key,
  epoch          int8 not null default 1,
  head           int8 not null default 0,
  floor          int8 not null default 0,
  announced      int8 not null default 0,
  -- Since when there is something to announce; null while there is nothing.
  waiting_since  timestamptz,
  -- Live records and the bytes of their payloads.
  records        int8 not null default 0,
  bytes          int8 not null default 0,
  -- For each collection: count, two lanes over versions, two over contents.
  digests        jsonb not null default '{}',
  access_changes int8 not null default 0,
  -- Null for no limit; both or neither.
  records_max    int8,
  bytes_max      int8,
  -- Changes to collections that were not declared are rejected.
  declared_only  bool not null default false
) with (fillfactor = 50);

create index spaces_waiting on spaces (waiting_since) where waiting_since is not null;

create table records (
  space            text collate "C" not null,
  collection       text collate "C" not null,
  id               text collate "C" not null,
  version          int8 not null,
  created_version  int8 not null,
  previous_version int8 not null,
  merged           bool not null,
  -- Null in a tombstone.
  payload          bytea,
  meta             bytea,
  content_a        int4 not null,
  content_b        int4 not null,
  time             int8 not null,
  device           text collate "C" not null,
  number           int8 not null,
  user_id          text collate "C" not null,
  schema_version   int8 not null,
  committed_at_ms  int8 not null,
  -- The last change where it was a patch: new values, and a JSON list of the names that went.
  patch_set        bytea,
  patch_remove     text,
  as_sent          bool not null,
  resurrected      bool not null,
  primary key (space, collection, id)
);

-- The change feed.
create unique index records_by_version on records (space collate by_version, version);
create index records_tombstones on records (space collate tombstones, version) where payload is null;

create table history (
  space            text collate "C" not null,
  version          int8 not null,
  collection       text collate "C" not null,
  id               text collate "C" not null,
  previous_version int8 not null,
  payload          bytea,
  incoming         bytea,
  -- The record that an entry of the ledger is about; null where an entry is about its own record.
  about_collection text collate "C",
  about_id         text collate "C",
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

create index history_by_record on history (space collate by_record, collection, id, version);
create index history_by_change on history (space collate by_change, device, number);

create table space_devices (
  space         text collate "C" not null,
  device        text collate "C" not null,
  last_number   int8 not null default 0,
  -- The version that was next when the last number was taken.
  taken_version int8 not null default 0,
  -- Null until the device keeps a copy, as are the user and the rest.
  acknowledged  int8,
  user_id       text collate "C",
  last_seen_ms  int8,
  skew_ms       int8,
  primary key (space, device)
);

create index space_devices_by_version on space_devices (space collate by_version, taken_version);

create table receipts (
  space           text collate "C" not null,
  device          text collate "C" not null,
  number          int8 not null,
  fingerprint_a   int4 not null,
  fingerprint_b   int4 not null,
  after_number    int8 not null,
  status          text collate "C" not null,
  version         int8 not null,
  conflict_id     text collate "C",
  conflict_kind   text collate "C",
  conflict_state  text collate "C",
  reason          text collate "C",
  message         bytea,
  ahead_ms        int8 not null,
  committed_at_ms int8 not null,
  primary key (space, device, number)
);

create table collections (
  space          text collate "C" not null,
  collection     text collate "C" not null,
  policy         text collate "C" not null,
  -- JSON as it was declared.
  rule           text not null,
  rules_version  int8 not null,
  deletes        text collate "C" not null,
  encrypted      bool not null,
  json           bool not null,
  schema_current int8 not null,
  schema_oldest  int8 not null,
  primary key (space, collection)
);

create table members (
  space       text collate "C" not null,
  user_id     text collate "C" not null,
  role        text collate "C" not null,
  -- Rights by collection, where they are narrower than the role's.
  collections jsonb not null,
  primary key (space, user_id)
);

create index members_by_user on members (user_id collate by_user, space collate by_user);

create table artifacts (
  space      text collate "C" not null,
  hash       bytea not null,
  size_bytes int8 not null,
  chunks     int8 not null,
  mime_type  text not null,
  encrypted  bool not null,
  -- Chunks that are there without a gap, from the first on.
  received   int8 not null default 0,
  complete   bool not null default false,
  primary key (space, hash)
);

create table artifact_chunks (
  space   text collate "C" not null,
  hash    bytea not null,
  index   int8 not null,
  content bytea not null,
  primary key (space, hash, index)
);

create table revoked_devices (
  tenant text collate "C" not null,
  device text collate "C" not null,
  primary key (tenant, device)
);

create table leases (
  task     text collate "C" primary key,
  holder   text collate "C" not null,
  until_ms int8 not null
);

create function json_of(payload bytea) returns jsonb
  language plpgsql immutable strict parallel safe
as $$
begin
  return convert_from(payload, 'UTF8')::jsonb;
exception when others then
  -- Not UTF-8, not JSON, or with characters that jsonb does not take.
  return null;
end
$$;

-- For people with SQL: what unencrypted collections hold. The service does not read it.
create view records_as_json as
  select r.space, r.collection, r.id, r.version, r.committed_at_ms, r.user_id, r.device, json_of(r.payload) as json
  from records r
  left join collections c on c.space = r.space and c.collection = r.collection
  where r.payload is not null and not coalesce(c.encrypted, false);
`,
};
