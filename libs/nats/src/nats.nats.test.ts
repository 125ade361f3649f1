import { jetstreamManager } from '@nats-io/jetstream';
import { deviceId, spaceId, type SpaceKey, spaceKey, tenantId } from '@syncline/core';
import {
  announcementOf,
  describeAccessNewsContract,
  describeAnnouncementsContract,
  describePresenceEventsContract,
  describeWhereaboutsContract,
  eventually,
  testServices,
} from '@syncline/port-contracts';
import { systemChance } from '@syncline/memory';
import type { Announcement } from '@syncline/core';
import type { NatsLink } from './connection';
import {
  accessNewsOn,
  announcementCodec,
  announcementsOn,
  linkTo,
  presenceEventsOn,
  SMALL_STREAM,
  whereaboutsOn,
} from './nats.test-fixtures';
import { subjectsUnder } from './subjects';

const newPrefix = () =>
  `test-${systemChance()
    .id()
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, 12)}`;

async function connected(): Promise<NatsLink> {
  const link = linkTo(testServices().natsUrl);
  await eventually(() => expect(link.status()).toBe('connected'));
  return link;
}

async function withoutStream(link: NatsLink, prefix: string): Promise<void> {
  const manager = await jetstreamManager(link.up());
  await manager.streams.delete(`${prefix}_announced`);
}

describeAnnouncementsContract('NATS', async () => {
  const [link, prefix] = [await connected(), newPrefix()];
  return {
    announcements: announcementsOn(link, prefix),
    prefix,
    async close() {
      await withoutStream(link, prefix);
      await link.close();
    },
  };
});

describeAccessNewsContract('NATS', async () => {
  const [here, there, prefix] = [await connected(), await connected(), newPrefix()];
  return {
    news: accessNewsOn(here, prefix),
    elsewhere: accessNewsOn(there, prefix),
    prefix,
    close: async () => void (await Promise.all([here.close(), there.close()])),
  };
});

describePresenceEventsContract('NATS', async () => {
  const [here, there, prefix] = [await connected(), await connected(), newPrefix()];
  return {
    events: presenceEventsOn(here, prefix),
    elsewhere: presenceEventsOn(there, prefix),
    prefix,
    close: async () => void (await Promise.all([here.close(), there.close()])),
  };
});

describeWhereaboutsContract('NATS', async () => {
  const [here, there, prefix] = [await connected(), await connected(), newPrefix()];
  return {
    whereabouts: whereaboutsOn(here, prefix),
    elsewhere: whereaboutsOn(there, prefix),
    prefix,
    close: async () => void (await Promise.all([here.close(), there.close()])),
  };
});

