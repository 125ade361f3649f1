import type { Migration } from '../migrate';

/** Tenants, the devices of their users, and what people want to know of spaces, members and rules. */
export const administration: Migration = {
  version: 2,
  name: 'administration',
  script: `
alter table spaces
  add column name text not null default '',
  add column created_at_ms int8;

alter table members
  add column added_at_ms int8 not null default (extract(epoch from now()) * 1000)::int8,
  -- When the membership ends by itself; null for never.
  add column expires_at_ms int8;

create index members_by_end on members (expires_at_ms) where expires_at_ms is not null;
create index space_devices_by_device on space_devices (device, space);

-- Everything that was ever declared; those that hold stand in collections as well.
create table declarations (
  space          text collate "C" not null,
  collection     text collate "C" not null,
  rules_version  int8 not null,
  policy         text collate "C" not null,
  -- JSON as it was declared.
  rule           text not null,
  deletes        text collate "C" not null,
  encrypted      bool not null,
  json           bool not null,
  schema_current int8 not null,
  schema_oldest  int8 not null,
  description    text not null,
  declared_at_ms int8 not null,
  declared_by    text collate "C",
  primary key (space, collection, rules_version)
);

create table tenants (
  tenant        text collate "C" primary key,
  name          text not null,
  suspended     bool not null,
  quotas        jsonb not null,
  rates         jsonb not null,
  issuers       jsonb not null,
  created_at_ms int8 not null
);

create table devices (
  tenant           text collate "C" not null,
  device           text collate "C" not null,
  user_id          text collate "C" not null,
  name             text not null,
  platform         text not null,
  app_version      text not null,
  client           text not null,
  registered_at_ms int8 not null,
  seen_at_ms       int8,
  skew_ms          int8,
  revoked_at_ms    int8,
  -- Both or neither.
  integrity_key_id text,
  integrity_key    bytea,
  primary key (tenant, device)
);

create index devices_by_user on devices (tenant, user_id, device);

create table pairings (
  -- SHA-256 of the code, which is not kept.
  code_hash     bytea primary key,
  tenant        text collate "C" not null,
  user_id       text collate "C" not null,
  expires_at_ms int8 not null
);
`,
};
