/** Loaded into a service before its program, with `BENCH_MEMORY_PORT` set: tells over HTTP what it holds whenever asked. */
import { createServer } from 'node:http';
import { heldBytes } from './held-memory.mjs';

const port = Number(process.env.BENCH_MEMORY_PORT);

createServer((_, response) => response.end(String(heldBytes())))
  .listen(port, '127.0.0.1')
  .unref();
