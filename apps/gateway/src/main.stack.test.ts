import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { nameHash, type SpaceKey } from '@syncline/core';
import { memoryAccessNews } from '@syncline/memory';
import { migrate, openPostgres, postgresStore } from '@syncline/postgres';
import { testServices } from '@syncline/port-contracts';

const ROOT = path.resolve(__dirname, '../../..');
const ENTRIES = {
  delta: 'apps/delta/src/main.ts',
  gateway: 'apps/gateway/src/main.ts',
  merge: 'apps/merge/src/main.ts',
};
const START_MS_MAX = 60_000;

const database = `main_${process.pid}`;
const databaseUrl = (): string => {
  const url = new URL(testServices().postgresUrl);
  url.pathname = `/${database}`;
  return url.href;
};
const onServer = async (statement: string): Promise<void> => {
  const server = openPostgres({ url: testServices().postgresUrl });
  await server.script(statement);
  await server.close();
};

const running: ChildProcess[] = [];
function start(program: keyof typeof ENTRIES, args: readonly string[] = []) {
  const child = spawn(
    process.execPath,
    [path.join(ROOT, 'tools/run.mjs'), path.join(ROOT, ENTRIES[program]), ...args],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: path.dirname(process.execPath),
        SYNCLINE_POSTGRES_URL: databaseUrl(),
        SYNCLINE_NATS_URL: testServices().natsUrl,
        SYNCLINE_GRPC_ADDRESS: '127.0.0.1:0',
        SYNCLINE_OPS_ADDRESS: '127.0.0.1:0',
        ...(program === 'merge'
          ? {}
          : { SYNCLINE_CURSOR_KEYS: `1:${Buffer.alloc(16, 1).toString('base64')}` }),
        ...(program === 'gateway'
          ? {
              SYNCLINE_HTTP_ADDRESS: '127.0.0.1:0',
              SYNCLINE_REDIS_URL: testServices().redisUrl,
              SYNCLINE_TOKEN_SECRET: 'x'.repeat(32),
            }
          : {}),
      },
    },
  );
  running.push(child);
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const saidIn = (line: string) => (JSON.parse(line) as { readonly msg: string }).msg;
  lines.on('line', (line) => said.push(line.startsWith('{') ? saidIn(line) : line));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const hears = async (message: string): Promise<void> => {
    while (!said.includes(message)) {
      const code = await Promise.race([
        ended,
        new Promise((resolve) => lines.once('line', () => resolve('a line'))),
      ]);
      if (code !== 'a line') throw new Error(`it ended with ${String(code)} after: ${said.join(', ')}`);
    }
  };
  return { said, hears, ended, end: () => child.kill('SIGTERM') };
}

beforeEach(() => onServer(`create database ${database}`));
afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  await onServer(`drop database ${database} with (force)`);
});

test.each(['delta', 'gateway'] as const)(
  '%s, started before the database has a schema, waits for it',
  async (program) => {
    const { said, hears, ended, end } = start(program);
    await hears('waiting for the database');
    expect(said).not.toContain('listening');
    const sql = openPostgres({ url: databaseUrl() });
    await migrate(sql);
    await sql.close();
    await hears('listening');
    end();
    expect(await ended).toBe(0);
    expect(said).not.toContain('did not start');
  },
  2 * START_MS_MAX,
);

test(
  'delta, told to end while it waits, ends well',
  async () => {
    const { said, hears, ended, end } = start('delta');
    await hears('waiting for the database');
    end();
    expect(await ended).toBe(0);
    expect(said).not.toContain('did not start');
  },
  START_MS_MAX,
);

test.each([['an empty database'], ['a database that is up to date']])(
  'merge, told to migrate, does so and ends: %s',
  async (kind) => {
    if (kind !== 'an empty database') {
      const sql = openPostgres({ url: databaseUrl() });
      await migrate(sql);
      await sql.close();
    }
    const job = start('merge', ['migrate']);
    expect(await job.ended).toBe(0);
    expect(job.said).toContain('the schema is up to date');
    expect(job.said).not.toContain('listening');
    const delta = start('delta');
    await delta.hears('listening');
    delta.end();
    expect(await delta.ended).toBe(0);
  },
  START_MS_MAX,
);

test(
  'merge, asked for the space of a hash, tells it and ends',
  async () => {
    const sql = openPostgres({ url: databaseUrl() });
    await migrate(sql);
    const space = 'acme/home' as SpaceKey;
    await postgresStore({ sql, news: memoryAccessNews() }).createSpace(space, null);
    await sql.close();
    const asked = start('merge', ['space', nameHash(space), '00000000']);
    expect(await asked.ended).toBe(0);
    expect(asked.said).toEqual([`${nameHash(space)} acme/home`]);
  },
  START_MS_MAX,
);
