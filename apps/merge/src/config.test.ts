import { DEFAULT_LIMITS } from '@syncline/core';
import { numbersIn } from '@syncline/service-kit';
import { readConfig } from './config';
import { DEFAULT_MERGE_SETTINGS } from './merge-settings';

const GIVEN = { SYNCLINE_POSTGRES_URL: 'postgres://someone:hidden@db/syncline' };

test('only the database has to be told; everything else has a default', () => {
  const read = readConfig(GIVEN);
  if (!read.ok) throw new Error(read.problems.join('\n'));
  expect(read.settings.grpcAddress).toEqual({ host: '127.0.0.1', port: 7410 });
  expect(numbersIn(read.settings, DEFAULT_LIMITS)).toEqual(DEFAULT_LIMITS);
  expect(numbersIn(read.settings, DEFAULT_MERGE_SETTINGS)).toEqual(DEFAULT_MERGE_SETTINGS);
});

test('commits, bounds and limits can be set', () => {
  const read = readConfig({
    ...GIVEN,
    SYNCLINE_MERGE_COMMITS_MAX: '4',
    SYNCLINE_MERGE_BATCH_CHANGES_MAX: '77',
    SYNCLINE_LIMIT_PUSH_CHANGES_MAX: '5',
  });
  if (!read.ok) throw new Error(read.problems.join('\n'));
  expect(numbersIn(read.settings, DEFAULT_MERGE_SETTINGS)).toMatchObject({
    commitsMax: 4,
    batchChangesMax: 77,
  });
  expect(numbersIn(read.settings, DEFAULT_LIMITS).pushChangesMax).toBe(5);
});

test.each([
  [{}, /SYNCLINE_POSTGRES_URL is not set/],
  [{ ...GIVEN, SYNCLINE_MERGE_COMMITS_MAX: '0' }, /SYNCLINE_MERGE_COMMITS_MAX .*below 1/],
  [{ ...GIVEN, SYNCLINE_INTERNAL_TLS_CERT_FILE: 'a.pem' }, /needed together, or none/],
  [{ ...GIVEN, SYNCLINE_MERGE_COMMIT_MAX: '2' }, /did you mean SYNCLINE_MERGE_COMMITS_MAX/],
])('%# is a problem', (environment, problem) => {
  const read = readConfig(environment);
  expect(read.ok ? '' : read.problems.join('\n')).toMatch(problem);
});
