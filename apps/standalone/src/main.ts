import path from 'node:path';
import { systemClock } from '@syncline/memory';
import { endWithProcess, lifecycle, logGrpcTo } from '@syncline/service-kit';
import { createLog } from '@syncline/telemetry';
import { limitsIn, readConfig, type StandaloneSettings } from './config';
import { tellConnection } from './connection-file';
import { greeting } from './greeting';
import { startStandalone } from './standalone';

const CLOSE_BEYOND_DRAIN_MS = 10_000;

/** In a terminal a person reads; otherwise a program does, and standard output is lines of JSON alone. */
const person = process.stdout.isTTY ? process.stdout : process.stderr;

async function run(settings: StandaloneSettings): Promise<void> {
  const startedAtMs = systemClock().nowMs();
  const log = createLog({
    level: settings.logLevel ?? (process.stdout.isTTY ? 'warn' : 'info'),
    name: 'standalone',
    write: (line) => void process.stdout.write(line),
  });
  const parts = lifecycle({ log, closeWithinMs: settings.drainMs + CLOSE_BEYOND_DRAIN_MS });
  endWithProcess(parts, log);
  logGrpcTo(log);
  const { jwksUrl, issuer, audience, certFile, keyFile } = settings;
  const server = await startStandalone({
    ...settings,
    issuer: jwksUrl === null ? null : { jwksUrl, issuer: issuer ?? '', audience: audience ?? '' },
    tls: certFile === null ? null : { cert: certFile, key: keyFile ?? '' },
    limits: limitsIn(settings),
    log,
    parts,
  }).catch(async (error: unknown) => {
    await parts.close();
    throw error;
  });
  const { grpc, http, ops, tenant, space, token } = server;
  const folder = path.resolve(settings.dataFolder);
  if (token !== null) tellConnection(folder, { grpc, http, tenant, space, token });
  log.info('listening', { grpc, http, ops });
  const tookMs = systemClock().nowMs() - startedAtMs;
  person.write(greeting(server, { folder, tookMs, scheme: certFile === null ? 'http' : 'https' }));
}

function reasonsOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [String(error)];
  return error.cause === undefined ? [error.message] : [error.message, ...reasonsOf(error.cause)];
}

const read = readConfig();
if (read.ok) {
  run(read.settings).catch((error: unknown) => {
    process.stderr.write(`Syncline did not start: ${reasonsOf(error).join(': ')}\n`);
    process.exit(1);
  });
} else {
  for (const problem of read.problems) process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
}
