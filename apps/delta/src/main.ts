import { hostname } from 'node:os';
import { DEFAULT_LIMITS } from '@syncline/core';
import { hmacCursorKeys, thisMachine } from '@syncline/memory';
import { connectNats, natsAccessNews, natsAnnouncements, toldTo } from '@syncline/nats';
import { databaseProblem, openPostgres, postgresStore, untilMigrated } from '@syncline/postgres';
import {
  addressText,
  certificatesAt,
  grpcServer,
  INTERNAL_GRPC_LIMITS,
  internalTlsPaths,
  type Lifecycle,
  numbersIn,
  runProgram,
  serverCredentials,
  startOperations,
} from '@syncline/service-kit';
import { createLog, createMetrics, type ProgramLog, startTracing } from '@syncline/telemetry';
import { accessNewsCodec, announcementCodec } from '@syncline/wire';
import { type DeltaAppSettings, readConfig } from './config';
import { createDelta } from './delta';
import { deltaMetrics } from './delta-metrics';
import { deltaService } from './delta-service';
import { DEFAULT_DELTA_SETTINGS } from './delta-settings';

/** A gateway looks a name up again when a connection ends: so it finds instances that were added. */
const CONNECTION_AGE = { connectionAgeMs: 5 * 60_000, connectionAgeGraceMs: 60_000 };

async function start(settings: DeltaAppSettings, log: ProgramLog, parts: Lifecycle): Promise<void> {
  const {
    postgresUrl: url,
    postgresConnectionsMax: connectionsMax,
    natsUrls,
    natsReplicas: replicas,
  } = settings;
  const machine = thisMachine();
  const limits = numbersIn(settings, DEFAULT_LIMITS);
  const keys = hmacCursorKeys(settings.cursorKeys);
  const metrics = createMetrics();
  const { otlpUrl, traceSampledPercent: sampledPercent } = settings;
  const program = { service: 'delta', instance: hostname(), log, ...machine };
  const { traces } = parts.add('tracing', await startTracing({ otlpUrl, sampledPercent, ...program }));

  const sql = parts.add('postgres', openPostgres({ url, connectionsMax, applicationName: 'syncline-delta' }));
  const needs = [{ name: 'database', check: () => databaseProblem(sql) }];
  const { opsAddress: address, drainMs: drainWithinMs } = settings;
  const { readiness, ops } = await startOperations({ address, needs, metrics, log, parts });
  await untilMigrated(sql, { ...machine, log, parts });

  const counts = deltaMetrics(metrics);
  const name = `delta-${hostname()}`;
  const link = parts.add('nats', connectNats({ servers: natsUrls, name, ...machine, ...toldTo(log) }));
  const natsIsUp = (): boolean => link.status() === 'connected';
  counts.watchServers({ postgres: () => sql.use(), others: { nats: natsIsUp } });
  const delta = createDelta({
    ...machine,
    store: postgresStore({ sql, news: natsAccessNews({ link, ...accessNewsCodec }) }),
    announcements: natsAnnouncements({ link, stream: { replicas }, ...announcementCodec() }),
    keys,
    limits,
    metrics: counts,
    traces,
    log,
    settings: numbersIn(settings, DEFAULT_DELTA_SETTINGS),
  });
  parts.add('delta', delta);
  const server = grpcServer({
    address: settings.grpcAddress,
    credentials: serverCredentials(certificatesAt(internalTlsPaths(settings), { ...machine, log, parts })),
    services: [deltaService({ delta, keys, log })],
    readiness,
    log,
    limits: {
      ...INTERNAL_GRPC_LIMITS,
      ...CONNECTION_AGE,
      messageBytesMax: limits.messageBytesMax,
      drainWithinMs,
    },
  });
  parts.add('grpc', server);
  log.info('listening', { grpc: addressText(await server.start()), ops });
}

runProgram({
  config: readConfig(),
  log: ({ logLevel: level }, write) => createLog({ level, name: 'delta', write }),
  closeBeyondDrainMs: 5_000,
  start,
});
