import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { CORE_POLICIES, type Limits, policyRegistry } from '@syncline/core';
import { createDelta, deltaMetrics } from '@syncline/delta';
import {
  createGateway,
  DEFAULT_TIMING,
  gatewayMetrics,
  gzipCompressor,
  pageEncodings,
} from '@syncline/gateway';
import { jwtTokens } from '@syncline/jwt';
import {
  hmacCursorKeys,
  memoryAccessNews,
  memoryAnnouncements,
  memoryPresence,
  memoryRateLimits,
  memorySessionRegistry,
  systemChance,
  systemClock,
  systemSecrets,
  systemTimer,
} from '@syncline/memory';
import { createMerge, mergeMetrics } from '@syncline/merge';
import { migrate, openPglite, postgresStore, type PostgresStore } from '@syncline/postgres';
import { deviceDescriptors } from '@syncline/proto/descriptors';
import { type Address, addressText, type Lifecycle, opsServer, readiness } from '@syncline/service-kit';
import { createMetrics, type Log } from '@syncline/telemetry';
import { certificatesIn } from './certificates';
import type { Connection } from './connection-file';
import { DEMO, developmentToken, issueWith } from './development-tokens';
import { keptSecrets, type LocalSecrets } from './local-secrets';

export interface StandaloneOptions {
  readonly dataFolder: string;
  readonly grpcAddress: Address;
  readonly httpAddress: Address;
  readonly opsAddress: Address;
  /** Null for tokens of this installation's own secret. */
  readonly issuer: { readonly jwksUrl: string; readonly issuer: string; readonly audience: string } | null;
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly limits: Limits;
  readonly drainMs: number;
  readonly log: Log;
  /** What is started is added here as soon as it runs. */
  readonly parts: Lifecycle;
}

export interface Standalone extends Omit<Connection, 'token'> {
  readonly ops: string;
  /** Null where tokens come from an issuer. */
  readonly token: string | null;
}

/** The whole service in this process, with a database in a folder. */
export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  const { limits, log, parts } = options;
  const folder = path.resolve(options.dataFolder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const sql = parts.add('database', await openPglite(folder));
  await migrate(sql);
  const secrets = keptSecrets(folder, systemSecrets());
  const store = postgresStore({ sql, news: memoryAccessNews() });
  await makeDemoSpace(store);

  const world = { clock: systemClock(), timer: systemTimer(), chance: systemChance() };
  const registry = createMetrics();
  const metrics = gatewayMetrics(registry);
  const announcements = memoryAnnouncements();
  const policies = policyRegistry(Object.values(CORE_POLICIES));
  const keys = hmacCursorKeys([{ id: 1, secret: secrets.cursorSecret }]);
  const shared = { ...world, store, announcements, policies, keys, limits, log };
  const merge = parts.add('merge', createMerge({ ...shared, metrics: mergeMetrics(registry) }));
  const delta = parts.add('delta', createDelta({ ...shared, metrics: deltaMetrics(registry) }));
  const ready = parts.add(
    'readiness',
    readiness({ parts: [{ name: 'database', check: () => answers(store) }], log }),
  );
  const ops = opsServer({ address: options.opsAddress, readiness: ready, metrics: registry });
  const opsAddress = await ops.start();
  parts.add('ops', ops);
  const gateway = createGateway({
    ...shared,
    ...tokensOf(options, secrets),
    backends: { push: merge.push, read: delta.read, plan: delta.plan, compare: delta.compare },
    presence: memoryPresence(world),
    sessions: memorySessionRegistry(world),
    rates: memoryRateLimits(world),
    tenantsDeclaredOnly: false,
    secrets: systemSecrets(),
    timing: { ...DEFAULT_TIMING, drainMs: options.drainMs },
    metrics,
    pages: pageEncodings({
      compressor: gzipCompressor(limits.messageBytesMax),
      packBytesMin: limits.pageCompressBytesMin,
      encoded: (how) => metrics.pageEncoded(how),
    }),
    grpcAddress: options.grpcAddress,
    httpAddress: options.httpAddress,
    certificates: certificatesIn(options, world.clock),
    readiness: ready,
    reflection: deviceDescriptors(),
    origins: [],
    behindProxy: false,
  });
  const listening = await gateway.start();
  parts.add('gateway', gateway);
  await ready.check();
  const token =
    options.issuer === null ? await developmentToken(secrets.tokenSecret, world.clock.nowMs()) : null;
  return { ...listening, ops: addressText(opsAddress), tenant: DEMO.tenant, space: DEMO.space, token };
}

async function makeDemoSpace(store: PostgresStore): Promise<void> {
  await store.createSpace(DEMO.key, null);
  await store.setAccess(DEMO.key, DEMO.user, DEMO.access);
}

async function answers(store: PostgresStore): Promise<null> {
  await store.heads([DEMO.key]);
  return null;
}

function tokensOf({ issuer, log }: StandaloneOptions, { tokenSecret }: LocalSecrets) {
  if (issuer === null)
    return { tokens: jwtTokens({ secret: tokenSecret }), issueToken: issueWith(tokenSecret) };
  const onProblem = (problem: string): void =>
    log.warn('the keys of the issuer cannot be fetched', { problem });
  const tokens = jwtTokens({ ...issuer, keys: { url: issuer.jwksUrl, onProblem } });
  return { tokens, issueToken: null };
}
