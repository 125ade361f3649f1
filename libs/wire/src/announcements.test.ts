import { spaceKey, type SpaceId, type TenantId } from '@syncline/core';
import { announcementOf } from '@syncline/port-contracts';
import { Announcement as ProtoAnnouncement } from '@syncline/proto/internal';
import { announcementCodec, announcementFromBytes, announcementToBytes } from './announcements';
import { encode } from './encoding';

const HOME = spaceKey('acme' as TenantId, 'home' as SpaceId);
const ENTRIES = [{ kind: 'own', collection: 'notes', id: 'n', version: 1, number: 1 }] as never;

test('entries are decoded when they are first asked for, and once', () => {
  const onEntries = jest.fn();
  const { encode: encoded, decode } = announcementCodec(null, onEntries);
  const announced = decode(encoded(HOME, { ...announcementOf(0), entries: ENTRIES }))!;
  expect(announced).toMatchObject({ space: HOME });
  expect(announced.announcement.to).toBe(1);
  expect(onEntries).not.toHaveBeenCalled();
  const { entries } = announced.announcement;
  expect(entries).toEqual(ENTRIES);
  expect(announced.announcement.entries).toBe(entries);
  expect(onEntries.mock.calls).toEqual([[entries, announced]]);
});

test('without entries there is nothing to tell of', () => {
  const onEntries = jest.fn();
  const bytes = announcementToBytes(HOME, { ...announcementOf(0), entries: null });
  const read = announcementFromBytes(bytes, onEntries);
  expect(read).toMatchObject({ ok: true, value: { announcement: { entries: null }, page: null } });
  expect(onEntries).not.toHaveBeenCalled();
});

test('entries that cannot be read are as good as none', () => {
  const onEntries = jest.fn();
  const damaged = { ...ProtoAnnouncement.create(), tenant: 'acme', space: 'home', toVersion: 1 };
  const bytes = encode(ProtoAnnouncement, { ...damaged, page: new Uint8Array([0xff, 0xff]) });
  const read = announcementFromBytes(bytes, onEntries);
  expect(read).toMatchObject({ ok: true, value: { announcement: { to: 1, entries: null } } });
  expect(onEntries).not.toHaveBeenCalled();
});

test('when it was committed is told where it is known', () => {
  const passed = (committedAtMs?: number) => {
    const given = committedAtMs === undefined ? {} : { committedAtMs };
    const read = announcementFromBytes(announcementToBytes(HOME, { ...announcementOf(0), ...given }));
    return read.ok ? read.value.announcement : null;
  };
  expect(passed(1_800_000_000_000)).toMatchObject({ committedAtMs: 1_800_000_000_000 });
  expect(passed()).not.toHaveProperty('committedAtMs');
});
