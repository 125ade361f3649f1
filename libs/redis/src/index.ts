export {
  connectRedis,
  type RedisArgument,
  type RedisLink,
  type RedisOptions,
  type RedisScript,
  type RedisStatus,
} from './connection';
export {
  type DegradedPart,
  type LocalFallbackDeps,
  type OnDegraded,
  presenceWithFallback,
  rateLimitsWithFallback,
  sessionRegistryWithFallback,
} from './local-fallback';
export { redisPresence, type RedisPresence, type RedisPresenceDeps } from './presence';
export { redisRateLimits, type RedisRateLimitsDeps } from './rate-limits';
export { redisSessionRegistry, type RedisSessionRegistryDeps } from './session-registry';
