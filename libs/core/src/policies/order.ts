import { msOf } from '../clock';
import type { Stamp } from '../records';
import { compareUtf8 } from '../utf8';

/** A write as the order of writes sees it. */
export interface Write extends Stamp {
  readonly deleted: boolean;
}

/**
 * The one total order of writes: by the window that the time falls into, then a delete after an update, then by
 * device id in UTF-8 byte order, then by number. Windows begin at fixed moments: "closer together than a
 * window" would not be transitive, and replicas would diverge.
 */
export function compareWrites(left: Write, right: Write, windowMs: number): number {
  const byTime = Math.floor(msOf(left.time) / windowMs) - Math.floor(msOf(right.time) / windowMs);
  if (byTime !== 0) return byTime;
  if (left.deleted !== right.deleted) return left.deleted ? 1 : -1;
  return compareUtf8(left.device, right.device) || left.number - right.number;
}

export function writeOf(stamp: Stamp, deleted: boolean): Write {
  return { time: stamp.time, device: stamp.device, number: stamp.number, deleted };
}
