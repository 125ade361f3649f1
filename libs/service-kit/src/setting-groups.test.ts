import {
  internalTlsPaths,
  internalTlsProblems,
  internalTlsSettings,
  publicTlsPaths,
  publicTlsProblems,
  publicTlsSettings,
} from './setting-groups';
import { numbersIn, numberSettings, yesNoSetting } from './setting-kinds';
import { checked, readSettings, type SettingsOf, type SettingsTable } from './settings';

function settingsFrom<Table extends SettingsTable>(
  table: Table,
  environment: Record<string, string>,
): SettingsOf<Table> {
  const read = readSettings(table, environment);
  if (!read.ok) throw new Error(read.problems.join('\n'));
  return read.settings;
}

const CERT = { SYNCLINE_INTERNAL_TLS_CERT_FILE: 'a.pem' };
const KEY = { SYNCLINE_INTERNAL_TLS_KEY_FILE: 'b.pem' };
const CA = { SYNCLINE_INTERNAL_TLS_CA_FILE: 'c.pem' };

test.each([
  [{}, null],
  [
    { ...CERT, ...KEY, ...CA },
    { cert: 'a.pem', key: 'b.pem', ca: 'c.pem' },
  ],
])('all files for TLS between services, or none: %j', (given, paths) => {
  const settings = settingsFrom(internalTlsSettings, given);
  expect(internalTlsProblems(settings)).toEqual([]);
  expect(internalTlsPaths(settings)).toEqual(paths);
});

test.each([CERT, CA, { ...CERT, ...KEY }, { ...KEY, ...CA }])('only %j will not do', (given) => {
  expect(internalTlsProblems(settingsFrom(internalTlsSettings, given))).toEqual([
    'SYNCLINE_INTERNAL_TLS_CERT_FILE, SYNCLINE_INTERNAL_TLS_KEY_FILE and SYNCLINE_INTERNAL_TLS_CA_FILE are needed ' +
      'together, or none of them',
  ]);
});

test('a certificate for devices needs its key', () => {
  const half = settingsFrom(publicTlsSettings, { SYNCLINE_TLS_KEY_FILE: 'k.pem' });
  expect(publicTlsProblems(half)).toEqual([
    'SYNCLINE_TLS_CERT_FILE and SYNCLINE_TLS_KEY_FILE are needed together, or none of them',
  ]);
  const whole = settingsFrom(publicTlsSettings, { SYNCLINE_TLS_KEY_FILE: 'k', SYNCLINE_TLS_CERT_FILE: 'c' });
  expect(publicTlsProblems(whole)).toEqual([]);
  expect(publicTlsPaths(whole)).toEqual({ cert: 'c', key: 'k' });
  expect(publicTlsPaths(settingsFrom(publicTlsSettings, {}))).toBeNull();
});

test('settings that are right by themselves are checked against each other, by all checks', () => {
  const good = { ok: true, settings: 7 } as const;
  expect(checked(good, () => [])).toBe(good);
  expect(
    checked(
      good,
      (n) => [`${n} is one thing`],
      (n) => [`${n} is another`],
    ),
  ).toEqual({ ok: false, problems: ['7 is one thing', '7 is another'] });
  const bad = { ok: false, problems: ['unset'] } as const;
  expect(checked(bad, () => ['never asked'])).toBe(bad);
});

test('numbers come out as they went in, those that were set in their place', () => {
  const defaults = { pushChangesMax: 3, pollMsMin: 4 };
  const table = {
    ...numberSettings('LIMIT', defaults, { pushChangesMax: 'A.', pollMsMin: 'B.' }),
    other: yesNoSetting('OTHER', { sentence: 'C.', default: false }),
  };
  const settings = settingsFrom(table, { SYNCLINE_LIMIT_POLL_MS_MIN: '9', SYNCLINE_OTHER: 'yes' });
  expect(numbersIn(settings, defaults)).toEqual({ pushChangesMax: 3, pollMsMin: 9 });
  expect(settings.other).toBe(true);
  expect(readSettings(table, { SYNCLINE_OTHER: 'true' })).toMatchObject({ ok: false });
});
