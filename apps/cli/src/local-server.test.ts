import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findServer, NoServer } from './local-server';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'local-server-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const tokenWith = (claims: object): string =>
  ['e30', Buffer.from(JSON.stringify(claims)).toString('base64url'), 'x'].join('.');

const says = (told: unknown): void =>
  writeFileSync(path.join(folder, 'connection.json'), typeof told === 'string' ? told : JSON.stringify(told));

test('a server is found by what it wrote, and the user by the token', () => {
  const token = tokenWith({ sub: 'ada' });
  says({ grpc: '127.0.0.1:7400', http: '127.0.0.1:7401', token, tenant: 'demo', space: 'home' });
  expect(findServer(folder)).toEqual({ grpc: '127.0.0.1:7400', token, user: 'ada', space: 'home' });
});

test('where none was started, the message says how to start one', () => {
  expect(() => findServer(folder)).toThrow(NoServer);
  expect(() => findServer(folder)).toThrow('npm start');
});

test.each([
  ['not JSON', 'half a fi'],
  ['without an address', { token: tokenWith({ sub: 'ada' }), space: 'home' }],
  ['with a token that names nobody', { grpc: 'x', token: tokenWith({}), space: 'home' }],
  ['with a token that is none', { grpc: 'x', token: 'x', space: 'home' }],
])('a file %s is told of, with what to do', (_what, told) => {
  says(told);
  expect(() => findServer(folder)).toThrow(/Start .*`npm start`/);
});
