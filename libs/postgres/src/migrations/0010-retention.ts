import type { Migration } from '../migrate';

/** How much history collections keep, what is forgotten in the middle of it, and the syncs of devices. */
export const retention: Migration = {
  version: 10,
  name: 'retention',
  script: `
alter table collections
  -- JSON as it was declared; null for what the installation keeps.
  add column history text;
alter table declarations
  add column history text;

alter table history
  -- From this version on it is forgotten what the record was, up to its next entry that is there; null for nowhere.
  add column gap_from int8;

-- As of this version and later ones, history tells what every record of the collection held. What was pruned before there
-- was this table is in chains.
create table history_reaches (
  space      text collate "C" not null,
  collection text collate "C" not null,
  kept_from  int8 not null,
  primary key (space, collection)
);

-- One row for every sync of a device: what went either way until it was quiet.
create table sync_entries (
  space          text collate "C" not null,
  device         text collate "C" not null,
  user_id        text collate "C" not null,
  started_at_ms  int8 not null,
  duration_ms    int8 not null,
  from_version   int8 not null,
  to_version     int8 not null,
  -- Null for calls.
  mode           text collate "C",
  pushed         int8 not null,
  received       int8 not null,
  sent_bytes     int8 not null,
  received_bytes int8 not null,
  conflicts      int8 not null,
  -- Null where it went well.
  reason         text collate "C",
  reset          bool not null,
  trace_id       text collate "C" not null,
  primary key (space, started_at_ms, device, duration_ms)
);

create index sync_entries_by_user on sync_entries (space collate by_user, user_id, started_at_ms, device, duration_ms);
create index sync_entries_by_device on sync_entries (space collate by_change, device, started_at_ms, duration_ms);

-- Conflicts from before they were looked for are given what they are looked for by, as core writes it.
create function facts_of(payload bytea) returns bytea
  language plpgsql immutable strict
as $$
declare
  ledger json := convert_from(payload, 'UTF8')::json;
begin
  return convert_to(
    '{"state":' || (ledger->'state')::text || ',"kind":' || (ledger->'kind')::text || ',"id":' || (ledger->'id')::text
      || ',"policy":' || (ledger->'policy')::text
      || ',"devices":[' || (ledger->'stored'->'device')::text || ',' || (ledger->'incoming'->'device')::text
      || '],"users":[' || (ledger->'stored'->'user')::text || ',' || (ledger->'incoming'->'user')::text
      || '],"detectedAtMs":' || (ledger->'detectedAtMs')::text || '}',
    'UTF8'
  );
exception when others then
  -- With a character that Postgres does not take: it is found by its id, as before.
  return null;
end
$$;

update records r set meta = facts_of(r.payload) from spaces s
where r.space = s.space and r.collection = 'sys.conflicts' and r.meta is null and r.payload is not null;

drop function facts_of(bytea);
`,
};
