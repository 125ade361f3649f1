import { memoryPresenceEvents } from '@syncline/memory';
import {
  describePresenceContract,
  describeRateLimitsContract,
  describeSessionRegistryContract,
  eventually,
  manualTime,
} from '@syncline/port-contracts';
import type { RedisLink, RedisOptions } from './connection';
import { linkTo, newPrefix, presenceOn, ratesOn, realWait, sessionsOn } from './redis.test-fixtures';

export async function connectedTo(url: string, given: Partial<RedisOptions> = {}): Promise<RedisLink> {
  const link = linkTo(url, given);
  await eventually(() => expect(link.status()).toBe('connected'));
  return link;
}

/** All that is asked of a server, whichever kind it is. */
export function describeContracts(server: string, connected: () => Promise<RedisLink>): void {
  describeSessionRegistryContract(server, async () => {
    const [link, prefix] = [await connected(), newPrefix()];
    return { sessions: sessionsOn(link, prefix), prefix, advance: realWait, close: () => link.close() };
  });

  describeRateLimitsContract(server, async () => {
    const [link, prefix, time] = [await connected(), newPrefix(), manualTime()];
    return {
      limits: ratesOn(link, prefix, time),
      prefix,
      advance: async (ms) => time.advance(ms),
      close: () => link.close(),
    };
  });

  describePresenceContract(server, async () => {
    const [link, prefix] = [await connected(), newPrefix()];
    const presence = presenceOn(link, prefix, memoryPresenceEvents());
    return {
      presence,
      prefix,
      advance: realWait,
      async close() {
        presence.close();
        await link.close();
      },
    };
  });
}
