import {
  DEFAULT_LIMITS,
  type Limits,
  type SpaceKey,
  spaceKey,
  type TenantId,
  type UserId,
} from '@syncline/core';
import { memoryTokens, systemTimer } from '@syncline/memory';
import { connectNats, natsAccessNews, natsAnnouncements } from '@syncline/nats';
import { migrate, openPostgres, postgresStore } from '@syncline/postgres';
import { eventually, testServices } from '@syncline/port-contracts';
import { lifecycle, type Lifecycle, readiness } from '@syncline/service-kit';
import { createMetrics, silentLog } from '@syncline/telemetry';
import { accessNewsCodec } from '@syncline/wire';
import { announcedPages } from './announced-pages';
import { gatewayMetrics } from './gateway-metrics';
import {
  backendsOver,
  create,
  HOME,
  identityOf,
  OWNER,
  pushOf,
  startGateway,
  type TestGateway,
} from './gateway.test-fixtures';
import { gzipPages } from './gzip-pages';
import { sharedOver } from './shared-services';

const LIMITS: Limits = { ...DEFAULT_LIMITS, handshakesBurstMax: 1_000 };
/** Looks for lost news come too late to be taken for the news itself. */
const SLOW = { headsMs: 600_000, revokedMs: 600_000 };

describe('two gateways on Postgres, NATS and Redis', () => {
  const parts: Lifecycle = lifecycle({ log: silentLog, closeWithinMs: 10_000 });
  const tokens = memoryTokens();
  const tenant = `t${process.pid}` as TenantId;
  const home: SpaceKey = spaceKey(tenant, HOME);
  const gateways: TestGateway[] = [];
  const database = `gateway_${process.pid}`;
  const databaseUrl = (): string => {
    const url = new URL(testServices().postgresUrl);
    url.pathname = `/${database}`;
    return url.href;
  };

  const linkTo = (name: string) => {
    const { natsUrl } = testServices();
    return parts.add('nats', connectNats({ servers: [natsUrl], name, timer: systemTimer() }));
  };
  const started = async (name: string): Promise<TestGateway> => {
    const metrics = gatewayMetrics(createMetrics({ withProcess: false }));
    const pages = gzipPages(LIMITS, metrics);
    const { redisUrl } = testServices();
    const link = linkTo(name);
    const sql = parts.add('postgres', openPostgres({ url: databaseUrl() }));
    await migrate(sql);
    const store = postgresStore({ sql, news: natsAccessNews({ link, ...accessNewsCodec }) });
    if (await store.createSpace(home, null)) await store.setAccess(home, 'ann' as UserId, OWNER);
    const shared = {
      store,
      tokens,
      announcements: natsAnnouncements({ link, ...announcedPages(pages) }),
      limits: LIMITS,
      ...sharedOver({ redisCluster: false, redisUrl, link, name, log: silentLog, metrics, parts }),
    };
    const ready = parts.add('readiness', readiness({ parts: [] }));
    return startGateway({ ...shared, backends: backendsOver(shared), readiness: ready }, { pages }, SLOW);
  };

  beforeAll(async () => {
    tokens.issue('ann-token', { ...identityOf('ann'), tenant });
    const server = openPostgres({ url: testServices().postgresUrl });
    await server.script(`create database ${database}`);
    await server.close();
    gateways.push(await started('one'), await started('two'));
  }, 60_000);
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway.close()));
    await parts.close();
    const server = openPostgres({ url: testServices().postgresUrl });
    await server.script(`drop database ${database} with (force)`);
    await server.close();
  }, 30_000);

  test('live pages, presence and revocations cross from one to the other, and sessions move', async () => {
    const [one, two] = gateways as [TestGateway, TestGateway];
    const writer = one.device('writer');
    const watcher = two.device('watcher');
    await writer.follow();
    await watcher.follow();

    // Until NATS has both subscriptions, only a look at the heads would tell; pushes go on until one arrives.
    const number = { last: 0 };
    await eventually(async () => {
      number.last++;
      writer.send(pushOf([create(number.last)]));
      const { outcomes } = await writer.next('outcomes');
      await eventually(() =>
        expect(watcher.heard).toContainEqual(
          expect.objectContaining({ kind: 'checkpoint', version: outcomes[0]!.version }),
        ),
      );
    });

    writer.send({
      kind: 'presence',
      space: HOME,
      status: 'online',
      text: 'here',
      batteryPercent: null,
      link: 'wifi',
    });
    expect(await watcher.next('presence')).toMatchObject({ device: 'writer', text: 'here' });

    const welcome = watcher.heard.find(({ kind }) => kind === 'welcome');
    const session = welcome?.kind === 'welcome' ? welcome.session : null;
    watcher.hangUp();
    await eventually(async () => {
      const moved = one.device('watcher');
      moved.hello({ resume: session });
      expect(await moved.next('welcome')).toMatchObject({ session, resumed: [HOME] });
      await moved.next('checkpoint');
      moved.hangUp();
    });

    const sql = parts.add('postgres', openPostgres({ url: databaseUrl() }));
    const news = natsAccessNews({ link: linkTo('operator'), ...accessNewsCodec });
    const store = postgresStore({ sql, news });
    await eventually(async () => {
      await store.setAccess(home, 'ann' as UserId, null);
      expect(await writer.next('refusal')).toMatchObject({ refusal: { reason: 'PERMISSION_DENIED' } });
    });
  }, 60_000);
});
