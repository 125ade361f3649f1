import { DEFAULT_LIMITS } from '@syncline/core';
import { numbersIn } from '@syncline/service-kit';
import { readConfig } from './config';
import { DEFAULT_DELTA_SETTINGS } from './delta-settings';

const GIVEN = {
  SYNCLINE_POSTGRES_URL: 'postgres://someone:hidden@db/syncline',
  SYNCLINE_CURSOR_KEYS: `7:${Buffer.alloc(32, 1).toString('base64')},3:${Buffer.alloc(16, 2).toString('base64')}`,
};

test('the database and the keys of cursors have to be told; everything else has a default', () => {
  const read = readConfig(GIVEN);
  if (!read.ok) throw new Error(read.problems.join('\n'));
  expect(read.settings.grpcAddress).toEqual({ host: '127.0.0.1', port: 7420 });
  expect(read.settings.cursorKeys.map(({ id, secret }) => [id, secret.length])).toEqual([
    [7, 32],
    [3, 16],
  ]);
  expect(numbersIn(read.settings, DEFAULT_LIMITS)).toEqual(DEFAULT_LIMITS);
  expect(numbersIn(read.settings, DEFAULT_DELTA_SETTINGS)).toEqual(DEFAULT_DELTA_SETTINGS);
});

test.each([
  [{ ...GIVEN, SYNCLINE_CURSOR_KEYS: '1:c2hvcnQ=' }, /SYNCLINE_CURSOR_KEYS .*shorter than 16 bytes/],
  [{ SYNCLINE_CURSOR_KEYS: GIVEN.SYNCLINE_CURSOR_KEYS }, /SYNCLINE_POSTGRES_URL is not set/],
  [
    { ...GIVEN, SYNCLINE_DELTA_KEEP_SPACES_PER_SECOND: 'many' },
    /SYNCLINE_DELTA_KEEP_SPACES_PER_SECOND .*whole number/,
  ],
  [{ ...GIVEN, SYNCLINE_INTERNAL_TLS_CA_FILE: 'a.pem' }, /needed together, or none/],
])('%# is a problem, and no secret is told with it', (environment, problem) => {
  const read = readConfig(environment);
  const said = read.ok ? '' : read.problems.join('\n');
  expect(said).toMatch(problem);
  expect(said).not.toMatch(/c2hvcnQ|hidden/);
});
