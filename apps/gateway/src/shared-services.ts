import {
  memoryPresence,
  memoryRateLimits,
  memorySessionRegistry,
  systemClock,
  systemTimer,
} from '@syncline/memory';
import {
  connectNats,
  natsAccessNews,
  natsAnnouncements,
  natsPresenceEvents,
  type NatsLink,
} from '@syncline/nats';
import type { AccessNews, Announcements, Presence, RateLimits, SessionRegistry } from '@syncline/ports';
import {
  connectRedis,
  presenceWithFallback,
  rateLimitsWithFallback,
  redisPresence,
  redisRateLimits,
  redisSessionRegistry,
  sessionRegistryWithFallback,
} from '@syncline/redis';
import type { Lifecycle } from '@syncline/service-kit';
import type { Log } from '@syncline/telemetry';
import {
  accessNewsFromBytes,
  accessNewsToBytes,
  announcementFromBytes,
  announcementToBytes,
  presenceNewsFromBytes,
  presenceNewsToBytes,
  savedSessionFromBytes,
  savedSessionToBytes,
} from '@syncline/wire';
import type { GatewayMetrics } from './gateway-metrics';
import type { PageEncodings } from './session/page-encodings';

export interface SharedServicesDeps {
  readonly name: string;
  readonly log: Log;
  readonly metrics: GatewayMetrics;
  readonly parts: Lifecycle;
}

/** News that reach all gateways, over NATS. */
export interface News {
  readonly link: NatsLink;
  readonly announcements: Announcements;
  readonly accessNews: AccessNews;
}

export function newsOver(
  servers: readonly string[],
  pages: PageEncodings,
  { name, log, parts }: SharedServicesDeps,
): News {
  const link = parts.add(
    'nats',
    connectNats({
      servers,
      name,
      timer: systemTimer(),
      onStatus: (status, cause) => log.info('NATS', { status, cause }),
      onProblem: (problem) => log.warn('a problem with NATS', { problem }),
    }),
  );
  const announcements = natsAnnouncements({
    link,
    encode: (space, announcement) => announcementToBytes(space, announcement),
    decode(bytes) {
      const read = announcementFromBytes(bytes);
      if (!read.ok) return null;
      const { space, announcement, page, packedPage } = read.value;
      const { entries, from, to } = announcement;
      if (entries !== null) pages.know(entries, { live: { from, to }, page, packedPage });
      return { space, announcement };
    },
  });
  const accessNews = natsAccessNews({
    link,
    encode: accessNewsToBytes,
    decode(bytes) {
      const read = accessNewsFromBytes(bytes);
      return read.ok ? read.value : null;
    },
  });
  return { link, announcements, accessNews };
}

/** What gateways share, over Redis; while that is away, each knows only of itself. */
export interface Shared {
  readonly sessions: SessionRegistry;
  readonly rates: RateLimits;
  readonly presence: Presence;
}

export function sharedOver(
  url: string,
  { link }: News,
  { name, log, metrics, parts }: SharedServicesDeps,
): Shared {
  const [timer, clock] = [systemTimer(), systemClock()];
  const redis = parts.add(
    'redis',
    connectRedis({ url, name, onStatus: (status, cause) => log.info('Redis', { status, cause }) }),
  );
  const form = {
    encode: (space: Parameters<typeof presenceNewsToBytes>[0]['space'], present: PresentNow) =>
      presenceNewsToBytes({ space, present, gateway: name }),
    decode(bytes: Uint8Array) {
      const read = presenceNewsFromBytes(bytes);
      return read.ok ? read.value : null;
    },
  };
  const events = natsPresenceEvents({ link, ...form });
  const onProblem = (problem: unknown): void => log.warn('a problem with presence', { problem });
  const presence = parts.add('presence', redisPresence({ redis, events, timer, onProblem, ...form }));
  const sessions = redisSessionRegistry({
    redis,
    encode: savedSessionToBytes,
    decode(bytes) {
      const read = savedSessionFromBytes(bytes);
      return read.ok ? read.value : null;
    },
  });
  const fallback = {
    timer,
    onDegraded(part: 'sessions' | 'rates' | 'presence', degraded: boolean, error: unknown) {
      if (degraded) metrics.degraded(part);
      log.warn(degraded ? 'gateways do not share this for now' : 'gateways share this again', {
        part,
        error,
      });
    },
  };
  return {
    sessions: sessionRegistryWithFallback(sessions, memorySessionRegistry({ clock }), fallback),
    rates: rateLimitsWithFallback(redisRateLimits({ redis }), memoryRateLimits({ clock }), fallback),
    presence: presenceWithFallback(presence, memoryPresence({ timer }), { ...fallback, events }),
  };
}

type PresentNow = Parameters<typeof presenceNewsToBytes>[0]['present'];
