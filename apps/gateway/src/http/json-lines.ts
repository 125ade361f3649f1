import type { ServerResponse } from 'node:http';
import { type Answer, granted, refused } from '@syncline/core';
import type { Parts } from '../streams/stream-methods';

/** Says that an answer comes in lines. */
const HEADERS = {
  'content-type': 'application/x-ndjson',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

/**
 * One line of JSON for each part. A refusal before the first one is an answer as to any call; a later one is told in a line of
 * its own, behind which the connection breaks off, so that nobody takes the lines before it for all of them.
 */
export async function writeLines(
  response: ServerResponse,
  parts: Parts<unknown>,
  headers: Readonly<Record<string, string>>,
): Promise<Answer<null>> {
  for await (const part of parts) {
    if (!part.ok) return part;
    if (response.destroyed) return refused('DEADLINE_EXCEEDED');
    if (!response.headersSent) response.writeHead(200, { ...HEADERS, ...headers });
    const isFull = !response.write(`${JSON.stringify(part.value)}\n`);
    if (isFull && !(await drained(response))) return refused('DEADLINE_EXCEEDED');
  }
  return granted(null);
}

/** False when the caller has gone. */
function drained(response: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (isDrained: boolean): void => {
      response.off('drain', onDrain);
      response.off('close', onClose);
      resolve(isDrained);
    };
    const onDrain = (): void => settle(true);
    const onClose = (): void => settle(false);
    response.once('drain', onDrain);
    response.once('close', onClose);
  });
}
