import {
  addressSetting,
  choiceSetting,
  customSetting,
  fileSetting,
  folderSetting,
  numberSetting,
  numberSettings,
  optional,
  secret,
  targetSetting,
  textSetting,
  urlListSetting,
  urlSetting,
} from './setting-kinds';
import { readSettings } from './settings';
import { settingsTable } from './settings-page';

const sentence = 'What it is for.';
const table = {
  grpcAddress: addressSetting('GRPC_ADDRESS', { sentence, default: '127.0.0.1:7400' }),
  postgresUrl: secret(urlSetting('POSTGRES_URL', { sentence, protocols: ['postgres:', 'postgresql:'] })),
  natsUrls: urlListSetting('NATS_URL', {
    sentence,
    protocols: ['nats:'],
    default: ['nats://127.0.0.1:4222'],
  }),
  drainMs: numberSetting('DRAIN_MS', { sentence, default: 10_000, max: 600_000 }),
  logLevel: choiceSetting('LOG_LEVEL', ['debug', 'info'], { sentence, default: 'info' }),
  tokenSecret: optional(secret(textSetting('TOKEN_SECRET', { sentence }))),
};
const needed = { SYNCLINE_POSTGRES_URL: 'postgres://db/syncline' };
const problemsOf = (environment: Record<string, string>) => {
  const read = readSettings(table, environment);
  return read.ok ? [] : read.problems;
};

