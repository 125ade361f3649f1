import type { DeviceId, SpaceKey } from '@syncline/core';
import { type Presence, type PresenceEvents, type Present, type Timer, Unavailable } from '@syncline/ports';
import { type RedisLink, redisScript } from './connection';
import { keysUnder } from './keys';

export interface RedisPresenceDeps {
  readonly redis: RedisLink;
  readonly events: PresenceEvents;
  readonly timer: Timer;
  readonly prefix?: string;
  readonly encode: (space: SpaceKey, present: Present) => Uint8Array;
  /** Null for what cannot be read. */
  readonly decode: (bytes: Uint8Array) => { readonly space: SpaceKey; readonly present: Present } | null;
  /** How often it is looked for devices that have lapsed. */
  readonly sweepEveryMs?: number;
  /** A sweep that failed; the next one tries again. */
  readonly onProblem?: (problem: unknown) => void;
}

export interface RedisPresence extends Presence {
  close(): void;
}

const SWEEP_EVERY_MS = 1_000;
const SWEPT_AT_ONCE_MAX = 256;
const ROSTER_MAX = 1_000;

/**
 * The roster is in Redis, and who is told goes through the events. Whoever lapses is noticed by one of the processes: each
 * looks at what is due in all spaces, and the one that takes a device off the roster tells of it.
 */
export function redisPresence(deps: RedisPresenceDeps): RedisPresence {
  const { redis, events, prefix = 'syncline', encode, decode } = deps;
  const keys = keysUnder(prefix);
  const rosterKeys = (space: SpaceKey) => [keys.presentUntil(space), keys.presentShown(space)];
  const dueOf = (space: SpaceKey, device: string) => `${device}\u0000${space}`;
  const tell = (space: SpaceKey, present: Present): Promise<void> =>
    events.publish(space, present).catch((error: unknown) => {
      // Whoever could not be told now finds it on the roster.
      if (!(error instanceof Unavailable)) throw error;
    });
  const read = (bytes: unknown): Present | null =>
    bytes instanceof Uint8Array ? (decode(bytes)?.present ?? null) : null;
  const tellGone = async (space: SpaceKey, gone: unknown): Promise<void> => {
    const present = read(gone);
    if (present !== null) await tell(space, { ...present, status: 'offline' });
  };

  const sweep = async (): Promise<void> => {
    const due = (await redis.run(DUE, [keys.presenceDue()], [SWEPT_AT_ONCE_MAX])) as readonly Buffer[];
    const members = due.map(String);
    for (const member of members) {
      const at = member.indexOf('\u0000');
      const [device, space] = [member.slice(0, at), member.slice(at + 1) as SpaceKey];
      await tellGone(space, await redis.run(LAPSE, rosterKeys(space), [device]));
    }
    if (members.length > 0) await redis.run(SETTLE, [keys.presenceDue()], members);
  };
  const stopSweeping = repeated(deps, sweep);

  return {
    async show(space, present, forMs) {
      const { device } = present;
      const args = [device, encode(space, present), Math.ceil(forMs)];
      const untilMs = Number(await redis.run(SHOW, rosterKeys(space), args));
      await redis.command('zadd', keys.presenceDue(), untilMs, dueOf(space, device));
      await tell(space, present);
    },
    async leave(space, device: DeviceId) {
      await tellGone(space, await redis.run(LEAVE, rosterKeys(space), [device]));
      await redis.command('zrem', keys.presenceDue(), dueOf(space, device));
    },
    async roster(space) {
      const shown = (await redis.run(ROSTER, rosterKeys(space), [ROSTER_MAX])) as readonly unknown[];
      return shown.map(read).filter((present) => present !== null);
    },
    listen: (space, listener) => events.listen(space, listener),
    close: stopSweeping,
  };
}

function repeated(
  { timer, sweepEveryMs = SWEEP_EVERY_MS, onProblem }: RedisPresenceDeps,
  sweep: () => Promise<void>,
): () => void {
  const state = { closed: false, stopWaiting: (): void => undefined };
  const wait = (): void => {
    if (state.closed) return;
    state.stopWaiting = timer.after(
      sweepEveryMs,
      () =>
        void sweep()
          .catch((problem: unknown) => onProblem?.(problem))
          .then(wait),
    );
  };
  wait();
  return () => {
    state.closed = true;
    state.stopWaiting();
  };
}

/** What has lapsed stays readable for a while, so that it can be told who is gone. */
const SHOW = redisScript(`
local forMs = tonumber(ARGV[3])
local untilMs = nowMs() + forMs
redis.call('ZADD', KEYS[1], untilMs, ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
for key = 1, 2 do keepFor(KEYS[key], forMs + 60000) end
return untilMs
`);

const LEAVE = redisScript(`
local shown = redis.call('HGET', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
return shown
`);

const LAPSE = redisScript(`
local untilMs = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not untilMs or tonumber(untilMs) > nowMs() then return false end
local shown = redis.call('HGET', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
return shown
`);

const ROSTER = redisScript(`
local there = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. nowMs(), '+inf', 'LIMIT', 0, ARGV[1])
if #there == 0 then return {} end
return redis.call('HMGET', KEYS[2], unpack(there))
`);

const DUE = redisScript(`
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', nowMs(), 'LIMIT', 0, ARGV[1])
`);

/** Whoever has shown themselves again meanwhile is due later. */
const SETTLE = redisScript(`
local now = nowMs()
for i = 1, #ARGV do
  local untilMs = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if untilMs and tonumber(untilMs) <= now then redis.call('ZREM', KEYS[1], ARGV[i]) end
end
return 0
`);
