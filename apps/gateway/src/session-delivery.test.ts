import {
  type Announcement,
  type CheckpointMessage,
  entryKey,
  type PageMessage,
  type SpaceId,
  type SpaceKey,
  WHOLE_SPACE,
} from '@syncline/core';
import { eventually, gate } from '@syncline/port-contracts';
import { DeviceMessage as ProtoMessage } from '@syncline/proto';
import { announcementFromBytes, announcementToBytes, encode, packedPushToProto } from '@syncline/wire';
import { gzipCompressor } from '@syncline/wire/gzip';
import {
  create,
  fallibleAnnouncements,
  HOME,
  HOME_KEY,
  pushOf,
  subscribeTo,
  type TestDevice,
  type TestGateway,
  type TestWorld,
  testWorld,
  WORK,
} from './gateway.test-fixtures';
import { pageEncodings } from './session/page-encodings';

// A gateway for each test, on a machine that may have other work to do.
const KIB = 1024;
const noise = (bytes: number): string =>
  Array.from({ length: bytes / 4 }, (_, index) =>
    ((index * 2_654_435_761) % 65_521).toString(36).padStart(4, '0'),
  ).join('');

describe('delivery', () => {
  let world: TestWorld;
  afterEach(() => world.close());

  const pagesOf = ({ heard }: TestDevice): PageMessage[] =>
    heard.filter((message): message is PageMessage => message.kind === 'page');
  const reached = (device: TestDevice, version: number): Promise<CheckpointMessage> =>
    eventually(() => {
      const found = device.heard.find(
        (message): message is CheckpointMessage =>
          message.kind === 'checkpoint' && message.version >= version,
      );
      if (found === undefined) throw new Error(`no checkpoint ${version} yet`);
      return found;
    });
  const pushed = async (
    device: TestDevice,
    ...changes: Parameters<typeof pushOf>[0][number][]
  ): Promise<void> => {
    device.send(pushOf(changes));
    await device.next('outcomes');
  };

  test('of a live page to many devices takes one encoding', async () => {
    world = await testWorld();
    const gateway = await world.gateway();
    const watchers = Array.from({ length: 20 }, (_, index) => gateway.device(`w${index}`));
    await Promise.all(watchers.map((watcher) => watcher.follow()));
    const writer = gateway.device('writer');
    await writer.follow();
    const before = await gateway.metric('pages_encoded_total{how="plain"}');
    await pushed(writer, create(1));
    await Promise.all(watchers.map((watcher) => reached(watcher, 1)));
    expect(await gateway.metric('pages_encoded_total{how="plain"}')).toBe(before + 1);
    expect(watchers.map((watcher) => pagesOf(watcher).length)).toEqual(Array(20).fill(1));
  });

  test('is measured from the commit until all are told, and until devices have stored it', async () => {
    world = await testWorld();
    const gateway = await world.gateway();
    const watcher = gateway.device('watcher');
    await watcher.follow();
    const writer = gateway.device('writer');
    await writer.follow();
    const count = (name: string): Promise<number> => gateway.metric(`${name}_seconds_count`);
    await pushed(writer, create(1));
    const at = [await reached(watcher, 1), await reached(writer, 1)] as const;
    expect(await Promise.all(['announcement_lag', 'delivered'].map(count))).toEqual([1, 1]);
    const acknowledged = (which: string): Promise<number> =>
      gateway.metric(`acknowledged_seconds_count{which="${which}"}`);
    watcher.send({ kind: 'ack', space: HOME, cursor: at[0].cursor });
    await eventually(async () => expect(await acknowledged('first')).toBe(1));
    expect(await acknowledged('last')).toBe(0);
    writer.send({ kind: 'ack', space: HOME, cursor: at[1].cursor });
    await eventually(async () => expect(await acknowledged('last')).toBe(1));
    expect(await acknowledged('first')).toBe(1);
  });

  test('passes the bytes of an announcement on, plain or packed, without encoding anything', async () => {
    world = await testWorld();
    const compressor = gzipCompressor(1 << 22);
    const encoded: string[] = [];
    const pages = pageEncodings({ compressor, packBytesMin: KIB, encoded: (how) => void encoded.push(how) });
    const passed: { page: Uint8Array | null; packedPage: Uint8Array | null }[] = [];
    /** As over a network: what was announced arrives as bytes. */
    const arrive = (space: SpaceKey, announcement: Announcement): Announcement => {
      const bytes = announcementToBytes(space, announcement, { compressor, packBytesMin: KIB });
      const read = announcementFromBytes(bytes);
      if (!read.ok) throw new TypeError('the announcement can be read');
      const { page, packedPage } = read.value;
      passed.push({ page, packedPage });
      if (read.value.announcement.entries !== null)
        pages.know(read.value.announcement.entries, { page, packedPage });
      return read.value.announcement;
    };
    const gateway = await world.gateway({
      pages,
      announcements: {
        publish: (space, announcement) => world.announcements.publish(space, announcement),
        listen: (space, listener) =>
          world.announcements.listen(space, (announcement) => listener(arrive(space, announcement))),
      },
    });
    const plain = gateway.device('plain');
    await plain.follow();
    const packing = gateway.device('packing');
    packing.hello({ capabilities: ['patch-entries', 'page-compression'] });
    packing.send(subscribeTo());
    await packing.next('checkpoint');
    const writer = gateway.device('writer');
    await writer.follow();
    await pushed(writer, create(1, 'x'.repeat(8 * KIB)));
    await Promise.all([reached(plain, 1), reached(packing, 1)]);
    expect(encoded).toEqual([]);
    const [{ page, packedPage } = { page: null, packedPage: null }] = passed;
    const holds = (device: TestDevice, bytes: Uint8Array | null): boolean =>
      bytes !== null &&
      device.heardBytes.some((message) => Buffer.from(message).includes(Buffer.from(bytes)));
    expect([holds(plain, page), holds(packing, packedPage)]).toEqual([true, true]);
    expect(pagesOf(packing)[0]!.entries).toEqual(pagesOf(plain)[0]!.entries);
  });

  test('of a large page is packed once for all who can unpack it; a small one stays plain', async () => {
    world = await testWorld();
    const gateway = await world.gateway();
    const devices = ['a', 'b', 'c'].map((name) => gateway.device(name));
    for (const device of devices) {
      device.hello({ capabilities: ['page-compression'] });
      device.send(subscribeTo());
      await device.next('checkpoint');
    }
    await pushed(devices[0]!, create(1, 'y'.repeat(16 * KIB)));
    await Promise.all(devices.map((device) => reached(device, 1)));
    expect(await gateway.metric('pages_encoded_total{how="packed"}')).toBe(1);
    expect(await gateway.metric('pages_encoded_total{how="plain"}')).toBe(0);
    expect(Math.max(...devices[1]!.heardBytes.map((bytes) => bytes.length))).toBeLessThan(KIB);
    await pushed(devices[0]!, create(2, 'small'));
    await Promise.all(devices.map((device) => reached(device, 2)));
    expect(await gateway.metric('pages_encoded_total{how="packed"}')).toBe(1);
  });

  test('goes on with a delta where an announcement was lost, and the poll of heads finds that', async () => {
    world = await testWorld();
    const announcements = fallibleAnnouncements(world.announcements);
    const [lossy, other] = [
      await world.gateway({
        announcements: {
          ...announcements,
          listen: (space, listener) =>
            world.announcements.listen(space, (each) => {
              if (!announcements.lost) listener(each);
            }),
        },
      }),
      await world.gateway(),
    ];
    const watcher = lossy.device('watcher');
    const writer = other.device('writer');
    await watcher.follow();
    await writer.follow();
    await pushed(writer, create(1));
    await reached(watcher, 1);
    announcements.lost = true;
    await pushed(writer, create(2));
    await reached(watcher, 2);
    expect(await lossy.metric('announcements_missed_total')).toBe(1);
    announcements.lost = false;
    await pushed(writer, create(3));
    await reached(watcher, 3);
    expect(pagesOf(watcher).flatMap(({ entries }) => entries)).toHaveLength(3);
  });

  test('in the four modes', async () => {
    world = await testWorld();
    const gateway = await world.gateway();
    const writer = gateway.device('writer');
    await writer.follow();
    await pushed(writer, create(1));

    const up = gateway.device('up');
    up.hello();
    up.send(subscribeTo(HOME, { mode: 'upload-only' }), pushOf([create(1, 'up', { id: 'u1' as never })]));
    await up.next('outcomes');
    expect(pagesOf(up)).toEqual([]);

    const down = gateway.device('down');
    expect((await down.follow(HOME, { mode: 'download-only' })).version).toBe(2);
    down.send(pushOf([create(1)]));
    expect(await down.next('refusal')).toMatchObject({ about: 'push', refusal: { reason: 'WRONG_MODE' } });

    const check = gateway.device('check');
    check.hello();
    check.send(subscribeTo(HOME, { mode: 'check-only' }));
    expect(await check.next('plan')).toMatchObject({
      plan: { direction: 'download', downloadRecords: 2, head: 2 },
    });
  });

  test('goes on where the device left off, on another gateway', async () => {
    world = await testWorld();
    const [first, second] = [await world.gateway(), await world.gateway()];
    const before = first.device('d');
    const { cursor } = await before.follow();
    await pushed(before, create(1));
    const at = await before.next('checkpoint');
    before.send({ kind: 'ack', space: HOME, cursor: at.cursor });
    const welcome = before.heard.find(({ kind }) => kind === 'welcome');
    if (welcome?.kind !== 'welcome') throw new TypeError('the device was welcomed');
    await eventually(async () => {
      const saved = await world.sessions.load(welcome.session);
      expect(saved?.subscriptions[0]?.cursor).toEqual(at.cursor);
    });
    before.hangUp();
    const writer = second.device('writer');
    await writer.follow();
    await pushed(writer, create(1, 'later', { id: 'later' as never }));

    const after = second.device('d');
    after.hello({ resume: welcome.session });
    expect(await after.next('welcome')).toMatchObject({ session: welcome.session, resumed: [HOME] });
    expect(await after.next('subscribed')).toMatchObject({ lastNumber: 1 });
    expect((await reached(after, 2)).version).toBe(2);
    expect(pagesOf(after).flatMap(({ entries }) => entries)).toMatchObject([
      { kind: 'put', record: { id: 'later' } },
    ]);

    const itself = second.device('d');
    itself.hello();
    itself.send(subscribeTo(HOME, { cursor }));
    await itself.next('subscribed');
    expect((await reached(itself, 2)).version).toBe(2);
  });

  test('works, and sessions open, without the registry', async () => {
    world = await testWorld();
    const down = () => Promise.reject(new Error('the registry is down'));
    const gateway = await world.gateway({
      sessions: { save: down, load: down, forget: down, enter: down, renew: down, leave: down },
    });
    const device = gateway.device('d');
    device.hello({ resume: 'some-session' as never });
    device.send(subscribeTo());
    await device.next('checkpoint');
    await pushed(device, create(1));
    expect(await gateway.metric('degraded_total{part="sessions"}')).toBeGreaterThan(0);
  });

  describe('to a device that takes nothing', () => {
    const LIMITS = { sendWindowBytesMax: 256 * KIB, pageBytesMax: 64 * KIB };
    let gateway: TestGateway;

    /** Announcements are fed straight in: nothing has to be stored for the device to have too much to take. */
    const flood = async (pages: number): Promise<void> => {
      for (let each = 0; each < pages; each++) {
        const writer = {
          device: 'w' as never,
          user: 'ann' as never,
          access: { role: 'owner', collections: new Map() },
        } as const;
        await world.backends.push({
          space: HOME_KEY,
          push: { ...writer, changes: [create(each + 1, noise(48 * KIB), { id: `f${each}` as never })] },
        });
      }
    };

    const stalled = async (): Promise<TestDevice> => {
      const device = gateway.device('stalled');
      await device.follow();
      device.call.pause();
      return device;
    };

    test('holds back what would be too much, keeps its memory bounded, and ends the session', async () => {
      world = await testWorld(LIMITS);
      gateway = await world.gateway({}, { slowConsumerMs: 600, lastWordsMs: 200 });
      const device = await stalled();
      await flood(60);
      expect(await gateway.metric('unsent_bytes')).toBeGreaterThan(64 * KIB);
      expect(await gateway.metric('unsent_bytes')).toBeLessThan(2 * LIMITS.sendWindowBytesMax);
      await eventually(async () => expect(await gateway.metric('slow_consumers_total')).toBe(1));
      await eventually(() => expect(gateway.sessions()).toBe(0));
      // Gone for good, although the device still reads nothing.
      await eventually(async () => expect(await gateway.metric('unsent_bytes')).toBe(0));
      device.call.resume();
      expect(await device.end()).not.toBeNull();
    });

    test('tells it why, where it still listens in the end', async () => {
      world = await testWorld(LIMITS);
      gateway = await world.gateway({}, { slowConsumerMs: 300, lastWordsMs: 5_000 });
      const device = await stalled();
      await flood(60);
      await eventually(() => expect(gateway.sessions()).toBe(0));
      device.call.resume();
      expect(await device.end()).toMatchObject({ reason: 'SLOW_CONSUMER' });
    });

    test('goes on as soon as it takes what waits', async () => {
      world = await testWorld(LIMITS);
      gateway = await world.gateway();
      const device = await stalled();
      await flood(60);
      device.call.resume();
      await reached(device, 60);
      const ids = pagesOf(device).flatMap(({ entries }) => entries.map((entry) => entryKey(entry).id));
      expect(new Set(ids).size).toBe(60);
    });

    test('does not listen to it either', async () => {
      world = await testWorld({ ...LIMITS, sendWindowBytesMax: 16 * KIB });
      gateway = await world.gateway();
      const device = await stalled();
      for (let each = 0; each < 4_000; each++) device.send({ kind: 'unsubscribe', space: WORK });
      await eventually(async () => expect(await gateway.metric('unsent_bytes')).toBeGreaterThan(16 * KIB));
      const received = await steady(() => gateway.metric('messages_received_total{kind="unsubscribe"}'));
      expect(received).toBeLessThan(4_000);
      device.call.resume();
      await eventually(async () =>
        expect(await gateway.metric('messages_received_total{kind="unsubscribe"}')).toBe(4_000),
      );
    });
  });

  test('of what comes behind Hello stops where too much of it waits to be known', async () => {
    world = await testWorld({ messageBytesMax: 64 * KIB });
    const asked = gate();
    const gateway = await world.gateway({
      tokens: {
        verify: async (token, nowMs) => {
          await asked.opened;
          return world.tokens.verify(token, nowMs);
        },
      },
    });
    const device = gateway.device('d');
    device.hello();
    for (let each = 0; each < 20; each++)
      device.send(subscribeTo(WORK, { scope: { ...WHOLE_SPACE, idPrefix: 'x'.repeat(40 * KIB) } }));
    const received = await steady(() => gateway.metric('messages_received_total{kind="subscribe"}'));
    expect(received).toBeLessThan(10);
    asked.open();
    await eventually(async () =>
      expect(await gateway.metric('messages_received_total{kind="subscribe"}')).toBe(20),
    );
  });

  test.each(['plain', 'packed'])(
    'of what a device pushes %s stops where too much of it waits',
    async (form) => {
      world = await testWorld({ messageBytesMax: 64 * KIB });
      const spaces = Array.from({ length: 8 }, (_, index) => `s${index}` as SpaceId);
      const waiting: (() => void)[] = [];
      const gateway = await world.gateway({
        backends: {
          ...world.backends,
          push: (push) => new Promise((resolve) => waiting.push(() => resolve(world.backends.push(push)))),
        },
      });
      for (const space of spaces) {
        await world.store.createSpace(`acme/${space}` as SpaceKey, null);
        await world.store.setAccess(`acme/${space}` as SpaceKey, 'ann' as never, {
          role: 'owner',
          collections: new Map(),
        });
      }
      const device = gateway.device('d');
      device.hello({ capabilities: ['page-compression'] });
      await device.next('welcome');
      for (const space of spaces) {
        device.send(subscribeTo(space));
        await device.next('checkpoint');
      }
      for (const space of spaces)
        if (form === 'plain') device.send(pushOf([create(1, noise(40 * KIB))], space));
        else device.sendBytes(packedPush(space, 'x'.repeat(40 * KIB)));
      const received = await steady(() => gateway.metric('messages_received_total{kind="push"}'));
      expect(received).toBeLessThan(spaces.length);
      for (let answered = 0; answered < spaces.length; answered++)
        await eventually(() => {
          const answer = waiting.shift();
          if (answer === undefined) throw new Error('no push waits');
          answer();
        });
      await eventually(() =>
        expect(device.heard.filter(({ kind }) => kind === 'outcomes')).toHaveLength(spaces.length),
      );
    },
  );

  /** A few hundred bytes on the wire. */
  const packedPush = (space: SpaceId, text: string): Uint8Array =>
    encode(ProtoMessage, {
      message: {
        $case: 'push',
        push: packedPushToProto({ space, changes: [create(1, text)] }, gzipCompressor(64 * KIB)),
      },
    });

  /** The value once it has not moved for a few looks. */
  const steady = async (look: () => Promise<number>): Promise<number> => {
    const last = { value: -1, times: 0 };
    return eventually(async () => {
      const value = await look();
      last.times = value === last.value ? last.times + 1 : 0;
      last.value = value;
      expect(last.times).toBeGreaterThan(10);
      return value;
    });
  };
});
