import {
  type Announcement,
  deviceId,
  EMPTY_DIGEST,
  hlcTime,
  type PageEntry,
  recordId,
  type SpaceKey,
  userId,
} from '@syncline/core';
import type { Announcements } from '@syncline/ports';
import { BASE_MS, NOTES, payload } from './change-fixtures';
import { eventually } from './eventually';
import { madeForSuite, namesFor, type UnderTest } from './store-under-test';

export interface AnnouncementsUnderTest extends UnderTest {
  readonly announcements: Announcements;
}

const stamp = { time: hlcTime(BASE_MS, 7), device: deviceId('d1'), number: 9 };
const named = (id: string, version: number) => ({ collection: NOTES, id: recordId(id), version });

const ENTRIES: readonly PageEntry[] = [
  {
    kind: 'put',
    record: {
      ...stamp,
      ...named('é\u{1f600}', 3),
      payload: new Uint8Array([0, 128, 255]),
      user: userId('u1'),
      schemaVersion: 2,
      resurrected: true,
    },
  },
  {
    kind: 'patch',
    ...stamp,
    ...named('b', 4),
    previousVersion: 2,
    patch: { set: payload({ n: 1 }), remove: ['m'] },
    user: userId('u1'),
    schemaVersion: 0,
  },
  { kind: 'delete', ...stamp, ...named('c', 5) },
];

export function announcementOf(from: number, given: Partial<Announcement> = {}): Announcement {
  return { epoch: 1, from, to: from + 1, entries: null, clock: new Map(), digests: new Map(), ...given };
}

/** What best effort still promises: in a quiet world whoever keeps publishing is heard, and heard rightly. */
export function describeAnnouncementsContract(
  name: string,
  make: () => Promise<AnnouncementsUnderTest>,
): void {
  describe(`${name} keeps the contract of announcements`, () => {
    const made = madeForSuite(make);
    const names = namesFor(made);
    const hear = (space: SpaceKey) => {
      const heard: Announcement[] = [];
      return { heard, stop: made().announcements.listen(space, (each) => void heard.push(each)) };
    };
    /** Any single announcement may be lost, so it is published until it is heard. */
    const publishUntil = (space: SpaceKey, announcement: Announcement, check: () => void) =>
      eventually(async () => {
        await made().announcements.publish(space, announcement);
        check();
      });
    describeHearing(names.space, hear, publishUntil);
    describeStopping(names.space, hear, publishUntil);
  });
}

type Hear = (space: SpaceKey) => { readonly heard: readonly Announcement[]; readonly stop: () => void };
type PublishUntil = (space: SpaceKey, announcement: Announcement, check: () => void) => Promise<void>;

function describeHearing(newSpace: () => SpaceKey, hear: Hear, publishUntil: PublishUntil): void {
  test('an announcement arrives whole', async () => {
    const space = newSpace();
    const { heard, stop } = hear(space);
    const digest = { ...EMPTY_DIGEST, count: 3, versions: { a: 0xffffffff, b: 1 } };
    const announcement = announcementOf(2, {
      epoch: 4,
      to: 5,
      entries: ENTRIES,
      clock: new Map([
        [deviceId('d1'), 9],
        [deviceId('dévice'), 1_000_000],
      ]),
      digests: new Map([[NOTES, digest]]),
    });
    await publishUntil(space, announcement, () => expect(heard).toContainEqual(announcement));
    stop();
  });

  test('an announcement without entries arrives without', async () => {
    const space = newSpace();
    const { heard, stop } = hear(space);
    const announcement = announcementOf(7);
    await publishUntil(space, announcement, () => expect(heard).toContainEqual(announcement));
    stop();
  });

  test('everyone who listens to a space hears of it, and of no other', async () => {
    const [space, other] = [newSpace(), newSpace()];
    const [first, second, elsewhere] = [hear(space), hear(space), hear(other)];
    await publishUntil(space, announcementOf(1), () => {
      expect(first.heard).toContainEqual(announcementOf(1));
      expect(second.heard).toContainEqual(announcementOf(1));
    });
    await publishUntil(other, announcementOf(2), () =>
      expect(elsewhere.heard).toContainEqual(announcementOf(2)),
    );
    expect(elsewhere.heard).not.toContainEqual(announcementOf(1));
    expect(first.heard).not.toContainEqual(announcementOf(2));
    for (const { stop } of [first, second, elsewhere]) stop();
  });

  test('publishing where no one listens does no harm', async () => {
    const space = newSpace();
    await publishUntil(space, announcementOf(1), () => expect(true).toBe(true));
    const { heard, stop } = hear(space);
    await publishUntil(space, announcementOf(2), () => expect(heard).toContainEqual(announcementOf(2)));
    stop();
  });
}

function describeStopping(newSpace: () => SpaceKey, hear: Hear, publishUntil: PublishUntil): void {
  test('who has stopped hears nothing more, and the others still do', async () => {
    const space = newSpace();
    const [leaving, staying] = [hear(space), hear(space)];
    await publishUntil(space, announcementOf(1), () => {
      expect(leaving.heard).toContainEqual(announcementOf(1));
      expect(staying.heard).toContainEqual(announcementOf(1));
    });
    leaving.stop();
    leaving.stop();
    await publishUntil(space, announcementOf(2), () =>
      expect(staying.heard).toContainEqual(announcementOf(2)),
    );
    expect(leaving.heard).not.toContainEqual(announcementOf(2));
    staying.stop();
  });
}
