import { connect } from 'node:net';
import { eventually } from '@syncline/port-contracts';
import { callWorld, type CallWorldGiven } from '../unary/call-world.test-fixtures';
import { serve, type Served, type ServedGiven } from '../unary/served.test-fixtures';

const open: { served?: Served } = {};

async function begin(given: CallWorldGiven = {}, more: ServedGiven = {}): Promise<Served> {
  open.served = await serve(await callWorld(given), more);
  return open.served;
}

afterEach(async () => {
  await open.served?.close();
  delete open.served;
});

const PULL = '/syncline.v1.SyncService/Pull';
const JSON_TYPE = { 'content-type': 'application/json' };
const ANN = { authorization: 'Bearer token-of-ann' };

interface Detail {
  readonly '@type': string;
  readonly reason?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly fieldViolations?: readonly { readonly field: string; readonly description: string }[];
  readonly retryDelay?: string;
}

interface StatusJson {
  readonly code: number;
  readonly message: string;
  readonly details: readonly Detail[];
}

async function ask(path: string, init: RequestInit = {}) {
  const answer = await fetch(`http://${open.served!.httpAddress}${path}`, init);
  const text = await answer.text();
  const json = (text === '' ? null : JSON.parse(text)) as StatusJson;
  return { status: answer.status, headers: answer.headers, json, reason: json?.details?.[0]?.reason };
}

const post = (body: string | Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>> = {}) =>
  ask(PULL, { method: 'POST', body, headers: { ...JSON_TYPE, ...ANN, ...headers } });

const request = (given: object = {}) => JSON.stringify({ caller: { device: 'd1' }, space: 'home', ...given });

/** What comes back when these bytes are sent as they are; ends when the server hangs up. */
function raw(...parts: readonly string[]): Promise<string> {
  const [host, port] = open.served!.httpAddress.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), host);
    const heard: Buffer[] = [];
    socket.on('data', (part: Buffer) => void heard.push(part));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(heard).toString()));
    for (const part of parts) socket.write(part);
  });
}

