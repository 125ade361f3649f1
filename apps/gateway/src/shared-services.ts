import { memoryPresence, memoryRateLimits, memorySessionRegistry, thisMachine } from '@syncline/memory';
import { natsPresenceEvents, type NatsLink } from '@syncline/nats';
import type { Presence, PresenceEvents, RateLimits, SessionRegistry } from '@syncline/ports';
import {
  connectRedis,
  type LocalFallbackDeps,
  presenceWithFallback,
  rateLimitsWithFallback,
  redisPresence,
  redisRateLimits,
  redisSessionRegistry,
  sessionRegistryWithFallback,
} from '@syncline/redis';
import type { Lifecycle } from '@syncline/service-kit';
import type { Log } from '@syncline/telemetry';
import { presenceNewsCodec, savedSessionCodec } from '@syncline/wire';
import type { GatewayMetrics } from './gateway-metrics';

/** What gateways share. */
export interface Shared {
  readonly sessions: SessionRegistry;
  readonly rates: RateLimits;
  readonly presence: Presence;
}

export interface SharedServicesDeps {
  readonly redisUrl: string;
  readonly redisCluster: boolean;
  /** Tells of presence at once. */
  readonly link: NatsLink;
  /** Of this gateway. */
  readonly name: string;
  readonly log: Log;
  readonly metrics: GatewayMetrics;
  readonly parts: Lifecycle;
}

export function sharedOver(deps: SharedServicesDeps): Shared & { readonly redisIsUp: () => boolean } {
  const { redisUrl: url, redisCluster: cluster, link, name, log, metrics, parts } = deps;
  const onStatus = (status: string, cause: unknown): void => log.info('Redis', { status, cause });
  const redis = parts.add('redis', connectRedis({ url, cluster, name, onStatus }));
  const codec = presenceNewsCodec(name);
  const events = natsPresenceEvents({ link, ...codec });
  const onProblem = (problem: unknown): void => log.warn('a problem with presence', { problem });
  const { timer } = thisMachine();
  const presence = parts.add('presence', redisPresence({ redis, events, timer, onProblem, ...codec }));
  const sessions = redisSessionRegistry({ redis, ...savedSessionCodec });
  const shared = { sessions, rates: redisRateLimits({ redis }), presence };
  const redisIsUp = (): boolean => redis.status() === 'connected';
  return { ...withLocalFallback(shared, events, { log, metrics }), redisIsUp };
}

/** No session fails because of what gateways share: while it is away, each knows only of itself. */
export function withLocalFallback(
  { sessions, rates, presence }: Shared,
  events: PresenceEvents,
  { log, metrics }: Pick<SharedServicesDeps, 'log' | 'metrics'>,
): Shared {
  const { timer, clock } = thisMachine();
  const fallback: LocalFallbackDeps = {
    timer,
    onDegraded(part, degraded, error) {
      if (degraded) metrics.degraded(part);
      else metrics.restored(part);
      log.warn(degraded ? 'gateways do not share this for now' : 'gateways share this again', {
        part,
        error,
      });
    },
  };
  return {
    sessions: sessionRegistryWithFallback(sessions, memorySessionRegistry({ clock }), fallback),
    rates: rateLimitsWithFallback(rates, memoryRateLimits({ clock }), fallback),
    presence: presenceWithFallback(presence, memoryPresence({ timer }), { ...fallback, events }),
  };
}
