import { addressText } from './addresses';
import { LOOPBACK } from './kit.test-fixtures';
import { opsServer } from './ops-server';
import { readiness } from './readiness';

describe('the server for operators', () => {
  const part: { problem: string | null } = { problem: null };
  const ready = readiness({ parts: [{ name: 'postgres', check: async () => part.problem }] });
  const metrics = { contentType: 'text/plain; version=0.0.4', text: async () => 'syncline_up 1\n' };
  const log = { level: 'info' };
  const loudness = {
    levels: ['debug', 'info'],
    current: () => log.level,
    choose: (level: string) => void (log.level = level),
  };
  const server = opsServer({ address: LOOPBACK, readiness: ready, metrics, loudness });
  const started = { url: '' };
  const get = async (path: string, method = 'GET', body: string | null = null) => {
    const response = await fetch(`${started.url}${path}`, { method, body });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: await response.text(),
    };
  };

  beforeAll(async () => {
    started.url = `http://${addressText(await server.start())}`;
  });
  afterAll(async () => {
    ready.close();
    await server.close();
  });

  test('gives the metrics', async () => {
    expect(await get('/metrics')).toEqual({
      status: 200,
      type: 'text/plain; version=0.0.4',
      body: 'syncline_up 1\n',
    });
  });

  test('is alive, whatever the parts say, and ready only with all of them', async () => {
    part.problem = 'connection refused';
    expect(await get('/healthz')).toMatchObject({ status: 200, body: '{"alive":true}\n' });
    expect(await get('/readyz')).toMatchObject({
      status: 503,
      body: '{"ready":false,"failing":[{"part":"postgres","reason":"connection refused"}]}\n',
    });
    part.problem = null;
    expect(await get('/readyz')).toMatchObject({ status: 200, body: '{"ready":true,"failing":[]}\n' });
    expect(await get('/readyz?verbose=1', 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  test('tells how much is logged, and changes it', async () => {
    expect(await get('/log-level')).toMatchObject({ status: 200, body: '{"level":"info"}\n' });
    expect(await get('/log-level', 'PUT', 'debug\n')).toMatchObject({
      status: 200,
      body: '{"level":"debug"}\n',
    });
    expect(log.level).toBe('debug');
    for (const wrong of ['loud', '', 'x'.repeat(10_000)])
      expect(await get('/log-level', 'PUT', wrong)).toMatchObject({
        status: 400,
        body: '{"error":"one of debug, info"}\n',
      });
    expect(log.level).toBe('debug');
    expect(await get('/log-level', 'POST', 'info')).toMatchObject({ status: 405 });
  });

  test('has nothing else', async () => {
    expect(await get('/')).toMatchObject({ status: 404 });
    expect(await get('/constructor')).toMatchObject({ status: 404 });
    expect(await get('/metrics', 'POST')).toMatchObject({ status: 405 });
  });

  test('says so when the address is taken', async () => {
    const port = Number(new URL(started.url).port);
    const second = opsServer({ address: { host: '127.0.0.1', port }, readiness: ready, metrics, loudness });
    await expect(second.start()).rejects.toThrow(`cannot listen on 127.0.0.1:${port}`);
  });
});
