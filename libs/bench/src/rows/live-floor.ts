import { newAudience } from '../audience';
import { serveFloor } from '../floor';
import { openFloorStream } from '../floor-stream';
import type { Broadcast } from '../live-space';
import { sendByTheClock } from '../open-loop';
import { openMany } from '../open-many';
import { messageIn } from '../session';

const GREETING = Buffer.from('hello');

/** A bare server that writes what was encoded beforehand to all streams, whenever its writer says something. */
export async function broadcastFloor(watchers: number, page: Buffer, perSecond: number): Promise<Broadcast> {
  const audience = newAudience(watchers);
  const floor = await serveFloor('broadcast', { page: page.toString('base64') });
  const { address } = floor;
  const writer = await openFloorStream({ address, path: '/floor/Push', greeting: GREETING });
  const streams = await openMany(watchers, (watcher) =>
    openFloorStream({
      address,
      path: '/floor/Watch',
      greeting: GREETING,
      onBytes(bytes) {
        const { message } = messageIn(bytes);
        if (message?.$case === 'page') for (const _ of message.page.entries) audience.saw(watcher);
      },
    }),
  );
  let written = 0;
  return {
    async run(changes) {
      await sendByTheClock({
        perSecond,
        count: changes,
        send(_, dueMs) {
          audience.due(written++, dueMs);
          writer.say(page);
        },
      });
      return audience.haveSeen(written);
    },
    close: async () => {
      for (const stream of [writer, ...streams]) stream.close();
      await floor.close();
    },
  };
}
