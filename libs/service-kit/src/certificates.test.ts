import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { status, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { systemClock } from '@syncline/memory';
import { eventually } from '@syncline/port-contracts';
import { type CertificateFiles, certificateFiles } from './certificate-files';
import { type Authority, type Issued, testAuthority } from './certificates.test-fixtures';
import { grpcChannel } from './grpc-channel';
import { channelCredentials, serverCredentials } from './grpc-credentials';
import { grpcServer } from './grpc-server';
import { ECHO, LOOPBACK, recordedLog } from './kit.test-fixtures';
import { readiness } from './readiness';

const folder = mkdtempSync(path.join(os.tmpdir(), 'syncline-certificates-'));
const ends: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const authority = testAuthority('ours');

function write(name: string, { certPem, keyPem }: Issued, ca?: Authority) {
  const file = (kind: string) => path.join(folder, `${name}.${kind}.pem`);
  writeFileSync(file('cert'), certPem);
  writeFileSync(file('key'), keyPem);
  if (ca !== undefined) writeFileSync(file('ca'), ca.certPem);
  return { cert: file('cert'), key: file('key'), ...(ca === undefined ? {} : { ca: file('ca') }) };
}

function filesOf(name: string, issued: Issued, ca?: Authority) {
  const log = recordedLog();
  const paths = write(name, issued, ca);
  const files = certificateFiles({ paths, log, clock: systemClock() });
  ends.push(() => files.close());
  return { files, log, paths };
}

async function secureServer(files: CertificateFiles) {
  const ready = readiness({ parts: [] });
  const handlers = {
    once: (call: ServerUnaryCall<Uint8Array, Uint8Array>, callback: sendUnaryData<Uint8Array>) =>
      callback(null, call.request),
  };
  const server = grpcServer({
    address: LOOPBACK,
    credentials: serverCredentials(files),
    services: [{ methods: ECHO, handlers }],
    readiness: ready,
    log: recordedLog(),
    limits: { drainWithinMs: 100 },
  });
  const { port } = await server.start();
  ends.push(
    () => ready.close(),
    () => server.close(),
  );
  return port;
}

async function ask(port: number, credentials = channelCredentials(null)): Promise<string> {
  const channel = grpcChannel({ target: `localhost:${port}`, credentials, clock: systemClock() });
  try {
    const answer = await channel.unary('/test.Echo/Once', new TextEncoder().encode('hello'), {
      deadlineMs: 5_000,
    });
    return new TextDecoder().decode(answer);
  } finally {
    channel.close();
  }
}

describe('mutual TLS', () => {
  test('lets in who has a certificate of the authority, and nobody else', async () => {
    const port = await secureServer(filesOf('server', authority.issue(), authority).files);
    const known = filesOf('client', authority.issue(), authority).files;
    expect(await ask(port, channelCredentials(known))).toBe('hello');

    const stranger = testAuthority('theirs');
    const forged = filesOf('stranger', stranger.issue(), authority).files;
    await expect(ask(port, channelCredentials(forged))).rejects.toMatchObject({ code: status.UNAVAILABLE });
    await expect(ask(port)).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });

  test('a client believes only servers of its authority', async () => {
    const stranger = testAuthority('theirs');
    const port = await secureServer(filesOf('server', stranger.issue(), authority).files);
    const client = filesOf('client', authority.issue(), authority).files;
    await expect(ask(port, channelCredentials(client))).rejects.toMatchObject({ code: status.UNAVAILABLE });
  });

  test('new files hold for new connections, on both sides, without a restart', async () => {
    const next = testAuthority('next');
    const server = filesOf('server', authority.issue(), authority).files;
    const client = filesOf('client', authority.issue(), authority).files;
    const port = await secureServer(server);
    const credentials = channelCredentials(client);
    expect(await ask(port, credentials)).toBe('hello');
    write('server', next.issue(), next);
    expect(server.refresh()).toBe(true);
    await expect(ask(port, credentials)).rejects.toMatchObject({ code: status.UNAVAILABLE });
    write('client', next.issue(), next);
    expect(client.refresh()).toBe(true);
    expect(await ask(port, credentials)).toBe('hello');
  });
});

describe('certificate files', () => {
  test('are looked at again by themselves', async () => {
    const log = recordedLog();
    const paths = write('watched', authority.issue());
    const files = certificateFiles({ paths, log, clock: systemClock(), everyMs: 5 });
    ends.push(() => files.close());
    const next = authority.issue();
    write('watched', next);
    await eventually(() => expect(files.current().cert.toString()).toBe(next.certPem));
    expect(log.events.map(({ message }) => message)).toContain('certificates were read again');
  });

  test('that do not belong together leave the earlier ones as they are, and are logged once', () => {
    const first = authority.issue();
    const { files, log, paths } = filesOf('half', first);
    const second = authority.issue();
    writeFileSync(paths.cert, second.certPem);
    expect([files.refresh(), files.refresh()]).toEqual([false, false]);
    expect(files.current().cert.toString()).toBe(first.certPem);
    expect(log.events.map(({ message }) => message)).toEqual([
      'certificates cannot be read again; the earlier ones stay',
    ]);
    writeFileSync(paths.key, second.keyPem);
    expect(files.refresh()).toBe(true);
    expect(files.current().cert.toString()).toBe(second.certPem);
  });

  test('that cannot be used at the start are an error', () => {
    const paths = write('bad', { certPem: 'nonsense', keyPem: 'nonsense' });
    expect(() => certificateFiles({ paths, log: recordedLog(), clock: systemClock() })).toThrow();
    const mixed = write('mixed', { certPem: authority.issue().certPem, keyPem: authority.issue().keyPem });
    expect(() => certificateFiles({ paths: mixed, log: recordedLog(), clock: systemClock() })).toThrow(
      'does not belong to the certificate',
    );
  });

  test('that end soon are warned of', () => {
    const until = new Date('2024-01-07T00:00:00Z');
    const paths = write('ending', authority.issue({ until }));
    const log = recordedLog();
    const clock = { nowMs: () => Date.parse('2024-01-01T00:00:00Z') };
    ends.push(() => files.close());
    const files = certificateFiles({ paths, log, clock });
    expect(log.events.map(({ message }) => message)).toEqual(['a certificate ends soon or has ended']);
  });
});
