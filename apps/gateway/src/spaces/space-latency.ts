import type { Announcement, Version } from '@syncline/core';
import type { Clock } from '@syncline/ports';
import type { GatewayMetrics } from '../gateway-metrics';
import type { DeviceSession } from '../session/device-session';

/** How long after their commits devices are told of changes, and have stored them, in one space. */
export interface SpaceLatency {
  /** So many sessions are told of it, of which some read the space. The answer is called after each of them was told. */
  readonly heard: (
    announcement: Announcement,
    sessions: number,
    readers: () => readonly DeviceSession[],
  ) => () => void;
  /** A device has stored everything up to here. */
  readonly acknowledged: (session: DeviceSession, version: Version) => void;
  readonly left: (session: DeviceSession) => void;
}

export interface SpaceLatencyDeps {
  readonly clock: Clock;
  readonly metrics: Pick<GatewayMetrics, 'announcementCame' | 'delivered' | 'acknowledged'>;
}

interface Followed {
  readonly to: Version;
  readonly committedAtMs: number;
  readonly missing: Set<DeviceSession>;
  isFirst: boolean;
}

/** A device that acknowledges nothing for so long does not keep the next announcement from being followed. */
const FOLLOWED_MS_MAX = 60_000;

/**
 * Every announcement is measured until the last session has been told. Until devices have acknowledged it, only one at a
 * time is followed: the first of them, and the last. So the work is that of telling a space once, however much is written.
 */
export function spaceLatency({ clock, metrics }: SpaceLatencyDeps): SpaceLatency {
  const state: { followed: Followed | null } = { followed: null };
  const sinceMs = (atMs: number): number => Math.max(0, clock.nowMs() - atMs);

  const mayFollow = (): boolean =>
    state.followed === null || sinceMs(state.followed.committedAtMs) > FOLLOWED_MS_MAX;

  return {
    heard({ to, committedAtMs, traces }, sessions, readers) {
      if (committedAtMs === undefined) return () => undefined;
      metrics.announcementCame(sinceMs(committedAtMs));
      if (sessions > 0 && mayFollow())
        state.followed = { to, committedAtMs, missing: new Set(readers()), isFirst: true };
      let untold = sessions;
      return () => {
        untold--;
        if (untold === 0) metrics.delivered(sinceMs(committedAtMs), traces?.[0] ?? '');
      };
    },
    acknowledged(session, version) {
      const { followed } = state;
      if (followed === null || version < followed.to || !followed.missing.delete(session)) return;
      const tookMs = sinceMs(followed.committedAtMs);
      if (followed.isFirst) metrics.acknowledged('first', tookMs);
      followed.isFirst = false;
      if (followed.missing.size > 0) return;
      metrics.acknowledged('last', tookMs);
      state.followed = null;
    },
    left(session) {
      const { followed } = state;
      if (followed?.missing.delete(session) === true && followed.missing.size === 0) state.followed = null;
    },
  };
}
