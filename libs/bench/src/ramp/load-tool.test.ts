import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { rootFolder } from '@syncline/end-to-end';

const ROOT = rootFolder(__dirname);
const TOOL = path.join(ROOT, 'tools/load/main.mjs');

/** With nothing on its PATH: neither ghz nor Go is there. */
function run(args: readonly string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, [TOOL, ...args], { cwd: ROOT, env: { PATH: '' } });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => (said += part.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, said }));
  });
}

/** As much of a service as is asked before any load. */
async function greeter(greeting: object): Promise<{ http: string; server: Server }> {
  const server = createServer((_, response) => response.end(JSON.stringify(greeting)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { http: `127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

describe('npm run load', () => {
  it('asks for a token', async () => {
    const { code, said } = await run([]);
    expect([code, said]).toEqual([1, expect.stringContaining('no token is given')]);
  });

  it('names the scenarios that there are', async () => {
    const { code, said } = await run(['pushh', '--token', 'any']);
    expect([code, said]).toEqual([
      1,
      expect.stringMatching(/there is no pushh; there are .*session-push, spaces/),
    ]);
  });

  it('says that nothing answers', async () => {
    const { http, server } = await greeter({});
    await new Promise((resolve) => server.close(resolve));
    const { code, said } = await run(['--token', 'any', '--http', http]);
    expect(code).toBe(1);
    expect(said).toContain(`nothing answers at http://${http} (ECONNREFUSED)`);
  });

  it('says that something else answers, and what is missing where ghz cannot be had', async () => {
    const stranger = await greeter({ service: 'another' });
    const service = await greeter({ service: 'syncline' });
    try {
      expect((await run(['--token', 'any', '--http', stranger.http])).said).toContain('is not Syncline');
      const { code, said } = await run(['--token', 'any', '--http', service.http, '--cache', '/nowhere']);
      expect(code).toBe(1);
      expect(said).toContain('there is no ghz here and no Go to build it');
    } finally {
      stranger.server.close();
      service.server.close();
    }
  });
});