describe('announcements on NATS', () => {
  const world: { here: NatsLink; there: NatsLink; prefix: string } = {
    here: null!,
    there: null!,
    prefix: newPrefix(),
  };
  beforeAll(async () => {
    world.here = await connected();
    world.there = await connected();
  });
  afterAll(async () => {
    await withoutStream(world.here, world.prefix);
    await Promise.all([world.here.close(), world.there.close()]);
  });
  const space = (id: string): SpaceKey => spaceKey(tenantId('acme'), spaceId(id));
  const kept = async () => {
    const manager = await jetstreamManager(world.here.up());
    return manager.streams.info(`${world.prefix}_announced`);
  };
  const subscriptions = () => {
    const asked: string[] = [];
    const counting: NatsLink = {
      ...world.there,
      subscribe(subject, hear) {
        asked.push(subject);
        const end = world.there.subscribe(subject, hear);
        return () => {
          asked.splice(asked.indexOf(subject), 1);
          end();
        };
      },
    };
    return { asked, counting };
  };
  /** The server has the subscriptions of the other connection when it answers what was sent after them. */
  const heardBy = (link: NatsLink) => link.up().flush();

  test('reach other gateways, on one subscription and decoded once for all who listen there', async () => {
    const { asked, counting } = subscriptions();
    let decoded = 0;
    const there = announcementsOn(counting, world.prefix, {
      decode(bytes) {
        decoded++;
        return announcementCodec.decode(bytes);
      },
    });
    const heard: Announcement[] = [];
    const stops = [1, 2, 3].map(() => there.listen(space('shared'), (each) => void heard.push(each)));
    expect(asked).toHaveLength(1);
    await heardBy(world.there);
    await announcementsOn(world.here, world.prefix).publish(space('shared'), announcementOf(1));
    await eventually(() => expect(heard).toHaveLength(3));
    expect(decoded).toBe(1);
    expect(new Set(heard).size).toBe(1);
    stops[0]!();
    stops[1]!();
    expect(asked).toHaveLength(1);
    stops[2]!();
    expect(asked).toHaveLength(0);
  });

  test('are kept once for each version, however often they are announced', async () => {
    const announcements = announcementsOn(world.here, world.prefix);
    const before =
      (await announcements.publish(space('once'), announcementOf(1)), (await kept()).state.messages);
    const heard: Announcement[] = [];
    const stop = announcements.listen(space('once'), (each) => void heard.push(each));
    await heardBy(world.here);
    await announcements.publish(space('once'), announcementOf(1));
    await eventually(() => expect(heard).toHaveLength(1));
    expect((await kept()).state.messages).toBe(before);
    await announcements.publish(space('once'), announcementOf(1, { epoch: 2 }));
    await announcements.publish(space('once'), announcementOf(2));
    expect((await kept()).state.messages).toBe(before + 2);
    stop();
  });

  test('carry spaces of any name, and the first trace as a header', async () => {
    const strange = space('a.b > * \u{1f600}/ü'.repeat(8));
    const seen: (string | undefined)[] = [];
    const there = announcementsOn(world.there, world.prefix, {
      decode(bytes, header) {
        seen.push(header('traceparent'), header('tracestate'));
        return announcementCodec.decode(bytes);
      },
    });
    const heard: Announcement[] = [];
    const stop = there.listen(strange, (each) => void heard.push(each));
    await heardBy(world.there);
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const here = announcementsOn(world.here, world.prefix);
    await here.publish(strange, announcementOf(1));
    await eventually(() => expect(heard).toEqual([announcementOf(1)]));
    const traced = announcementOf(2, { traces: [traceparent, 'another'] });
    await here.publish(strange, traced);
    await eventually(() => expect(heard).toEqual([announcementOf(1), traced]));
    expect(seen).toEqual([undefined, undefined, traceparent, undefined]);
    stop();
  });

  test('that are too large for a message go without entries', async () => {
    const announcements = announcementsOn(world.here, world.prefix);
    const heard: Announcement[] = [];
    const stop = announcements.listen(space('large'), (each) => void heard.push(each));
    await heardBy(world.here);
    const bytesMax = world.here.up().info!.max_payload;
    const entry = {
      kind: 'delete',
      collection: 'notes',
      id: 'x'.repeat(bytesMax),
      version: 1,
      time: 1n,
      device: 'd',
      number: 1,
    };
    const clock = new Map([[deviceId('d'), 1]]);
    await announcements.publish(space('large'), announcementOf(1, { entries: [entry] as never, clock }));
    await eventually(() => expect(heard).toEqual([announcementOf(1, { clock })]));
    const clocks = new Map([
      [deviceId('d'), 1],
      ['x'.repeat(bytesMax) as never, 2],
    ]);
    await announcements.publish(space('large'), announcementOf(2, { clock: clocks }));
    await eventually(() => expect(heard).toContainEqual(announcementOf(2)));
    stop();
  });

  test('go on when their stream was taken away, also while others listen', async () => {
    const announcements = announcementsOn(world.here, world.prefix);
    await announcements.publish(space('healed'), announcementOf(1));
    await withoutStream(world.here, world.prefix);
    await announcements.publish(space('healed'), announcementOf(2));
    expect((await kept()).state.messages).toBe(1);
    const stop = announcements.listen(space('healed'), () => undefined);
    await heardBy(world.here);
    await withoutStream(world.here, world.prefix);
    await announcements.publish(space('healed'), announcementOf(3));
    expect((await kept()).state.messages).toBe(1);
    stop();
  });

  test('bring their stream to the limits that are set', async () => {
    const limited = announcementsOn(world.here, world.prefix, {
      stream: { ...SMALL_STREAM, keptMs: 30_000, duplicatesMs: 20_000 },
    });
    await limited.publish(space('limited'), announcementOf(1));
    await eventually(async () =>
      expect((await kept()).config).toMatchObject({ max_age: 30e9, duplicate_window: 20e9, storage: 'file' }),
    );
  });

  test('that cannot be read, or throw in a listener, stop nobody from hearing the next', async () => {
    const problems: unknown[] = [];
    const link: NatsLink = { ...world.there, problem: (problem) => void problems.push(problem) };
    const there = announcementsOn(link, world.prefix);
    const heard: Announcement[] = [];
    const stops = [
      there.listen(space('odd'), () => {
        throw new Error('in a listener');
      }),
      there.listen(space('odd'), (each) => void heard.push(each)),
    ];
    await heardBy(world.there);
    const subject = subjectsUnder(world.prefix).ofSpace('announced', space('odd'));
    world.here.up().publish(subject, 'no announcement');
    world.here.up().publish(subject, announcementCodec.encode(space('else'), announcementOf(7)));
    await announcementsOn(world.here, world.prefix).publish(space('odd'), announcementOf(1));
    await eventually(() => expect(heard).toEqual([announcementOf(1)]));
    expect(problems).toHaveLength(3);
    stops.forEach((stop) => stop());
  });
});
