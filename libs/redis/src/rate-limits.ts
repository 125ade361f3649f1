import type { Clock, RateLimits } from '@syncline/ports';
import { type RedisLink, redisScript } from './connection';
import { keysUnder } from './keys';

export interface RedisRateLimitsDeps {
  readonly redis: RedisLink;
  readonly prefix?: string;
  /** Tests set the time; otherwise it is the server's. */
  readonly clock?: Clock;
}

export function redisRateLimits({ redis, prefix = 'syncline', clock }: RedisRateLimitsDeps): RateLimits {
  const keys = keysUnder(prefix);
  return {
    async take(wanted) {
      if (wanted.length === 0) return { granted: true, retryAfterMs: 0, remaining: [], lacking: null };
      const buckets = wanted.map(({ bucket }) => keys.bucket(bucket));
      const asked = wanted.flatMap(({ amount, perSecond, burst }) => [amount, perSecond, burst]);
      const answer = await redis.run(TAKE, buckets, [clock?.nowMs() ?? '', ...asked]);
      const [lacking, retryAfterMs, ...remaining] = (answer as readonly unknown[]).map(Number);
      if (lacking === 0) return { granted: true, retryAfterMs: 0, remaining, lacking: null };
      return { granted: false, retryAfterMs: retryAfterMs!, remaining, lacking: lacking! - 1 };
    },
  };
}

/**
 * A bucket is what it held in thousandths, so that whole rates refill to the millisecond without rounding, and when. One
 * that is full again is like one that was never used, and is forgotten.
 */
const TAKE = redisScript(`
local now = tonumber(ARGV[1]) or nowMs()
local levels, lacking, wait = {}, 0, 0
for i = 1, #KEYS do
  local amount, perSecond, burst = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
  local held = redis.call('HMGET', KEYS[i], 'thousandths', 'atMs')
  local level = burst * 1000
  if held[1] then
    level = math.min(level, tonumber(held[1]) + math.max(0, now - tonumber(held[2])) * perSecond)
  end
  local missing = math.min(amount, burst) * 1000 - level
  local waitMs = missing > 0 and math.ceil(missing / perSecond) or 0
  if waitMs > wait then lacking, wait = i, waitMs end
  levels[i] = level
end
local answer = { lacking, wait }
for i = 1, #KEYS do
  local level = levels[i]
  if lacking == 0 then
    local amount, perSecond, burst = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
    level = level - amount * 1000
    redis.call('HSET', KEYS[i], 'thousandths', string.format('%.17g', level), 'atMs', string.format('%.17g', now))
    redis.call('PEXPIRE', KEYS[i], math.max(10000, math.ceil((burst * 1000 - level) / perSecond)))
  end
  answer[i + 2] = string.format('%.0f', math.max(0, math.floor(level / 1000)))
end
return answer
`);
