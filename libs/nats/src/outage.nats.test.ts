import { jetstreamManager } from '@nats-io/jetstream';
import { deviceId, spaceId, spaceKey, tenantId, userId } from '@syncline/core';
import type { Announcement } from '@syncline/core';
import {
  announcementOf,
  eventually,
  type OwnServer,
  ownServer,
  presentOf,
  whereaboutsOf,
} from '@syncline/port-contracts';
import { type AccessChange, Unavailable } from '@syncline/ports';
import type { NatsLink, NatsOptions, NatsStatus } from './connection';
import { accessNewsOn, announcementsOn, linkTo, presenceEventsOn, whereaboutsOn } from './nats.test-fixtures';

const SPACE = spaceKey(tenantId('acme'), spaceId('home'));
const CHANGE: AccessChange = { kind: 'access', space: SPACE, user: userId('u'), access: null };

const own: { server: OwnServer } = { server: null! };
beforeAll(async () => {
  own.server = await ownServer('nats');
}, 30_000);
afterAll(() => own.server.close());
afterEach(async () => {
  await own.server.resume();
  await own.server.start();
  await Promise.all(opened.splice(0).map((link) => link.close()));
});

const opened: NatsLink[] = [];
function open(given: Partial<NatsOptions> = {}): NatsLink {
  const link = linkTo(own.server.url, given);
  opened.push(link);
  return link;
}

const status = (link: NatsLink, wanted: NatsStatus) => eventually(() => expect(link.status()).toBe(wanted));

async function heardAgain(publishing: NatsLink, heard: Announcement[], version: number): Promise<void> {
  const announcements = announcementsOn(publishing, 'outage');
  await eventually(async () => {
    await announcements.publish(SPACE, announcementOf(version));
    expect(heard).toContainEqual(announcementOf(version));
  });
}

test('a process starts without NATS, says so, and is in contact as soon as NATS is', async () => {
  await own.server.kill();
  const told: NatsStatus[] = [];
  const link = open({ onStatus: (each) => void told.push(each) });
  const announcements = announcementsOn(link, 'outage');
  const heard: Announcement[] = [];
  announcements.listen(SPACE, (each) => void heard.push(each));
  await eventually(() => expect(told).toEqual(['disconnected']));
  await expect(announcements.publish(SPACE, announcementOf(1))).rejects.toThrow(Unavailable);
  await expect(accessNewsOn(link, 'outage').publish(CHANGE)).rejects.toThrow(Unavailable);
  await expect(presenceEventsOn(link, 'outage').publish(SPACE, presentOf('d'))).rejects.toThrow(Unavailable);
  await own.server.start();
  await status(link, 'connected');
  await heardAgain(link, heard, 2);
  await link.close();
  expect(told).toEqual(['disconnected', 'connected', 'closed']);
}, 30_000);

test('a killed NATS is come back to, and listeners hear again', async () => {
  const links = [open(), open()] as const;
  const [here, there] = links;
  const heard: Announcement[] = [];
  const changes: AccessChange[] = [];
  announcementsOn(there, 'outage').listen(SPACE, (each) => void heard.push(each));
  accessNewsOn(there, 'outage').listen((each) => void changes.push(each));
  await heardAgain(here, heard, 1);
  for (const version of [2, 3]) {
    await own.server.kill();
    await status(here, 'disconnected');
    await expect(announcementsOn(here, 'outage').publish(SPACE, announcementOf(99))).rejects.toThrow(
      Unavailable,
    );
    await own.server.start();
    await heardAgain(here, heard, version);
  }
  await eventually(async () => {
    await accessNewsOn(here, 'outage').publish(CHANGE);
    expect(changes).toContainEqual(CHANGE);
  });
  expect(heard).not.toContainEqual(announcementOf(99));
  for (const link of links) await link.close();
}, 60_000);

test('a NATS that lost everything gets its stream back', async () => {
  const link = open();
  const heard: Announcement[] = [];
  announcementsOn(link, 'outage').listen(SPACE, (each) => void heard.push(each));
  await heardAgain(link, heard, 1);
  await own.server.wipe();
  await heardAgain(link, heard, 2);
  const manager = await jetstreamManager(link.up());
  expect((await manager.streams.info('outage_announced')).state.messages).toBe(1);
}, 30_000);

test('a NATS that hangs is not waited for, neither with an announcement nor at the end', async () => {
  const link = open();
  const announcements = announcementsOn(link, 'outage');
  await eventually(() => announcements.publish(SPACE, announcementOf(1)));
  await own.server.pause();
  // It stops a moment after it was told to.
  await eventually(() =>
    expect(announcements.publish(SPACE, announcementOf(2))).rejects.toThrow(Unavailable),
  );
  await link.close();
  expect(link.status()).toBe('closed');
}, 30_000);

test('a NATS that is away or hangs leaves whoever asks with what this process knows, and soon', async () => {
  const link = open();
  const whereabouts = whereaboutsOn(link, 'outage');
  const device = deviceId('d');
  const stop = whereabouts.answer(() => whereaboutsOf(device));
  await status(link, 'connected');
  const ask = () => whereabouts.ask({ space: SPACE, author: deviceId('author'), devices: [device] });
  await eventually(async () => expect(await ask()).toHaveLength(2));
  await own.server.pause();
  // It stops a moment after it was told to.
  await eventually(async () => expect(await ask()).toEqual([whereaboutsOf(device)]));
  await own.server.resume();
  await own.server.kill();
  await status(link, 'disconnected');
  expect(await ask()).toEqual([whereaboutsOf(device)]);
  stop();
}, 30_000);

test('what is closed before it was ever open stays closed', async () => {
  await own.server.kill();
  const link = open();
  await link.close();
  expect(() => link.up()).toThrow(Unavailable);
  await own.server.start();
  expect(link.status()).toBe('closed');
}, 30_000);
