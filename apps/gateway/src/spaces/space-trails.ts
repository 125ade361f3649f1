import {
  continued,
  continuedTrail,
  type Cursor,
  type DeviceId,
  type Moments,
  reach,
  reachedUpTo,
  type SpaceKey,
  type Trail,
  trailFrom,
  type Version,
} from '@syncline/core';
import type { DeviceTrail, WhereaboutsAnswer, WhereaboutsQuestion } from '@syncline/ports';

/**
 * What this gateway remembers of the way of changes: when spaces moved on, and what devices were sent that are gone. What
 * open sessions were sent stands with them, so a device that only listens costs nothing here.
 */
export interface SpaceTrails {
  announced(space: SpaceKey, news: { readonly from: Version; readonly to: Version }, nowMs: number): void;
  /** A device has come so far, and is not here any more. */
  left(space: SpaceKey, device: DeviceId, trail: Trail): void;
  /** A device without a session was sent something, or says what it has stored. */
  pulled(space: SpaceKey, device: DeviceId, pull: Pulled, nowMs: number): void;
  /** The devices that are here are handed in. */
  answer(question: WhereaboutsQuestion, here: readonly DeviceTrail[]): WhereaboutsAnswer;
}

export interface Pulled {
  /** Where the device said that it stands. */
  readonly cursor: Cursor;
  /** The checkpoint that it was sent; null for none. */
  readonly sent: Version | null;
  readonly stored: Version | null;
}

export const SPACES_REMEMBERED_MAX = 10_000;
export const DEVICES_REMEMBERED_MAX = 10_000;

export function spaceTrails(): SpaceTrails {
  const announcedIn = new Map<SpaceKey, Moments>();
  const gone = new Map<string, Trail>();

  return {
    announced(space, { from, to }, nowMs) {
      const news: Moments = { since: from, marks: [to, nowMs] };
      const before = announcedIn.get(space);
      const known = before === undefined ? news : continued(before, news);
      remember(announcedIn, space, known, SPACES_REMEMBERED_MAX);
    },
    left(space, device, trail) {
      // Where nothing was sent, there is nothing to tell that is not stored.
      if (trail.sent.marks === null && trail.stored.marks === null) return;
      const key = goneKey(space, device);
      remember(gone, key, continuedTrail(gone.get(key) ?? null, trail), DEVICES_REMEMBERED_MAX);
    },
    pulled(space, device, { cursor, sent, stored }, nowMs) {
      const key = goneKey(space, device);
      const before = gone.get(key) ?? null;
      if (before === null && (sent ?? 0) <= cursor.position) return;
      if (before !== null && stored !== null) reach(before.stored, stored, nowMs);
      const trail = continuedTrail(before, trailFrom(cursor));
      if (sent !== null) reach(trail.sent, sent, nowMs);
      remember(gone, key, trail, DEVICES_REMEMBERED_MAX);
    },
    answer({ space, author, devices }, here) {
      const asked = new Set(devices);
      const before = devices.flatMap((device): DeviceTrail[] => {
        const trail = gone.get(goneKey(space, device));
        return trail === undefined ? [] : [{ device, trail }];
      });
      const told = [...before, ...here];
      return {
        announced: announcedIn.get(space) ?? null,
        sentUpTo: told.reduce(
          (most, { device, trail }) => (device === author ? most : Math.max(most, reachedUpTo(trail.sent))),
          0,
        ),
        devices: told.filter(({ device }) => asked.has(device)),
      };
    },
  };
}

/** Neither has a control character in it. */
function goneKey(space: SpaceKey, device: DeviceId): string {
  return `${space}\n${device}`;
}

/** As the newest; the oldest makes room. */
function remember<Key, Value>(all: Map<Key, Value>, key: Key, value: Value, max: number): void {
  all.delete(key);
  all.set(key, value);
  if (all.size <= max) return;
  const [oldest] = all.keys();
  if (oldest !== undefined) all.delete(oldest);
}
