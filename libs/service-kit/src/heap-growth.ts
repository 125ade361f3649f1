import { setFlagsFromString } from 'node:v8';

/** In percent of what is alive after a collection. Four times as much in all is what V8 allows a busy program by itself. */
const GROWTH = 300;

/**
 * V8 takes a program for idle when it makes few objects, and then collects whenever a little has come together. What these
 * services make is large buffers and few objects: passing pages on, a gateway spent most of its time in collections that
 * found next to nothing.
 */
export function letHeapGrow(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
}
