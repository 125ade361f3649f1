import type { SavedSession, TenantId } from '@syncline/core';
import type { CountedSession, OpenSessionsMax, SessionRegistry } from '@syncline/ports';
import { type RedisLink, redisScript } from './connection';
import { keysUnder, type RedisKeys } from './keys';

export interface RedisSessionRegistryDeps {
  readonly redis: RedisLink;
  readonly prefix?: string;
  readonly encode: (session: SavedSession) => Uint8Array;
  /** Null for what cannot be read. */
  readonly decode: (bytes: Uint8Array) => SavedSession | null;
}

/**
 * In each room a sorted set of those who are in it, by the time at which they count no longer. One more set for each tenant
 * holds those that gave way, until their gateways must have heard of it.
 */
export function redisSessionRegistry({
  redis,
  prefix = 'syncline',
  encode,
  decode,
}: RedisSessionRegistryDeps): SessionRegistry {
  const keys = keysUnder(prefix);
  return {
    async save(session, forMs) {
      await redis.command('set', keys.saved(session.id), encode(session), 'PX', Math.ceil(forMs));
    },
    async load(id) {
      const bytes = await redis.command('get', keys.saved(id));
      return bytes instanceof Uint8Array ? decode(bytes) : null;
    },
    async forget(id) {
      await redis.command('del', keys.saved(id));
    },
    async enter(session, openMax, forMs) {
      const maxima = ROOMS.map((room) => openMax[room]);
      const places = [...roomKeys(keys, session), keys.gaveWay(session.tenant)];
      const full = await redis.run(ENTER, places, [seatOf(session), forMs, ...maxima]);
      const room = ROOMS[Number(full) - 1];
      return room === undefined ? { entered: true } : { entered: false, full: room };
    },
    async renew(sessions, forMs) {
      const gaveWay: CountedSession[] = [];
      for (const { tenant, ofTenant } of batches(sessions)) {
        const places = [keys.gaveWay(tenant), ...ofTenant.flatMap((session) => roomKeys(keys, session))];
        const told = await redis.run(RENEW, places, [forMs, ...ofTenant.map(seatOf)]);
        for (const index of Array.isArray(told) ? told : []) gaveWay.push(ofTenant[Number(index)]!);
      }
      return gaveWay;
    },
    async leave(session) {
      const places = [...roomKeys(keys, session), keys.gaveWay(session.tenant)];
      await redis.run(LEAVE, places, [seatOf(session)]);
    },
  };
}

/** From the smallest to the largest, which is the order of their keys as well. */
const ROOMS = ['device', 'user', 'tenant'] as const satisfies readonly (keyof OpenSessionsMax)[];

const roomKeys = (keys: RedisKeys, { tenant, user, device }: CountedSession): readonly string[] => [
  keys.openByDevice(tenant, device),
  keys.openByUser(tenant, user),
  keys.openByTenant(tenant),
];

/** No id holds a NUL. */
const seatOf = ({ device, id }: CountedSession): string => `${device}\u0000${id}`;

const RENEWED_AT_ONCE_MAX = 200;

interface Batch {
  readonly tenant: TenantId;
  readonly ofTenant: readonly CountedSession[];
}

/** Of one tenant each, so that all keys of a batch have the same hash tag. */
function* batches(sessions: readonly CountedSession[]): Generator<Batch> {
  const byTenant = new Map<TenantId, CountedSession[]>();
  for (const session of sessions) {
    const ofTenant = byTenant.get(session.tenant);
    if (ofTenant === undefined) byTenant.set(session.tenant, [session]);
    else ofTenant.push(session);
  }
  for (const [tenant, all] of byTenant) {
    for (let from = 0; from < all.length; from += RENEWED_AT_ONCE_MAX)
      yield { tenant, ofTenant: all.slice(from, from + RENEWED_AT_ONCE_MAX) };
  }
}

const ENTER = redisScript(`
local now = nowMs()
local seat, forMs = ARGV[1], tonumber(ARGV[2])
local gaveWay = KEYS[4]
if not redis.call('ZSCORE', KEYS[1], seat) then
  local full = 0
  for room = 3, 1, -1 do
    redis.call('ZREMRANGEBYSCORE', KEYS[room], '-inf', now)
    if redis.call('ZCARD', KEYS[room]) >= tonumber(ARGV[2 + room]) then full = room end
  end
  if full > 0 then
    local other = redis.call('ZRANGE', KEYS[1], 0, 0)[1]
    if not other then return full end
    for room = 1, 3 do redis.call('ZREM', KEYS[room], other) end
    redis.call('ZREMRANGEBYSCORE', gaveWay, '-inf', now)
    redis.call('ZADD', gaveWay, now + forMs, other)
    keepFor(gaveWay, forMs)
  end
end
redis.call('ZREM', gaveWay, seat)
for room = 1, 3 do
  redis.call('ZADD', KEYS[room], now + forMs, seat)
  keepFor(KEYS[room], forMs)
end
return 0
`);

const RENEW = redisScript(`
local now = nowMs()
local forMs = tonumber(ARGV[1])
local gaveWay = {}
local someDid = redis.call('EXISTS', KEYS[1]) == 1
for session = 0, #ARGV - 2 do
  local seat = ARGV[2 + session]
  local lapsesMs = someDid and redis.call('ZSCORE', KEYS[1], seat)
  if lapsesMs and tonumber(lapsesMs) > now then
    gaveWay[#gaveWay + 1] = session
  else
    for key = 2 + session * 3, 4 + session * 3 do
      redis.call('ZADD', KEYS[key], now + forMs, seat)
      keepFor(KEYS[key], forMs)
    end
  end
end
return gaveWay
`);

const LEAVE = redisScript(`
for place = 1, 4 do redis.call('ZREM', KEYS[place], ARGV[1]) end
return 0
`);
