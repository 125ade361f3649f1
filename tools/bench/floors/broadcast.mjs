/** Writes one message that was encoded beforehand, `page` in base64, to every open stream whenever a pusher says something. */
import { serve, stream } from '../serve-bytes.mjs';

const page = Buffer.from(JSON.parse(process.argv[2]).page, 'base64');
const watchers = new Set();

serve(
  stream('/floor/Watch', (watcher) => {
    watcher.on('cancelled', () => watchers.delete(watcher));
    watcher.on('error', () => watchers.delete(watcher));
    watcher.once('data', (greeting) => {
      watchers.add(watcher);
      watcher.write(greeting);
    });
  }),
  stream('/floor/Push', (pusher) => {
    pusher.on('error', () => {});
    pusher.once('data', (greeting) => {
      pusher.write(greeting);
      pusher.on('data', () => {
        for (const watcher of watchers) watcher.write(page);
      });
    });
  }),
);
