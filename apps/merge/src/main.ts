import { hostname } from 'node:os';
import { DEFAULT_LIMITS, type Limits, policyRegistry } from '@syncline/core';
import { memoryAccessNews, thisMachine } from '@syncline/memory';
import { connectNats, natsAnnouncements, toldTo } from '@syncline/nats';
import { jsonSchemas } from '@syncline/policies/json-schemas';
import { ALL_POLICIES } from '@syncline/policies/operations';
import { databaseProblem, migrateWhenReached, openPostgres, postgresStore } from '@syncline/postgres';
import {
  addressText,
  certificatesAt,
  grpcServer,
  INTERNAL_GRPC_LIMITS,
  internalTlsPaths,
  type Lifecycle,
  numbersIn,
  resolverHostsIn,
  runProgram,
  serverCredentials,
  startOperations,
} from '@syncline/service-kit';
import { createLog, createMetrics, type ProgramLog, startTracing } from '@syncline/telemetry';
import { announcementCodec } from '@syncline/wire';
import { gzipCompressor } from '@syncline/wire/gzip';
import { type MergeAppSettings, readConfig } from './config';
import { createMerge } from './merge';
import { mergeMetrics } from './merge-metrics';
import { mergeService } from './merge-service';
import { DEFAULT_MERGE_SETTINGS } from './merge-settings';
import { DEFAULT_RESOLVER_SETTINGS } from './resolvers/resolver-settings';
import { startResolving } from './resolvers/start-resolving';
import { spacesOfHashes } from './spaces-of-hashes';

/** Beside a push, its request names who pushes. */
const REQUEST_OVERHEAD_BYTES = 1024 * 1024;

/** As a job of its own, before the services of a new version: `migrate` is all that is said after the program's name. */
const migratesOnly = process.argv[2] === 'migrate';
/** Which spaces the logs tell of: after `space`, as many hashes as there are to look up. */
const hashes = process.argv[2] === 'space' ? process.argv.slice(3) : null;

async function tellSpaces(url: string, parts: Lifecycle, wanted: readonly string[]): Promise<void> {
  const sql = parts.add(
    'postgres',
    openPostgres({ url, connectionsMax: 1, applicationName: 'syncline-merge' }),
  );
  const found = await spacesOfHashes(postgresStore({ sql, news: memoryAccessNews() }), wanted);
  for (const { hash, space } of found) process.stdout.write(`${hash} ${space}\n`);
  await parts.close();
}

async function start(settings: MergeAppSettings, log: ProgramLog, parts: Lifecycle): Promise<void> {
  if (hashes !== null) return tellSpaces(settings.postgresUrl, parts, hashes);
  const {
    postgresUrl: url,
    postgresConnectionsMax: connectionsMax,
    natsUrls,
    natsReplicas: replicas,
  } = settings;
  const machine = thisMachine();
  const limits = numbersIn(settings, DEFAULT_LIMITS);
  const metrics = createMetrics();
  const { otlpUrl, traceSampledPercent: sampledPercent } = settings;
  const program = { service: 'merge', instance: hostname(), log, ...machine };
  const { traces } = parts.add('tracing', await startTracing({ otlpUrl, sampledPercent, ...program }));

  const sql = parts.add('postgres', openPostgres({ url, connectionsMax, applicationName: 'syncline-merge' }));
  const needs = [{ name: 'database', check: () => databaseProblem(sql) }];
  const { opsAddress: address, drainMs } = settings;
  const { readiness, ops } = await startOperations({ address, needs, metrics, log, parts });
  await migrateWhenReached(sql, { ...machine, log, parts });
  if (migratesOnly) {
    log.info('the schema is up to date', {});
    await parts.close();
    return;
  }

  const counts = mergeMetrics(metrics);
  const name = `merge-${hostname()}`;
  const link = parts.add('nats', connectNats({ servers: natsUrls, name, ...machine, ...toldTo(log) }));
  const natsIsUp = (): boolean => link.status() === 'connected';
  counts.watchServers({ postgres: () => sql.use(), others: { nats: natsIsUp } });
  const store = postgresStore({ sql, news: memoryAccessNews() });
  const shared = { ...machine, store, limits, log };
  const resolvers = startResolving({
    ...shared,
    access: settings,
    push: (push) => merge.push(push),
    metrics: counts.resolvers,
    settings: numbersIn(settings, DEFAULT_RESOLVER_SETTINGS),
  });
  const merge = createMerge({
    ...shared,
    announcements: natsAnnouncements({ link, stream: { replicas }, ...packedAnnouncements(limits) }),
    policies: policyRegistry(ALL_POLICIES, jsonSchemas(), resolverHostsIn(settings)),
    metrics: counts,
    traces,
    settings: numbersIn(settings, DEFAULT_MERGE_SETTINGS),
    committed: resolvers.committed,
  });
  parts.add('merge', merge);
  parts.add('resolvers', resolvers);
  const service = mergeService({ ...machine, merge, log });
  const server = grpcServer({
    address: settings.grpcAddress,
    credentials: serverCredentials(certificatesAt(internalTlsPaths(settings), { ...machine, log, parts })),
    services: [service],
    readiness,
    log,
    limits: {
      ...INTERNAL_GRPC_LIMITS,
      messageBytesMax: limits.messageBytesMax + REQUEST_OVERHEAD_BYTES,
      drainWithinMs: drainMs,
    },
    onDrain: () => service.drain(),
  });
  parts.add('grpc', server);
  log.info('listening', { grpc: addressText(await server.start()), ops });
}

function packedAnnouncements({ messageBytesMax, pageCompressBytesMin: packBytesMin }: Limits) {
  return announcementCodec({ compressor: gzipCompressor(messageBytesMax), packBytesMin });
}

runProgram({
  config: readConfig(),
  log: ({ logLevel: level }, write) => createLog({ level, name: 'merge', write }),
  closeBeyondDrainMs: 5_000,
  start,
});
