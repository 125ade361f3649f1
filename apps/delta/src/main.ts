import { hostname } from 'node:os';
import { type Answer, spaceId, spaceKey, tenantId } from '@syncline/core';
import { hmacCursorKeys, systemChance, systemClock, systemTimer } from '@syncline/memory';
import { connectNats, natsAccessNews, natsAnnouncements } from '@syncline/nats';
import { openPostgres, postgresStore } from '@syncline/postgres';
import {
  addressText,
  certificateFiles,
  endWithProcess,
  grpcServer,
  type Lifecycle,
  lifecycle,
  logGrpcTo,
  opsServer,
  readiness,
  serverCredentials,
} from '@syncline/service-kit';
import { createLog, createMetrics, type Log } from '@syncline/telemetry';
import {
  accessNewsFromBytes,
  accessNewsToBytes,
  announcementFromBytes,
  announcementToBytes,
} from '@syncline/wire';
import { type DeltaAppSettings, deltaSettingsIn, limitsIn, readConfig } from './config';
import { createDelta } from './delta';
import { deltaMetrics } from './delta-metrics';
import { deltaService } from './delta-service';

const CLOSE_BEYOND_DRAIN_MS = 5_000;
/** Asked for to see whether the database answers; it need not exist. */
const ANY_SPACE = spaceKey(tenantId('syncline'), spaceId('ready'));

async function run(settings: DeltaAppSettings, log: Log, parts: Lifecycle): Promise<void> {
  const limits = limitsIn(settings);
  const keys = hmacCursorKeys(settings.cursorKeys);
  const metrics = createMetrics();
  const sql = parts.add(
    'postgres',
    openPostgres({
      url: settings.postgresUrl,
      connectionsMax: settings.postgresConnectionsMax,
      applicationName: 'syncline-delta',
    }),
  );
  const { announcements, accessNews } = newsOver(settings.natsUrls, log, parts);
  const store = postgresStore({ sql, news: accessNews });
  const delta = createDelta({
    store,
    announcements,
    keys,
    limits,
    clock: systemClock(),
    timer: systemTimer(),
    chance: systemChance(),
    metrics: deltaMetrics(metrics),
    log,
    settings: deltaSettingsIn(settings),
  });
  parts.add('delta', delta);
  const database = { name: 'database', check: async () => (await store.heads([ANY_SPACE]), null) };
  const ready = parts.add('readiness', readiness({ parts: [database], log }));
  const ops = parts.add('ops', opsServer({ address: settings.opsAddress, readiness: ready, metrics }));
  const opsAt = addressText(await ops.start());
  const server = grpcServer({
    address: settings.grpcAddress,
    credentials: serverCredentials(certificatesOf(settings, log, parts)),
    services: [deltaService({ delta, keys, log })],
    readiness: ready,
    log,
    limits: { messageBytesMax: limits.messageBytesMax, drainWithinMs: settings.drainMs },
  });
  parts.add('grpc', server);
  log.info('listening', { grpc: addressText(await server.start()), ops: opsAt });
}

function newsOver(servers: readonly string[], log: Log, parts: Lifecycle) {
  const link = parts.add(
    'nats',
    connectNats({
      servers,
      name: `delta-${hostname()}`,
      timer: systemTimer(),
      onStatus: (status, cause) => log.info('NATS', { status, cause }),
      onProblem: (problem) => log.warn('a problem with NATS', { problem }),
    }),
  );
  const announcements = natsAnnouncements({
    link,
    encode: (space, announcement) => announcementToBytes(space, announcement),
    decode: (bytes) => valueOrNull(announcementFromBytes(bytes)),
  });
  const accessNews = natsAccessNews({
    link,
    encode: accessNewsToBytes,
    decode: (bytes) => valueOrNull(accessNewsFromBytes(bytes)),
  });
  return { announcements, accessNews };
}

const valueOrNull = <Value>(read: Answer<Value>): Value | null => (read.ok ? read.value : null);

/** What the services show each other; null where no TLS is spoken. */
function certificatesOf(settings: DeltaAppSettings, log: Log, parts: Lifecycle) {
  const { internalCertFile: cert, internalKeyFile: key, internalCaFile: ca } = settings;
  if (cert === null || key === null || ca === null) return null;
  return parts.add('certificates', certificateFiles({ paths: { cert, key, ca }, log, clock: systemClock() }));
}

const read = readConfig();
if (read.ok) {
  const { settings } = read;
  const log = createLog({
    level: settings.logLevel,
    name: 'delta',
    write: (line) => void process.stdout.write(line),
  });
  const parts = lifecycle({ log, closeWithinMs: settings.drainMs + CLOSE_BEYOND_DRAIN_MS });
  endWithProcess(parts, log);
  logGrpcTo(log);
  run(settings, log, parts).catch(async (error: unknown) => {
    log.error('did not start', { error });
    await parts.close();
    process.exit(1);
  });
} else {
  for (const problem of read.problems) process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
}