describe('calls as JSON', () => {
  test('the front page says what this is', async () => {
    await begin();
    const { status, json, headers } = await ask('/');
    expect(status).toBe(200);
    expect(json).toMatchObject({ service: 'syncline', protocol: { min: 1, max: 1 } });
    expect(headers.get('content-type')).toBe('application/json');
  });

  test('names in both spellings and numbers as text are taken; answers are in the second spelling', async () => {
    await begin();
    const change = {
      number: '1',
      collection: 'notes',
      id: 'a',
      base_version: '0',
      create: { payload: 'e30=' },
    };
    const pushed = await ask('/syncline.v1.SyncService/Push', {
      method: 'POST',
      body: JSON.stringify({ caller: { device: 'd1' }, push: { space: 'home', changes: [change] } }),
      headers: { ...ANN, 'content-type': 'application/json; charset=UTF-8' },
    });
    expect(pushed).toMatchObject({
      status: 200,
      json: { outcomes: { outcomes: [{ status: 'OUTCOME_STATUS_APPLIED', version: 1 }] } },
    });
    const pulled = await post(request({ bytes_max: '1000', unheard_of: { is: 'passed over' } }));
    expect(pulled).toMatchObject({ status: 200, json: { lastChangeNumber: 1, checkpoint: { version: 1 } } });
    expect(pulled.headers.get('cache-control')).toBe('no-store');
  });

  test.each([
    ['a value of another type', { space: 5 }, 'space', 'must be text'],
    ['text that is no number', { bytesMax: 'many' }, 'bytes_max', 'must be a number'],
    ['truth for a number', { bytesMax: true }, 'bytes_max', 'must be a number'],
    ['bytes that are not base64', { cursor: '?!' }, 'cursor', 'must be base64'],
    ['one for many', { digests: {} }, 'digests', 'must be a list'],
    ['many for one', { caller: [] }, 'caller', 'must be an object'],
    [
      'a list for a map',
      { caller: { device: 'd', schemaVersions: { a: [] } } },
      'caller.schema_versions.a',
      'must be a number',
    ],
    ['text for truth', { scope: { includeDeleted: 'no' } }, 'scope.include_deleted', 'must be true or false'],
    ['a wrong item', { scope: { collections: ['a', 1] } }, 'scope.collections[1]', 'must be text'],
  ])('%s is refused with its place', async (_, given, field, description) => {
    await begin();
    const { status, json, reason } = await post(request(given));
    expect([status, reason, json.code]).toEqual([400, 'INVALID_ARGUMENT', 3]);
    expect(json.details[1]!.fieldViolations).toEqual([{ field, description }]);
  });

  test.each([
    ['nothing', ''],
    ['half of it', '{"space": "home"'],
    ['text', 'hello'],
    ['bytes that are not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d])],
    ['no object', '[]'],
    ['nothing at all', 'null'],
    ['a name of no value', request({ scope: {}, caller: { state: { link: 'LINK_OF_LIGHT' } } })],
    ['depth without end', `{"caller":${'['.repeat(100_000)}`],
  ])('%s is no message', async (_, body) => {
    await begin();
    expect(await post(body)).toMatchObject({ status: 400, reason: 'INVALID_ARGUMENT' });
  });

  test.each([
    [
      'another type of content',
      415,
      'INVALID_ARGUMENT',
      () => post(request(), { 'content-type': 'text/plain' }),
    ],
    [
      'another character set',
      415,
      'INVALID_ARGUMENT',
      () => post(request(), { 'content-type': 'application/json; charset=latin1' }),
    ],
    ['a packed body', 415, 'INVALID_ARGUMENT', () => post(request(), { 'content-encoding': 'gzip' })],
    [
      'an unknown call',
      404,
      'UNKNOWN_MESSAGE',
      () => ask('/syncline.v1.SyncService/Steal', { method: 'POST' }),
    ],
    ['an unknown path', 404, 'UNKNOWN_MESSAGE', () => ask('/favicon.ico')],
    ['another method', 405, 'INVALID_ARGUMENT', () => ask(PULL)],
    [
      'a session that is no WebSocket',
      426,
      'INVALID_ARGUMENT',
      () => ask('/syncline.v1.SyncService/Session', { method: 'POST' }),
    ],
  ] as const)('%s is refused by %d', async (_, status, reason, make) => {
    await begin();
    expect(await make()).toMatchObject({ status, reason });
  });

  test('a body of more values than any call has is not even parsed', async () => {
    await begin();
    const told = await post(`{"caller":{"capabilities":[${'"",'.repeat(300_000)}""]}}`);
    expect(told).toMatchObject({ status: 400, reason: 'INVALID_ARGUMENT' });
    expect(told.json.details[0]!.metadata).toMatchObject({ limit: 'json_values_max', allowed: '50000' });
  });

  test('a large body is only read for who is known', async () => {
    await begin();
    const large = `{"caller":${' '.repeat(70_000)}`;
    expect(await post(large)).toMatchObject({ status: 400, reason: 'INVALID_ARGUMENT' });
    for (const authorization of ['', 'Bearer forged'])
      expect(await post(large, { authorization })).toMatchObject({ status: 401, reason: 'UNAUTHENTICATED' });
    expect(await post(large, { authorization: 'Bearer expired' })).toMatchObject({ reason: 'AUTH_EXPIRED' });
  });

  test('another method is told the right one', async () => {
    await begin();
    expect((await ask(PULL)).headers.get('allow')).toBe('POST');
  });

  test('a body over the limit is refused, whether it says so before or not', async () => {
    await begin({ limits: { messageBytesMax: 1_000 } });
    const large = request({ space: 'x'.repeat(2_000) });
    const told = await post(large);
    expect(told).toMatchObject({ status: 413, reason: 'MESSAGE_TOO_LARGE' });
    expect(told.json.details[0]!.metadata).toMatchObject({ limit: 'message_bytes_max', allowed: '1500' });
    const head = `POST ${PULL} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
    const answer = await raw(head, `${(3_000).toString(16)}\r\n${' '.repeat(3_000)}\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('MESSAGE_TOO_LARGE');
  });

  test('who is not known is told how to sign in, and who came too often when to come back', async () => {
    await begin({ limits: { handshakesPerSecondMax: 0.001, handshakesBurstMax: 1 } });
    const unknown = await post(request(), { authorization: 'Basic YTpi' });
    expect(unknown).toMatchObject({ status: 401, reason: 'UNAUTHENTICATED', json: { code: 16 } });
    expect(unknown.headers.get('www-authenticate')).toContain('Bearer');
    for (let n = 0; n < 10; n++) expect((await post(request())).status).toBe(200);
    const late = await post(request());
    expect(late).toMatchObject({ status: 429, reason: 'RATE_LIMITED' });
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(late.json.details.at(-1)).toMatchObject({
      '@type': 'type.googleapis.com/google.rpc.RetryInfo',
      retryDelay: expect.stringMatching(/^\d+(\.\d+)?s$/) as unknown,
    });
  });

  test('a connection serves one call after the other', async () => {
    await begin();
    const body = request();
    const head = (close: string) =>
      `POST ${PULL} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer token-of-ann\r\n${close}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const answer = await raw(head(''), head('connection: close\r\n'));
    expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  });
});

describe('pages of other origins', () => {
  const ORIGIN = { origin: 'https://app.example.org' };

  test('may not read anything, unless that is wanted', async () => {
    await begin();
    const preflight = await ask(PULL, { method: 'OPTIONS', headers: ORIGIN });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, null]);
    expect((await post(request(), ORIGIN)).headers.get('access-control-allow-origin')).toBeNull();
  });

  test('may where the settings name them, also what is refused', async () => {
    await begin({}, { origins: ['https://app.example.org'] });
    const preflight = await ask(PULL, { method: 'OPTIONS', headers: ORIGIN });
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': 'https://app.example.org',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'authorization, content-type, traceparent',
      vary: 'origin',
    });
    const refused = await post('{', ORIGIN);
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://app.example.org');
    const foreign = await post(request(), { origin: 'https://evil.example.org' });
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('all of them, where the settings say so', async () => {
    await begin({}, { origins: ['*'] });
    expect((await post(request(), ORIGIN)).headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('those who do not keep to HTTP', () => {
  test('a body that does not come is not waited for', async () => {
    await begin({}, { httpLimits: { bodyWithinMs: 50 } });
    const answer = await raw(
      `POST ${PULL} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('DEADLINE_EXCEEDED');
  });

  test('neither are headers', async () => {
    await begin({}, { httpLimits: { headersWithinMs: 50 } });
    const answer = await raw(`POST ${PULL} HTTP/1.1\r\nhost: x\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('DEADLINE_EXCEEDED');
  });

  test('a connection that says nothing is closed', async () => {
    await begin({}, { httpLimits: { idleMs: 50 } });
    expect(await raw()).toBe('');
  });

  test('headers have a limit', async () => {
    await begin({}, { httpLimits: { headerBytesMax: 2_000 } });
    const answer = await raw(`GET / HTTP/1.1\r\nhost: x\r\nx-large: ${'x'.repeat(4_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('MESSAGE_TOO_LARGE');
  });

  test('what is no request is said to be none', async () => {
    await begin();
    expect(await raw('HELO mail.example.org\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('a caller who hangs up in the middle leaves nothing behind', async () => {
    const served = await begin();
    const [host, port] = served.httpAddress.split(':');
    const socket = connect(Number(port), host);
    socket.write(
      `POST ${PULL} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{`,
    );
    await eventually(() => expect(socket.bytesWritten).toBeGreaterThan(0));
    socket.destroy();
    expect((await post(request())).status).toBe(200);
  });
});
