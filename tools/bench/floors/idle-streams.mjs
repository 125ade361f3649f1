/** Answers the first message of each stream and keeps the stream open; tells what memory it holds when asked. */
import { heldBytes } from '../held-memory.mjs';
import { call, serve, stream } from '../serve-bytes.mjs';

serve(
  stream('/floor/Hold', (held) => {
    held.on('data', (greeting) => held.write(greeting));
    held.on('error', () => {});
  }),
  call('/floor/Memory', (_, answer) => answer(null, Buffer.from(String(heldBytes())))),
);
