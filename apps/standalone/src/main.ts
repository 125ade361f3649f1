import path from 'node:path';
import { DEFAULT_LIMITS } from '@syncline/core';
import { systemClock } from '@syncline/memory';
import { type Lifecycle, numbersIn, publicTlsPaths, runProgram } from '@syncline/service-kit';
import { createLog, type ProgramLog } from '@syncline/telemetry';
import { readConfig, type StandaloneSettings } from './config';
import { tellConnection } from './connection-file';
import { greeting } from './greeting';
import { startStandalone } from './standalone';

/** In a terminal a person reads; otherwise a program does, and standard output is lines of JSON alone. */
const person = process.stdout.isTTY ? process.stdout : process.stderr;

async function start(settings: StandaloneSettings, log: ProgramLog, parts: Lifecycle): Promise<void> {
  const startedAtMs = systemClock().nowMs();
  const tls = publicTlsPaths(settings);
  const limits = numbersIn(settings, DEFAULT_LIMITS);
  const server = await startStandalone({ ...settings, tls, limits, log, parts });
  const { grpc, http, ops, tenant, space, token } = server;
  const folder = path.resolve(settings.dataFolder);
  if (token !== null) tellConnection(folder, { grpc, http, tenant, space, token });
  log.info('listening', { grpc, http, ops });
  const tookMs = systemClock().nowMs() - startedAtMs;
  person.write(greeting(server, { folder, tookMs, scheme: tls === null ? 'http' : 'https' }));
}

function reasonsOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [String(error)];
  return error.cause === undefined ? [error.message] : [error.message, ...reasonsOf(error.cause)];
}

runProgram({
  config: readConfig(),
  log({ logLevel }, write) {
    const level = logLevel ?? (process.stdout.isTTY ? 'warn' : 'info');
    return createLog({ level, name: 'standalone', write });
  },
  closeBeyondDrainMs: 10_000,
  start,
  tellFailure: (error) =>
    void process.stderr.write(`Syncline did not start: ${reasonsOf(error).join(': ')}\n`),
});
