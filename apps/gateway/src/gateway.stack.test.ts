import { Client, credentials } from '@grpc/grpc-js';
import {
  DEFAULT_LIMITS,
  type Limits,
  type SpaceKey,
  spaceKey,
  type TenantId,
  type UserId,
} from '@syncline/core';
import { memoryTokens, systemTimer } from '@syncline/memory';
import { connectNats, natsAccessNews, natsAnnouncements, natsWhereabouts } from '@syncline/nats';
import { migrate, openPostgres, postgresStore } from '@syncline/postgres';
import { eventually, testServices } from '@syncline/port-contracts';
import { lifecycle, type Lifecycle, readiness } from '@syncline/service-kit';
import { Caller, ChangeStage, type ChangeStatus, StatusRequest, StatusResponse } from '@syncline/proto';
import { createMetrics, silentLog } from '@syncline/telemetry';
import { accessNewsCodec, whereaboutsCodec } from '@syncline/wire';
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
import { grpcCaller } from './unary/served.test-fixtures';

const LIMITS: Limits = { ...DEFAULT_LIMITS, handshakesBurstMax: 1_000 };
/** Looks for lost news come too late to be taken for the news itself. */
const SLOW = { headsMs: 600_000, revokedMs: 600_000 };

describe('gateways on Postgres, NATS and Redis', () => {
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
      whereabouts: natsWhereabouts({ link, timer: systemTimer(), ...whereaboutsCodec }),
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
    for (const name of ['one', 'two', 'three']) gateways.push(await started(name));
  }, 60_000);
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway.close()));
    await parts.close();
    const server = openPostgres({ url: testServices().postgresUrl });
    await server.script(`drop database ${database} with (force)`);
    await server.close();
  }, 30_000);

  test('any gateway tells where a change is that was pushed on another and delivered on a third', async () => {
    const [one, two, three] = gateways as [TestGateway, TestGateway, TestGateway];
    const author = one.device('author');
    const listener = two.device('listener');
    await author.follow();
    await listener.follow();
    const client = new Client(three.address.grpc, credentials.createInsecure());
    const statusOf = async (number: number): Promise<ChangeStatus> => {
      const request = { ...StatusRequest.create(), space: HOME, device: 'author', numbers: [number] };
      const asking = { ...request, caller: { ...Caller.create(), device: 'desk' } };
      const answer = await grpcCaller(client).call(
        'Status',
        StatusRequest,
        StatusResponse,
        asking,
        'ann-token',
      );
      if (!answer.ok) throw new Error(answer.refusal.message);
      return answer.value.changes[0]!;
    };
    const number = { last: 0 };
    // Until NATS has all subscriptions, some of it is not heard; so pushes go on until one is.
    const told = await eventually(async () => {
      number.last++;
      const trace = `00-${'ab'.repeat(16)}-${'c'.repeat(16)}-01`;
      author.send(pushOf([create(number.last, 'x', { id: `told-${number.last}` as never, trace })]));
      await author.next('outcomes');
      return eventually(async () => {
        const status = await statusOf(number.last);
        expect(status).toMatchObject({ stage: ChangeStage.DELIVERED });
        expect(status.announcedAtMs).toBeGreaterThan(0);
        return status;
      });
    });
    const [delivery] = told.deliveries.filter(({ device }) => device === 'listener');
    expect(told).toMatchObject({ traceId: 'ab'.repeat(16), outcome: { version: told.version } });
    expect(told.announcedAtMs).toBeGreaterThanOrEqual(told.committedAtMs);
    expect(delivery!.deliveredAtMs).toBeGreaterThanOrEqual(told.announcedAtMs);
    expect(delivery).toMatchObject({ deliveredVersion: told.version, acknowledgedAtMs: 0 });

    for (const device of [author, listener]) {
      const checkpoint = await eventually(() => {
        const found = device.heard.find((each) => each.kind === 'checkpoint' && each.version >= told.version);
        if (found?.kind !== 'checkpoint') throw new Error('not there yet');
        return found;
      });
      device.send({ kind: 'ack', space: HOME, cursor: checkpoint.cursor });
    }
    const stored = await eventually(async () => {
      const status = await statusOf(number.last);
      expect(status).toMatchObject({ stage: ChangeStage.ACKNOWLEDGED, acknowledgedCount: 2, deviceCount: 2 });
      return status;
    });
    const [acknowledged] = stored.deliveries;
    expect(acknowledged).toMatchObject({ device: 'listener', deliveredAtMs: delivery!.deliveredAtMs });
    expect(acknowledged!.acknowledgedAtMs).toBeGreaterThanOrEqual(delivery!.deliveredAtMs);

    // Gone, but not forgotten.
    listener.hangUp();
    await eventually(() => expect(two.sessions()).toBe(0));
    expect((await statusOf(number.last)).deliveries).toEqual(stored.deliveries);
    author.hangUp();
    client.close();
  }, 60_000);

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
