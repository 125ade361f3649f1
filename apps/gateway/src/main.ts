import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import { CORE_POLICIES, policyRegistry, spaceId, spaceKey, tenantId } from '@syncline/core';
import { jwtTokens } from '@syncline/jwt';
import { hmacCursorKeys, systemChance, systemClock, systemSecrets, systemTimer } from '@syncline/memory';
import { openPostgres, postgresStore } from '@syncline/postgres';
import { deviceDescriptors } from '@syncline/proto/descriptors';
import {
  addressText,
  type CertificateFiles,
  certificateFiles,
  channelCredentials,
  endWithProcess,
  type Lifecycle,
  lifecycle,
  logGrpcTo,
  opsServer,
  readiness,
} from '@syncline/service-kit';
import { createLog, createMetrics, type Log } from '@syncline/telemetry';
import { type GatewaySettings, limitsIn, readConfig } from './config';
import { createGateway } from './gateway';
import { gatewayMetrics } from './gateway-metrics';
import { DEFAULT_TIMING } from './gateway-timing';
import { gzipCompressor } from './gzip';
import { remoteBackends } from './remote/remote-backends';
import { pageEncodings } from './session/page-encodings';
import { newsOver, sharedOver } from './shared-services';
import { issueWith } from './token-issuing';

const CLOSE_BEYOND_DRAIN_MS = 15_000;
/** Asked for to see whether the database answers; it need not exist. */
const ANY_SPACE = spaceKey(tenantId('syncline'), spaceId('ready'));

async function run(settings: GatewaySettings, log: Log, parts: Lifecycle): Promise<void> {
  const limits = limitsIn(settings);
  const [clock, timer, chance] = [systemClock(), systemTimer(), systemChance()];
  const registry = createMetrics();
  const metrics = gatewayMetrics(registry);
  const pages = pageEncodings({
    compressor: gzipCompressor(limits.messageBytesMax),
    packBytesMin: limits.pageCompressBytesMin,
    encoded: (how) => metrics.pageEncoded(how),
  });
  const reporting = { name: `gateway-${hostname()}`, log, metrics, parts };
  const sql = parts.add(
    'postgres',
    openPostgres({
      url: settings.postgresUrl,
      connectionsMax: settings.postgresConnectionsMax,
      applicationName: 'syncline-gateway',
    }),
  );
  const news = newsOver(settings.natsUrls, pages, reporting);
  const store = postgresStore({ sql, news: news.accessNews });
  const keys = hmacCursorKeys(settings.cursorKeys);
  const { outside, inside } = certificatesOf(settings, log, parts);
  const backends = remoteBackends({
    ...settings,
    credentials: channelCredentials(inside),
    lookup: (host) => lookup(host, { all: true }),
    keys,
    clock,
    timer,
    chance,
    log,
  });
  parts.add('backends', backends);
  const database = { name: 'database', check: async () => (await store.heads([ANY_SPACE]), null) };
  const ready = parts.add('readiness', readiness({ parts: [database], log }));
  const ops = parts.add(
    'ops',
    opsServer({ address: settings.opsAddress, readiness: ready, metrics: registry }),
  );
  const gateway = createGateway({
    ...sharedOver(settings.redisUrl, news, reporting),
    ...tokensOf(settings, log),
    store,
    backends,
    announcements: news.announcements,
    keys,
    policies: policyRegistry(Object.values(CORE_POLICIES)),
    limits,
    tenantsDeclaredOnly: settings.tenantsDeclaredOnly === 'yes',
    secrets: systemSecrets(),
    timing: { ...DEFAULT_TIMING, drainMs: settings.drainMs },
    clock,
    timer,
    chance,
    metrics,
    log,
    pages,
    grpcAddress: settings.grpcAddress,
    httpAddress: settings.httpAddress,
    certificates: outside,
    readiness: ready,
    reflection: deviceDescriptors(),
    origins: settings.origins,
    behindProxy: settings.behindProxy === 'yes',
  });
  parts.add('gateway', gateway);
  const opsAt = addressText(await ops.start());
  log.info('listening', { ...(await gateway.start()), ops: opsAt });
}

function tokensOf({ tokenSecret, jwksUrl, issuer, audience }: GatewaySettings, log: Log) {
  const onProblem = (problem: string): void =>
    log.warn('the keys of the issuer cannot be fetched', { problem });
  const tokens = jwtTokens({
    ...(tokenSecret === null ? {} : { secret: tokenSecret }),
    ...(jwksUrl === null ? {} : { keys: { url: jwksUrl, onProblem } }),
    ...(issuer === null ? {} : { issuer }),
    ...(audience === null ? {} : { audience }),
  });
  return { tokens, issueToken: tokenSecret === null || jwksUrl !== null ? null : issueWith(tokenSecret) };
}

/** Those that devices are shown, and those that the services show each other; null where no TLS is spoken. */
function certificatesOf(settings: GatewaySettings, log: Log, parts: Lifecycle) {
  const filesOf = (cert: string | null, key: string | null, ca: string | null): CertificateFiles | null => {
    if (cert === null || key === null) return null;
    const paths = ca === null ? { cert, key } : { cert, key, ca };
    return parts.add('certificates', certificateFiles({ paths, log, clock: systemClock() }));
  };
  const { internalCertFile, internalKeyFile, internalCaFile } = settings;
  return {
    outside: filesOf(settings.certFile, settings.keyFile, null),
    inside: filesOf(internalCertFile, internalKeyFile, internalCaFile),
  };
}

const read = readConfig();
if (read.ok) {
  const { settings } = read;
  const log = createLog({
    level: settings.logLevel,
    name: 'gateway',
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
