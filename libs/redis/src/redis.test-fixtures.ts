import { deserialize, serialize } from 'node:v8';
import type { SavedSession, SpaceKey } from '@syncline/core';
import { systemChance, systemTimer } from '@syncline/memory';
import type { Clock, PresenceEvents, Present } from '@syncline/ports';
import { connectRedis, type RedisLink, type RedisOptions } from './connection';
import { redisPresence, type RedisPresence } from './presence';
import { redisRateLimits } from './rate-limits';
import { redisSessionRegistry } from './session-registry';

export const newPrefix = (): string =>
  `test-${systemChance()
    .id()
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, 12)}`;

export const linkTo = (url: string, given: Partial<RedisOptions> = {}): RedisLink =>
  connectRedis({ url, name: 'test', ...given });

/** Any encoding will do; the product's own is the app's business. */
export const sessionsOn = (redis: RedisLink, prefix: string) =>
  redisSessionRegistry({
    redis,
    prefix,
    encode: (session: SavedSession) => serialize(session),
    decode: (bytes) => readable<SavedSession>(bytes),
  });

export const ratesOn = (redis: RedisLink, prefix: string, clock?: Clock) =>
  redisRateLimits({ redis, prefix, ...(clock === undefined ? {} : { clock }) });

export const SWEEP_EVERY_MS = 20;

export const presenceOn = (redis: RedisLink, prefix: string, events: PresenceEvents): RedisPresence =>
  redisPresence({
    redis,
    prefix,
    events,
    timer: systemTimer(),
    sweepEveryMs: SWEEP_EVERY_MS,
    encode: (space: SpaceKey, present: Present) => serialize({ space, present }),
    decode: (bytes) => readable<{ space: SpaceKey; present: Present }>(bytes),
  });

function readable<Value>(bytes: Uint8Array): Value | null {
  try {
    return deserialize(bytes) as Value;
  } catch {
    return null;
  }
}

/** Real time passes at the server. */
export const realWait = (ms: number): Promise<void> =>
  new Promise((resolve) => void systemTimer().after(ms, resolve));
