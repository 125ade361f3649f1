import { mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { eventually } from '@syncline/port-contracts';
import { type ServerProcess, startServer } from './process.test-fixtures';

const START_MS_MAX = 60_000;
const root = mkdtempSync(path.join(os.tmpdir(), 'syncline-standalone-'));
const running: ServerProcess[] = [];

function start(folder: string, settings: Record<string, string> = {}): ServerProcess {
  const server = startServer(path.join(root, folder), settings);
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.kill('SIGKILL')));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64');
const caller = { device: 'phone' };

function push(server: ServerProcess, number: number) {
  const change = {
    number: String(number),
    collection: 'notes',
    id: `n${number}`,
    create: { payload: base64({ number }) },
  };
  return server.call('SyncService/Push', { caller, push: { space: 'home', changes: [change] } });
}

interface Pulled {
  readonly pages?: readonly {
    readonly entries?: readonly { readonly id?: string; readonly record?: object }[];
  }[];
  readonly lastChangeNumber?: string;
}

async function pull(server: ServerProcess): Promise<Pulled> {
  const { status, body } = await server.call('SyncService/Pull', { caller, space: 'home' });
  expect(status).toBe(200);
  return body as Pulled;
}

/** The numbers of the notes that the server holds, as their payloads tell. */
async function held(server: ServerProcess): Promise<number[]> {
  const text = JSON.stringify(await pull(server));
  return [...text.matchAll(/"payload":"([^"]+)"/g)]
    .map(([, payload = '']) => JSON.parse(Buffer.from(payload, 'base64').toString()) as { number: number })
    .map(({ number }) => number)
    .sort((a, b) => a - b);
}

/** The public key that it signs the hash chain of its space with. */
async function auditKey(server: ServerProcess): Promise<string> {
  const { status, body } = await server.call('HistoryService/GetChainHead', { space: 'home' });
  expect(status).toBe(200);
  return (body as { head: { publicKey: string } }).head.publicKey;
}

describe('npm start', () => {
  test(
    'makes a database, says how to connect, and keeps others out of its folder',
    async () => {
      const server = start('first');
      const { grpc, http, ops } = await server.listening;
      expect(server.connection()).toMatchObject({ grpc, http, tenant: 'demo', space: 'home' });
      expect(server.logged.filter((line) => line.includes('"listening"'))).toHaveLength(1);
      expect((await fetch(`http://${ops}/readyz`)).status).toBe(200);
      for (const file of ['connection.json', 'secrets.json']) {
        expect(statSync(path.join(root, 'first', file)).mode & 0o777).toBe(0o600);
      }
      expect((await push(server, 1)).status).toBe(200);
      expect(await held(server)).toEqual([1]);
      expect(await start('first').ended).toMatchObject({
        code: 1,
        said: expect.stringContaining('is in use by process') as string,
      });

      const { token } = server.connection();
      expect(server.logged.join()).not.toContain(token);
      const ended = await server.kill('SIGTERM');
      expect(ended).toMatchObject({ code: 0, said: expect.stringContaining(token) as string });
      expect(ended.said).toContain('npm run demo');
    },
    2 * START_MS_MAX,
  );

  test(
    'keeps all that was acknowledged when it is killed, again and again',
    async () => {
      const acknowledged: number[] = [];
      const outcomes = new Map<number, unknown>();
      let token = '';
      const auditKeys = new Set<string>();
      for (let round = 1; round <= 4; round++) {
        const server = start('killed');
        await server.listening;
        token ||= server.connection().token;
        for (const number of acknowledged) {
          expect((await push(server, number)).body).toMatchObject(outcomes.get(number) as object);
        }
        expect((await held(server)).slice(0, acknowledged.length)).toEqual(acknowledged);
        auditKeys.add(await auditKey(server));
        let next = Number((await pull(server)).lastChangeNumber ?? 0);
        const pushing = (async () => {
          for (;;) {
            const number = ++next;
            const { status, body } = await push(server, number);
            if (status !== 200) throw new Error(JSON.stringify(body));
            acknowledged.push(number);
            outcomes.set(number, { outcomes: (body as { outcomes: unknown }).outcomes });
          }
        })();
        pushing.catch(() => undefined);
        await eventually(() => expect(acknowledged.length).toBeGreaterThanOrEqual(round * 5));
        await server.kill('SIGKILL');
        await expect(pushing).rejects.toThrow();
      }
      const server = start('killed');
      await server.listening;
      const numbers = await held(server);
      expect(numbers).toEqual(expect.arrayContaining(acknowledged));
      expect(numbers.length - acknowledged.length).toBeLessThanOrEqual(1);
      expect(acknowledged.length).toBeGreaterThanOrEqual(20);
      expect([...auditKeys]).toEqual([expect.stringMatching(/^[\w+/]{43}=$/)]);
    },
    6 * START_MS_MAX,
  );

  test('says all that is wrong with its settings, and makes nothing', async () => {
    const server = start('never', { SYNCLINE_HTTP_ADDRESS: '0.0.0.0:0', SYNCLINE_DRAIN: '1' });
    const { code, said } = await server.ended;
    expect(code).toBe(2);
    expect(said).toContain(
      'SYNCLINE_DRAIN is not a setting of this program; did you mean SYNCLINE_DRAIN_MS?',
    );
    const alone = start('never', { SYNCLINE_HTTP_ADDRESS: '0.0.0.0:0' });
    expect((await alone.ended).said).toContain('SYNCLINE_HTTP_ADDRESS can be reached from other machines');
    expect(() => statSync(path.join(root, 'never'))).toThrow();
  });
});