describe('settings', () => {
  test('have their defaults, and types', () => {
    expect(readSettings(table, { ...needed, HOME: '/root', SYNCLINE_DRAIN_MS: '' })).toEqual({
      ok: true,
      settings: {
        grpcAddress: { host: '127.0.0.1', port: 7400 },
        postgresUrl: 'postgres://db/syncline',
        natsUrls: ['nats://127.0.0.1:4222'],
        drainMs: 10_000,
        logLevel: 'info',
        tokenSecret: null,
      },
    });
  });

  test('are read from the environment', () => {
    const read = readSettings(table, {
      ...needed,
      SYNCLINE_GRPC_ADDRESS: '[::1]:0',
      SYNCLINE_NATS_URL: 'nats://a:1, nats://b:2',
      SYNCLINE_DRAIN_MS: '0',
      SYNCLINE_LOG_LEVEL: 'debug',
      SYNCLINE_TOKEN_SECRET: 'hush',
    });
    expect(read).toMatchObject({
      settings: {
        grpcAddress: { host: '::1', port: 0 },
        natsUrls: ['nats://a:1', 'nats://b:2'],
        drainMs: 0,
        logLevel: 'debug',
        tokenSecret: 'hush',
      },
    });
  });

  test('are told of all that is wrong at once', () => {
    expect(
      problemsOf({
        SYNCLINE_GRPC_ADDRESS: 'localhost',
        SYNCLINE_NATS_URL: 'nats://a:1,http://b',
        SYNCLINE_DRAIN_MS: '-1',
        SYNCLINE_LOG_LEVEL: 'loud',
      }),
    ).toEqual([
      'SYNCLINE_GRPC_ADDRESS ("localhost") is not an address; expected host:port',
      'SYNCLINE_POSTGRES_URL is not set: What it is for. Expected URL that begins with `postgres://` or `postgresql://`.',
      'SYNCLINE_NATS_URL ("nats://a:1,http://b") is a URL of another kind; expected URLs that begin with `nats://`, separated by commas',
      'SYNCLINE_DRAIN_MS ("-1") is not a whole number; expected whole number, 0 to 600000',
      'SYNCLINE_LOG_LEVEL ("loud") is none of the choices; expected one of `debug`, `info`',
    ]);
  });

  test.each([
    ['600001', 'is above 600000'],
    ['1.5', 'is not a whole number'],
    ['1e3', 'is not a whole number'],
    [' 7', 'is not a whole number'],
    ['99999999999999999999', 'is not a whole number'],
  ])('refuse the number %j', (text, problem) => {
    expect(problemsOf({ ...needed, SYNCLINE_DRAIN_MS: text })).toEqual([
      `SYNCLINE_DRAIN_MS (${JSON.stringify(text)}) ${problem}; expected whole number, 0 to 600000`,
    ]);
  });

  test('that nobody knows are a problem, with the nearest known name', () => {
    expect(
      problemsOf({ ...needed, SYNCLINE_DRAIN: '1', SYNCLINE_GRPC_ADRESS: 'x:1', SYNCLINE_ZZZZZZ: '1' }),
    ).toEqual([
      'SYNCLINE_DRAIN is not a setting of this program; did you mean SYNCLINE_DRAIN_MS?',
      'SYNCLINE_GRPC_ADRESS is not a setting of this program; did you mean SYNCLINE_GRPC_ADDRESS?',
      'SYNCLINE_ZZZZZZ is not a setting of this program',
    ]);
  });

  test('pass over what a cluster and the tests put into the environment', () => {
    expect(
      problemsOf({
        ...needed,
        SYNCLINE_MERGE_SERVICE_HOST: '10.0.0.1',
        SYNCLINE_MERGE_SERVICE_PORT_GRPC: '7410',
        SYNCLINE_MERGE_PORT: 'tcp://10.0.0.1:7410',
        SYNCLINE_MERGE_PORT_7410_TCP_ADDR: '10.0.0.1',
        SYNCLINE_TEST_POSTGRES_URL: 'postgres://test',
      }),
    ).toEqual([]);
  });

  test('that are secret may come from a file, and are never shown', () => {
    const files = new Map([['/run/url', 'postgres://db/syncline\n']]);
    const readFile = (path: string): string => {
      const text = files.get(path);
      if (text === undefined) throw new Error(`ENOENT: no such file, open '${path}'`);
      return text;
    };
    expect(readSettings(table, { SYNCLINE_POSTGRES_URL_FILE: '/run/url' }, readFile)).toMatchObject({
      settings: { postgresUrl: 'postgres://db/syncline' },
    });
    expect(
      readSettings(
        table,
        {
          SYNCLINE_POSTGRES_URL_FILE: '/run/other',
          SYNCLINE_TOKEN_SECRET: 'a',
          SYNCLINE_TOKEN_SECRET_FILE: 'b',
        },
        readFile,
      ),
    ).toEqual({
      ok: false,
      problems: [
        "SYNCLINE_POSTGRES_URL_FILE names a file that cannot be read: ENOENT: no such file, open '/run/other'",
        'SYNCLINE_TOKEN_SECRET and SYNCLINE_TOKEN_SECRET_FILE are both set; set one of them',
      ],
    });
    expect(problemsOf({ SYNCLINE_POSTGRES_URL: 'mysql://me:hunter2@db' }).join()).not.toContain('hunter2');
    expect(problemsOf({ ...needed, SYNCLINE_DRAIN_MS_FILE: '/run/x' })).toHaveLength(1);
  });

  test('of other kinds say what they expect', () => {
    const kinds = {
      target: targetSetting('TARGET', { sentence }),
      file: fileSetting('FILE_PATH', { sentence }),
      folder: folderSetting('FOLDER', { sentence, default: './data' }),
      even: customSetting(
        'EVEN',
        'even number',
        (text) =>
          Number(text) % 2 === 0 ? { ok: true, value: Number(text) } : { ok: false, problem: 'is odd' },
        { sentence },
      ),
    };
    const good = { SYNCLINE_TARGET: 'dns:///merge:7410', SYNCLINE_FILE_PATH: '/x', SYNCLINE_EVEN: '4' };
    expect(readSettings(kinds, good)).toMatchObject({
      settings: { target: 'dns:///merge:7410', file: '/x', folder: './data', even: 4 },
    });
    expect(
      readSettings(kinds, { ...good, SYNCLINE_TARGET: 'http://merge', SYNCLINE_EVEN: '3' }),
    ).toMatchObject({
      problems: [
        'SYNCLINE_TARGET ("http://merge") is not a gRPC target; expected gRPC target such as `dns:///host:port`',
        'SYNCLINE_EVEN ("3") is odd; expected even number',
      ],
    });
  });

  test('can be made of an object of numbers', () => {
    const defaults = { pushChangesMax: 1_000, pollMsMin: 5_000 };
    const limits = numberSettings('LIMIT', defaults, { pushChangesMax: 'A.', pollMsMin: 'B.' });
    expect(readSettings(limits, { SYNCLINE_LIMIT_POLL_MS_MIN: '7' })).toEqual({
      ok: true,
      settings: { pushChangesMax: 1_000, pollMsMin: 7 },
    });
    expect(readSettings(limits, { SYNCLINE_LIMIT_PUSH_CHANGES_MAX: '0' })).toMatchObject({ ok: false });
  });

  test('with a default that is not one cannot be declared', () => {
    expect(() => addressSetting('GRPC_ADDRESS', { sentence, default: 'nowhere' })).toThrow(RangeError);
  });
});

describe('the table of settings', () => {
  test('shows each once, with who reads it, and no secret', () => {
    const { drainMs, tokenSecret, postgresUrl } = table;
    const text = settingsTable([
      { program: 'gateway', table: { drainMs, tokenSecret } },
      { program: 'merge', table: { drainMs, postgresUrl } },
    ]);
    expect(text.split('\n').map((line) => line.replace(/ +/g, ' ').replace(/-+/g, '-'))).toEqual([
      '| variable | read by | value | when not set | meaning |',
      '| - | - | - | - | - |',
      '| `SYNCLINE_DRAIN_MS` | gateway, merge | whole number, 0 to 600000 | `10000` | What it is for. |',
      '| `SYNCLINE_TOKEN_SECRET` (secret) | gateway | text | – | What it is for. |',
      '| `SYNCLINE_POSTGRES_URL` (secret) | merge | URL that begins with `postgres://` or `postgresql://` | **required** | What it is for. |',
      '',
    ]);
  });
});
