/** Streams messages that were encoded beforehand and lie in memory: `file` has each behind its length. */
import { readFileSync } from 'node:fs';
import { download, serve } from '../serve-bytes.mjs';

const bytes = readFileSync(JSON.parse(process.argv[2]).file);
const messages = [];
for (let at = 0; at < bytes.length;) {
  const length = bytes.readUInt32BE(at);
  messages.push(bytes.subarray(at + 4, at + 4 + length));
  at += 4 + length;
}

serve(
  download('/floor/Stream', async (reader) => {
    for (const message of messages)
      if (!reader.write(message)) await new Promise((resolve) => reader.once('drain', resolve));
    reader.end();
  }),
);
