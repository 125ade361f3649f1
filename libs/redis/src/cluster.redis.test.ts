import { memoryPresenceEvents } from '@syncline/memory';
import {
  describePresenceContract,
  describeRateLimitsContract,
  describeSessionRegistryContract,
  eventually,
  manualTime,
  type OwnServer,
  ownServer,
} from '@syncline/port-contracts';
import type { RedisLink } from './connection';
import { linkTo, newPrefix, presenceOn, ratesOn, realWait, sessionsOn } from './redis.test-fixtures';

const own: { server: OwnServer } = { server: null! };
beforeAll(async () => {
  own.server = await ownServer('redis-cluster');
}, 30_000);
afterAll(() => own.server.close());

async function connected(): Promise<RedisLink> {
  const link = linkTo(own.server.url, { cluster: true });
  await eventually(() => expect(link.status()).toBe('connected'));
  return link;
}

describeSessionRegistryContract('a Redis cluster', async () => {
  const [link, prefix] = [await connected(), newPrefix()];
  return { sessions: sessionsOn(link, prefix), prefix, advance: realWait, close: () => link.close() };
});

describeRateLimitsContract('a Redis cluster', async () => {
  const [link, prefix, time] = [await connected(), newPrefix(), manualTime()];
  return {
    limits: ratesOn(link, prefix, time),
    prefix,
    advance: async (ms) => time.advance(ms),
    close: () => link.close(),
  };
});

describePresenceContract('a Redis cluster', async () => {
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
