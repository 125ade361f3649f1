import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import { DEFAULT_LIMITS, policyRegistry } from '@syncline/core';
import { ed25519Signer, hmacCursorKeys, thisMachine } from '@syncline/memory';
import { connectNats, natsAccessNews, natsAnnouncements, natsWhereabouts, toldTo } from '@syncline/nats';
import { jsonSchemas } from '@syncline/policies/json-schemas';
import { ALL_POLICIES } from '@syncline/policies/operations';
import { databaseProblem, openPostgres, postgresStore, untilMigrated } from '@syncline/postgres';
import { deviceDescriptors } from '@syncline/proto/descriptors';
import {
  certificatesAt,
  channelCredentials,
  internalTlsPaths,
  type Lifecycle,
  numbersIn,
  publicTlsPaths,
  resolverHostsIn,
  runProgram,
  startOperations,
} from '@syncline/service-kit';
import { createLog, createMetrics, type ProgramLog, startTracing } from '@syncline/telemetry';
import { accessNewsCodec, whereaboutsCodec } from '@syncline/wire';
import { acceptedTokens } from './accepted-tokens';
import { announcedPages } from './announced-pages';
import { type GatewaySettings, readConfig } from './config';
import { createGateway } from './gateway';
import { gatewayMetrics } from './gateway-metrics';
import { DEFAULT_TIMING } from './gateway-timing';
import { gzipPages } from './gzip-pages';
import { remoteBackends } from './remote/remote-backends';
import { sharedOver } from './shared-services';

async function start(settings: GatewaySettings, log: ProgramLog, parts: Lifecycle): Promise<void> {
  const name = `gateway-${hostname()}`;
  const machine = thisMachine();
  const limits = numbersIn(settings, DEFAULT_LIMITS);
  const keys = hmacCursorKeys(settings.cursorKeys);
  const registry = createMetrics();
  const metrics = gatewayMetrics(registry);
  const pages = gzipPages(limits, metrics);
  const { otlpUrl, traceSampledPercent: sampledPercent } = settings;
  const program = { service: 'gateway', instance: hostname(), log, ...machine };
  const { traces } = parts.add('tracing', await startTracing({ otlpUrl, sampledPercent, ...program }));

  const { postgresUrl: url, postgresConnectionsMax: connectionsMax, opsAddress: address } = settings;
  const database = { url, connectionsMax, applicationName: 'syncline-gateway' };
  const sql = parts.add('postgres', openPostgres(database));
  const needs = [{ name: 'database', check: () => databaseProblem(sql) }];
  const { readiness, ops } = await startOperations({ address, needs, metrics: registry, log, parts });
  await untilMigrated(sql, { ...machine, log, parts });

  const { natsUrls: servers, natsReplicas: replicas, redisUrl, redisCluster } = settings;
  const link = parts.add('nats', connectNats({ servers, name, ...machine, ...toldTo(log) }));
  const { redisIsUp, ...shared } = sharedOver({ redisUrl, redisCluster, link, name, log, metrics, parts });
  const natsIsUp = (): boolean => link.status() === 'connected';
  metrics.watchServers({ postgres: () => sql.use(), others: { nats: natsIsUp, redis: redisIsUp } });
  const tls = { ...machine, log, parts };
  const credentials = channelCredentials(certificatesAt(internalTlsPaths(settings), tls));
  const addressesOf = (host: string) => lookup(host, { all: true });
  const backends = remoteBackends({ ...settings, credentials, lookup: addressesOf, keys, ...machine, log });
  parts.add('backends', backends);
  const { grpcAddress, httpAddress, origins, behindProxy, tenantsDeclaredOnly } = settings;
  const gateway = createGateway({
    grpcAddress,
    httpAddress,
    origins,
    behindProxy,
    tenantsDeclaredOnly,
    ...machine,
    ...shared,
    ...acceptedTokens(settings, log),
    store: postgresStore({ sql, news: natsAccessNews({ link, ...accessNewsCodec }) }),
    announcements: natsAnnouncements({ link, stream: { replicas }, ...announcedPages(pages) }),
    whereabouts: natsWhereabouts({ link, ...machine, ...whereaboutsCodec }),
    backends,
    keys,
    chainSigner: settings.auditKey && ed25519Signer(settings.auditKey),
    policies: policyRegistry(ALL_POLICIES, jsonSchemas(), resolverHostsIn(settings)),
    limits,
    pages,
    readiness,
    certificates: certificatesAt(publicTlsPaths(settings), tls),
    timing: { ...DEFAULT_TIMING, drainMs: settings.drainMs, syncQuietMs: settings.syncQuietMs },
    reflection: deviceDescriptors(),
    metrics,
    traces,
    log,
  });
  parts.add('gateway', gateway);
  log.info('listening', { ...(await gateway.start()), ops });
}

runProgram({
  config: readConfig(),
  log: ({ logLevel: level }, write) => createLog({ level, name: 'gateway', write }),
  closeBeyondDrainMs: 15_000,
  start,
});
