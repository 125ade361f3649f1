import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * What this process holds on to, in bytes: its resident memory once all garbage is collected. The young generation is
 * left out: what is in it then is empty, and how large it was last made says nothing about what is held.
 */
export function heldBytes() {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  collect();
  collect();
  const young = getHeapSpaceStatistics().filter(({ space_name: name }) => name.startsWith('new_'));
  return process.memoryUsage.rss() - young.reduce((sum, space) => sum + space.physical_space_size, 0);
}
