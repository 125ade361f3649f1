import { overLimit, type Refusal } from '@syncline/core';

/** Before anyone knows who speaks, no more than this is looked at. Every Hello has room in it, with the longest of tokens. */
const HELLO_BYTES_MAX = 64 * 1024;

/** What is wrong with the size of a first message, before anything of it is read; null when nothing is. */
export function helloTooLarge(bytes: number): Refusal | null {
  return bytes <= HELLO_BYTES_MAX
    ? null
    : overLimit('MESSAGE_TOO_LARGE', 'helloBytesMax', HELLO_BYTES_MAX, bytes);
}
