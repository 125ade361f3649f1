import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { type Limits, policyRegistry } from '@syncline/core';
import { createDelta, deltaMetrics } from '@syncline/delta';
import type { SpacePush } from '@syncline/flows';
import {
  acceptedTokens,
  createGateway,
  DEFAULT_TIMING,
  gatewayMetrics,
  gzipPages,
  type TokenSettings,
} from '@syncline/gateway';
import {
  ed25519Signer,
  hmacCursorKeys,
  memoryAccessNews,
  memoryAnnouncements,
  memoryPresence,
  memoryRateLimits,
  memorySessionRegistry,
  memoryWhereabouts,
  thisMachine,
} from '@syncline/memory';
import { createMerge, mergeMetrics, startResolving } from '@syncline/merge';
import { jsonSchemas } from '@syncline/policies/json-schemas';
import { ALL_POLICIES } from '@syncline/policies/operations';
import { databaseProblem, migrate, openPglite, postgresStore, type PostgresStore } from '@syncline/postgres';
import { deviceDescriptors } from '@syncline/proto/descriptors';
import {
  type Address,
  type CertificatePaths,
  certificatesAt,
  type Lifecycle,
  type ResolverAccess,
  resolverHostsIn,
  startOperations,
} from '@syncline/service-kit';
import { createMetrics, type ProgramLog, startTracing } from '@syncline/telemetry';
import type { Connection } from './connection-file';
import { DEMO, developmentToken } from './development-tokens';
import { keptSecrets } from './local-secrets';

export interface StandaloneOptions extends Omit<TokenSettings, 'tokenSecret'>, ResolverAccess {
  readonly dataFolder: string;
  readonly grpcAddress: Address;
  readonly httpAddress: Address;
  readonly opsAddress: Address;
  /** Null to speak without TLS. */
  readonly tls: CertificatePaths | null;
  readonly limits: Limits;
  readonly drainMs: number;
  readonly otlpUrl: string | null;
  readonly traceSampledPercent: number;
  readonly log: ProgramLog;
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
  const { limits, otlpUrl, traceSampledPercent: sampledPercent, log, parts } = options;
  const folder = path.resolve(options.dataFolder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const machine = thisMachine();
  const program = { service: 'standalone', instance: hostname(), log, ...machine };
  const { traces } = parts.add('tracing', await startTracing({ otlpUrl, sampledPercent, ...program }));
  const sql = parts.add('database', await openPglite(folder));
  await migrate(sql);
  const secrets = keptSecrets(folder, machine.secrets);
  // Where tokens come from an issuer, nothing is signed here.
  const tokenSecret = options.jwksUrl === null ? secrets.tokenSecret : null;
  const store = postgresStore({ sql, news: memoryAccessNews() });
  await makeDemoSpace(store);

  const registry = createMetrics();
  const metrics = gatewayMetrics(registry);
  const announcements = memoryAnnouncements();
  const policies = policyRegistry(ALL_POLICIES, jsonSchemas(), resolverHostsIn(options));
  const keys = hmacCursorKeys([{ id: 1, secret: secrets.cursorSecret }]);
  const shared = { ...machine, store, announcements, policies, keys, limits, traces, log };
  const counts = mergeMetrics(registry);
  const push = (given: SpacePush) => merge.push(given);
  const resolvers = startResolving({ ...shared, access: options, push, metrics: counts.resolvers });
  const { committed } = resolvers;
  const merge = parts.add('merge', createMerge({ ...shared, metrics: counts, committed }));
  parts.add('resolvers', resolvers);
  const delta = parts.add('delta', createDelta({ ...shared, metrics: deltaMetrics(registry) }));
  const { readiness, ops } = await startOperations({
    address: options.opsAddress,
    needs: [{ name: 'database', check: () => databaseProblem(sql) }],
    metrics: registry,
    log,
    parts,
  });
  const gateway = createGateway({
    ...shared,
    ...acceptedTokens({ ...options, tokenSecret }, log),
    backends: { push: merge.push, read: delta.read, plan: delta.plan, compare: delta.compare },
    whereabouts: memoryWhereabouts(),
    chainSigner: ed25519Signer({ id: 1, secret: secrets.auditSecret }),
    presence: memoryPresence(machine),
    sessions: memorySessionRegistry(machine),
    rates: memoryRateLimits(machine),
    tenantsDeclaredOnly: false,
    timing: { ...DEFAULT_TIMING, drainMs: options.drainMs },
    metrics,
    pages: gzipPages(limits, metrics),
    grpcAddress: options.grpcAddress,
    httpAddress: options.httpAddress,
    certificates: certificatesAt(options.tls, { ...machine, log, parts }),
    readiness,
    reflection: deviceDescriptors(),
    origins: [],
    behindProxy: false,
  });
  const listening = await gateway.start();
  parts.add('gateway', gateway);
  await readiness.check();
  const token = tokenSecret === null ? null : await developmentToken(tokenSecret, machine.clock.nowMs());
  return { ...listening, ops, tenant: DEMO.tenant, space: DEMO.space, token };
}

async function makeDemoSpace(store: PostgresStore): Promise<void> {
  await store.createSpace(DEMO.key, null);
  await store.setAccess(DEMO.key, DEMO.user, DEMO.access);
}
