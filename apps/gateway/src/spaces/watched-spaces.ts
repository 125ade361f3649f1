import type { Announcement, Epoch, SpaceId, SpaceKey, Version } from '@syncline/core';
import type { DeviceTrail } from '@syncline/ports';
import type { GatewayDeps } from '../gateway-deps';
import { type DeviceSession, type Feeding, keyOf } from '../session/device-session';
import { type TracedNews, tracedNews } from '../tracing/traced-news';
import { type InSlices, inSlices } from './in-slices';
import { type SpaceLatency, spaceLatency } from './space-latency';

/** Of the sessions of a space, before what they were told is let out. */
const TOLD_AT_ONCE = 32;

/** A space that someone here follows. */
export interface WatchedSpace {
  readonly key: SpaceKey;
  readonly space: SpaceId;
  readonly sessions: Set<DeviceSession>;
  readonly tell: InSlices<DeviceSession>;
  /** The highest that was heard of. */
  epoch: Epoch;
  head: Version;
  /** Null as long as it was never read; what it grows beyond has to be looked up. */
  accessChanges: number | null;
  readonly latency: SpaceLatency;
  /** The last announcement in which something was traced. */
  traced: TracedNews | null;
  readonly ready: Promise<void>;
  readonly stop: () => void;
}

export interface WatchedSpaces {
  watch(session: DeviceSession, space: SpaceId): void;
  unwatch(session: DeviceSession, space: SpaceId): void;
  /** The device has stored everything up to this version. */
  acknowledged(session: DeviceSession, space: SpaceId, version: Version): void;
  /** Resolves once a change of rights to the space can no longer go unnoticed, or it is no use to wait. */
  ready(key: SpaceKey): Promise<void>;
  find(key: SpaceKey): WatchedSpace | undefined;
  all(): readonly WatchedSpace[];
}

/** One listener for each space, however many sessions follow it. */
export function watchedSpaces(deps: GatewayDeps, { feed }: Feeding): WatchedSpaces {
  const { announcements, store } = deps;
  const passOn = passingOn(deps, feed);
  const watched = new Map<SpaceKey, WatchedSpace>();

  /** Read before any session opens the space: what changes from then on is found by comparing. */
  const readRights = async (key: SpaceKey): Promise<void> => {
    const heads = await store.heads([key]).catch(() => null);
    const watching = watched.get(key);
    if (watching !== undefined) watching.accessChanges ??= heads?.get(key)?.accessChanges ?? null;
  };

  const begin = (key: SpaceKey, space: SpaceId): WatchedSpace => {
    const watching: WatchedSpace = {
      key,
      space,
      sessions: new Set(),
      tell: inSlices(TOLD_AT_ONCE),
      epoch: 0,
      head: 0,
      accessChanges: null,
      latency: spaceLatency(deps),
      traced: null,
      ready: readRights(key),
      stop: announcements.listen(key, (announcement) => passOn(watching, announcement)),
    };
    watched.set(key, watching);
    return watching;
  };

  return {
    watch(session, space) {
      const key = keyOf(session, space);
      (watched.get(key) ?? begin(key, space)).sessions.add(session);
    },
    unwatch(session, space) {
      const watching = watched.get(keyOf(session, space));
      if (watching === undefined) return;
      watching.sessions.delete(session);
      watching.latency.left(session);
      if (watching.sessions.size > 0) return;
      watching.stop();
      watched.delete(watching.key);
    },
    acknowledged: (session, space, version) =>
      watched.get(keyOf(session, space))?.latency.acknowledged(session, version),
    ready: async (key) => watched.get(key)?.ready,
    find: (key) => watched.get(key),
    all: () => [...watched.values()],
  };
}

/** Tells an announcement to all sessions of its space. */
function passingOn(deps: GatewayDeps, feed: Feeding['feed']) {
  const { pages, metrics, trails, clock } = deps;
  return (watching: WatchedSpace, announcement: Announcement): void => {
    const { epoch, from, to, traces } = announcement;
    const isRead = hasReader(watching);
    note(watching, epoch, to);
    trails.announced(watching.key, announcement, clock.nowMs());
    if (isRead) {
      const { entries } = announcement;
      metrics.announced(entries === null ? 'without' : 'with');
      if (entries !== null) pages.know(entries, { live: { from, to } });
    } else metrics.announced('unread');
    const news = { kind: 'announced', space: watching.space, announcement, updates: new Map() } as const;
    const sessions = [...watching.sessions];
    const traced =
      traces !== undefined && isRead ? tracedNews(deps, watching.key, announcement, sessions.length) : null;
    const told = watching.latency.heard(announcement, isRead ? sessions.length : 0, () =>
      sessions.filter((session) => reads(session, watching.space)),
    );
    const input = traced === null ? news : { ...news, delivery: traced };
    if (traced !== null) watching.traced = traced;
    watching.tell(sessions, (session) => {
      feed(session, input);
      traced?.told();
      told();
    });
  };
}

/** Nobody else looks at the entries of an announcement, which are decoded when someone does. */
function hasReader({ sessions, space }: WatchedSpace): boolean {
  for (const session of sessions) if (reads(session, space)) return true;
  return false;
}

function reads({ state }: DeviceSession, space: SpaceId): boolean {
  const mode = state.subscriptions.get(space)?.mode;
  return mode !== undefined && mode !== 'upload-only';
}

export function isNews(watching: WatchedSpace, epoch: Epoch, head: Version): boolean {
  return epoch > watching.epoch || (epoch === watching.epoch && head > watching.head);
}

/** True when this is news. */
export function note(watching: WatchedSpace, epoch: Epoch, head: Version): boolean {
  if (!isNews(watching, epoch, head)) return false;
  watching.epoch = epoch;
  watching.head = head;
  return true;
}

/** How far the devices that are here have come. */
export function trailsOf(watching: WatchedSpace | undefined): readonly DeviceTrail[] {
  if (watching === undefined) return [];
  return Array.from(watching.sessions, ({ state }) => ({
    device: state.hello!.device,
    trail: state.subscriptions.get(watching.space)?.trail ?? null,
  })).filter((each): each is DeviceTrail => each.trail !== null);
}
