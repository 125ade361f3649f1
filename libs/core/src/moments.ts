import type { Cursor } from './cursor';
import type { Version } from './ids';

/** When versions of a space were reached, of the last few times only. Grows in place. */
export interface Moments {
  /** Reached at a moment that is not known, or is not remembered any more. */
  since: Version;
  /** Versions, each before the time at which it was reached, oldest first: one flat row of numbers, as there are many. */
  marks: number[] | null;
}

/** How far one device has come in a space, and when, as its gateway saw it. */
export interface Trail {
  readonly sent: Moments;
  /** As its acknowledgements say. */
  readonly stored: Moments;
}

export const MOMENTS_MAX = 8;

export function momentsSince(since: Version): Moments {
  return { since, marks: null };
}

/** What was reached before, or is said late, is no news. It is done for every page that is sent, so nothing is made anew. */
export function reach(moments: Moments, version: Version, atMs: number): void {
  if (version <= reachedUpTo(moments)) return;
  const { marks } = moments;
  // A row as long as what stands in it, as most never have a second moment.
  if (marks === null) moments.marks = [version, atMs];
  else if (marks.length < 2 * MOMENTS_MAX) marks.push(version, atMs);
  else {
    moments.since = marks[0]!;
    // Moved by hand: `copyWithin` takes ten times as long.
    for (let at = 2; at < marks.length; at++) marks[at - 2] = marks[at]!;
    marks[marks.length - 2] = version;
    marks[marks.length - 1] = atMs;
  }
}

export function reachedUpTo({ since, marks }: Moments): Version {
  return marks?.at(-2) ?? since;
}

/** When this version was reached. Null where it was not, or where that is not known. */
export function reachedAtMs({ since, marks }: Moments, version: Version): number | null {
  if (marks === null || version <= since) return null;
  const before = marks.findIndex((mark, index) => index % 2 === 0 && mark >= version);
  return before === -1 ? null : marks[before + 1]!;
}

/** Goes on with what was reached since. Where nothing is known of what lies between the two, the earlier one is let go. */
export function continued(earlier: Moments, later: Moments): Moments {
  if (later.since > reachedUpTo(earlier)) return later;
  const { marks } = later;
  for (let at = 0; marks !== null && at < marks.length; at += 2) reach(earlier, marks[at]!, marks[at + 1]!);
  return earlier;
}

/** Of a device that says that it stands here. */
export function trailFrom({ position, checkpoint }: Pick<Cursor, 'position' | 'checkpoint'>): Trail {
  return { sent: momentsSince(position), stored: momentsSince(checkpoint) };
}

export function continuedTrail(earlier: Trail | null, later: Trail): Trail {
  if (earlier === null) return later;
  return { sent: continued(earlier.sent, later.sent), stored: continued(earlier.stored, later.stored) };
}
