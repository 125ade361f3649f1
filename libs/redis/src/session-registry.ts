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

/** In each room a sorted set of those who are in it, by the time at which they count no longer. */
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
      const full = await redis.run(ENTER, roomKeys(keys, session), [seatOf(session), forMs, ...maxima]);
      const room = ROOMS[Number(full) - 1];
      return room === undefined ? { entered: true } : { entered: false, full: room };
    },
    async renew(sessions, forMs) {
      for (const some of batches(sessions)) {
        const rooms = some.flatMap((session) => roomKeys(keys, session));
        await redis.run(RENEW, rooms, [forMs, ...some.map(seatOf)]);
      }
    },
    async leave(session) {
      await redis.run(LEAVE, roomKeys(keys, session), [seatOf(session)]);
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

/** Of one tenant each, so that all keys of a batch have the same hash tag. */
function* batches(sessions: readonly CountedSession[]): Generator<readonly CountedSession[]> {
  const byTenant = new Map<TenantId, CountedSession[]>();
  for (const session of sessions) {
    const ofTenant = byTenant.get(session.tenant);
    if (ofTenant === undefined) byTenant.set(session.tenant, [session]);
    else ofTenant.push(session);
  }
  for (const ofTenant of byTenant.values()) {
    for (let from = 0; from < ofTenant.length; from += RENEWED_AT_ONCE_MAX)
      yield ofTenant.slice(from, from + RENEWED_AT_ONCE_MAX);
  }
}

const ENTER = redisScript(`
local now = nowMs()
local seat, forMs = ARGV[1], tonumber(ARGV[2])
if not redis.call('ZSCORE', KEYS[1], seat) then
  for room = 1, 3 do
    redis.call('ZREMRANGEBYSCORE', KEYS[room], '-inf', now)
    if redis.call('ZCARD', KEYS[room]) >= tonumber(ARGV[2 + room]) then return room end
  end
end
for room = 1, 3 do
  redis.call('ZADD', KEYS[room], now + forMs, seat)
  keepFor(KEYS[room], forMs)
end
return 0
`);

const RENEW = redisScript(`
local now = nowMs()
local forMs = tonumber(ARGV[1])
for key = 1, #KEYS do
  redis.call('ZADD', KEYS[key], now + forMs, ARGV[2 + math.floor((key - 1) / 3)])
  keepFor(KEYS[key], forMs)
end
return 0
`);

const LEAVE = redisScript(`
for room = 1, 3 do redis.call('ZREM', KEYS[room], ARGV[1]) end
return 0
`);
