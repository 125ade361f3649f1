import { hostname } from 'node:os';
import { CORE_POLICIES, policyRegistry, spaceId, spaceKey, tenantId } from '@syncline/core';
import { memoryAccessNews, systemClock, systemTimer } from '@syncline/memory';
import { connectNats, natsAnnouncements } from '@syncline/nats';
import { migrate, openPostgres, postgresStore } from '@syncline/postgres';
import { Unavailable } from '@syncline/ports';
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
import { announcementFromBytes, announcementToBytes } from '@syncline/wire';
import { limitsIn, type MergeAppSettings, mergeSettingsIn, readConfig } from './config';
import { gzipCompressor } from './gzip';
import { createMerge } from './merge';
import { mergeMetrics } from './merge-metrics';
import { mergeService } from './merge-service';

const CLOSE_BEYOND_DRAIN_MS = 5_000;
const MIGRATE_AGAIN_MS = 1_000;
/** Beside a push, its request names who pushes. */
const REQUEST_OVERHEAD_BYTES = 1024 * 1024;
/** Asked for to see whether the database answers; it need not exist. */
const ANY_SPACE = spaceKey(tenantId('syncline'), spaceId('ready'));

async function run(settings: MergeAppSettings, log: Log, parts: Lifecycle): Promise<void> {
  const limits = limitsIn(settings);
  const [clock, timer] = [systemClock(), systemTimer()];
  const metrics = createMetrics();
  const sql = parts.add(
    'postgres',
    openPostgres({
      url: settings.postgresUrl,
      connectionsMax: settings.postgresConnectionsMax,
      applicationName: 'syncline-merge',
    }),
  );
  const store = postgresStore({ sql, news: memoryAccessNews() });
  const merge = createMerge({
    store,
    announcements: announcementsOver(settings, log, parts),
    clock,
    timer,
    policies: policyRegistry(Object.values(CORE_POLICIES)),
    limits,
    metrics: mergeMetrics(metrics),
    log,
    settings: mergeSettingsIn(settings),
  });
  parts.add('merge', merge);
  const database = { name: 'database', check: async () => (await store.heads([ANY_SPACE]), null) };
  const ready = parts.add('readiness', readiness({ parts: [database], log }));
  const ops = parts.add('ops', opsServer({ address: settings.opsAddress, readiness: ready, metrics }));
  const opsAt = addressText(await ops.start());
  await untilReached(() => migrate(sql), parts, log);
  const service = mergeService({ merge, clock, log });
  const server = grpcServer({
    address: settings.grpcAddress,
    credentials: serverCredentials(certificatesOf(settings, log, parts)),
    services: [service],
    readiness: ready,
    log,
    limits: {
      messageBytesMax: limits.messageBytesMax + REQUEST_OVERHEAD_BYTES,
      drainWithinMs: settings.drainMs,
    },
    onDrain: () => service.drain(),
  });
  parts.add('grpc', server);
  log.info('listening', { grpc: addressText(await server.start()), ops: opsAt });
}

function announcementsOver({ natsUrls, ...settings }: MergeAppSettings, log: Log, parts: Lifecycle) {
  const { messageBytesMax, pageCompressBytesMin: packBytesMin } = limitsIn({ natsUrls, ...settings });
  const link = parts.add(
    'nats',
    connectNats({
      servers: natsUrls,
      name: `merge-${hostname()}`,
      timer: systemTimer(),
      onStatus: (status, cause) => log.info('NATS', { status, cause }),
      onProblem: (problem) => log.warn('a problem with NATS', { problem }),
    }),
  );
  const packing = { compressor: gzipCompressor(messageBytesMax), packBytesMin };
  return natsAnnouncements({
    link,
    encode: (space, announcement) => announcementToBytes(space, announcement, packing),
    decode(bytes) {
      const read = announcementFromBytes(bytes);
      return read.ok ? read.value : null;
    },
  });
}

/** A database that is not there yet is no reason to give up. */
async function untilReached(work: () => Promise<void>, parts: Lifecycle, log: Log): Promise<void> {
  while (!parts.closing) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      log.warn('waiting for the database', { error });
      await new Promise<void>((resolve) => void setTimeout(resolve, MIGRATE_AGAIN_MS));
    }
  }
}

/** What the services show each other; null where no TLS is spoken. */
function certificatesOf(settings: MergeAppSettings, log: Log, parts: Lifecycle) {
  const { internalCertFile: cert, internalKeyFile: key, internalCaFile: ca } = settings;
  if (cert === null || key === null || ca === null) return null;
  return parts.add('certificates', certificateFiles({ paths: { cert, key, ca }, log, clock: systemClock() }));
}

const read = readConfig();
if (read.ok) {
  const { settings } = read;
  const log = createLog({
    level: settings.logLevel,
    name: 'merge',
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
