import type { Announcement } from '@syncline/core';
import { eventually } from '@syncline/port-contracts';
import { gzipCompressor } from '@syncline/wire/gzip';
import { announcedPages } from './announced-pages';
import { create, HOME, pushOf, subscribeTo, type TestWorld, testWorld } from './gateway.test-fixtures';
import { type PageEncodings, pageEncodings } from './session/page-encodings';

// A gateway for each test, on a machine that may have other work to do.
describe('announcements that come as bytes', () => {
  let world: TestWorld;
  afterEach(() => world.close());

  async function gatewayOverBytes() {
    world = await testWorld();
    const encoded: string[] = [];
    const encodings = pageEncodings({
      compressor: gzipCompressor(1 << 22),
      packBytesMin: 1 << 20,
      encoded: (how) => void encoded.push(how),
    });
    const known = jest.fn<void, Parameters<PageEncodings['know']>>();
    const pages: PageEncodings = {
      ...encodings,
      know(...page) {
        known(...page);
        encodings.know(...page);
      },
    };
    const codec = announcedPages(pages);
    const { announcements } = world;
    const gateway = await world.gateway({
      pages,
      announcements: {
        publish: (space, announcement) => announcements.publish(space, announcement),
        listen: (space, listener) =>
          announcements.listen(space, (announcement: Announcement) =>
            listener(codec.decode(codec.encode(space, announcement))!.announcement),
          ),
      },
    });
    const uploader = gateway.device('up');
    uploader.hello();
    uploader.send(subscribeTo(HOME, { mode: 'upload-only' }));
    return { gateway, uploader, known, encoded };
  }

  test('are not looked into where no session reads the space', async () => {
    const { gateway, uploader, known } = await gatewayOverBytes();
    uploader.send(pushOf([create(1)]));
    await uploader.next('outcomes');
    const unread = () => gateway.metric('announcements_total{entries="unread"}');
    await eventually(async () => expect(await unread()).toBe(1));
    expect(known).not.toHaveBeenCalled();
  });

  test('go on as they came to those who read it', async () => {
    const { gateway, uploader, known, encoded } = await gatewayOverBytes();
    const reader = gateway.device('reader');
    await reader.follow();
    uploader.send(pushOf([create(1)]));
    const page = await reader.next('page');
    expect(known).toHaveBeenCalledWith(page.entries, expect.objectContaining({ live: { from: 0, to: 1 } }));
    expect(await gateway.metric('announcements_total{entries="with"}')).toBe(1);
    expect(encoded).toEqual([]);
  });
});
