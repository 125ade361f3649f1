import { DEFAULT_LIMITS } from '@syncline/core';
import { numbersIn } from '@syncline/service-kit';
import { readConfig } from './config';

const problemsOf = (environment: Record<string, string>) => {
  const read = readConfig(environment);
  return read.ok ? [] : read.problems;
};
const REAL_TOKENS = {
  SYNCLINE_TOKEN_JWKS_URL: 'https://id.example/keys',
  SYNCLINE_TOKEN_ISSUER: 'https://id.example',
  SYNCLINE_TOKEN_AUDIENCE: 'syncline',
};

describe('the settings of a standalone server', () => {
  test('all have defaults', () => {
    const read = readConfig({});
    expect(read).toMatchObject({
      ok: true,
      settings: { dataFolder: './syncline-data', grpcAddress: { host: '127.0.0.1', port: 7400 } },
    });
    expect(read.ok && numbersIn(read.settings, DEFAULT_LIMITS)).toEqual(DEFAULT_LIMITS);
  });

  test('set limits', () => {
    const read = readConfig({ SYNCLINE_LIMIT_PUSH_CHANGES_MAX: '7' });
    expect(read.ok && numbersIn(read.settings, DEFAULT_LIMITS)).toEqual({
      ...DEFAULT_LIMITS,
      pushChangesMax: 7,
    });
  });

  test.each(['0.0.0.0', '[::]', '192.168.0.4', 'gateway.example'])(
    'refuse to listen on %s with the development secret',
    (host) => {
      const exposed = { SYNCLINE_GRPC_ADDRESS: `${host}:7400`, SYNCLINE_HTTP_ADDRESS: `${host}:7401` };
      expect(problemsOf(exposed)).toEqual([
        expect.stringContaining('SYNCLINE_GRPC_ADDRESS can be reached from other machines') as string,
        expect.stringContaining('SYNCLINE_HTTP_ADDRESS can be reached from other machines') as string,
      ]);
      expect(problemsOf({ ...exposed, ...REAL_TOKENS })).toEqual([]);
    },
  );

  test('ask for issuer and audience with a key set, and for both halves of a certificate', () => {
    expect(
      problemsOf({ ...REAL_TOKENS, SYNCLINE_TOKEN_AUDIENCE: '', SYNCLINE_TLS_KEY_FILE: '/key.pem' }),
    ).toEqual([
      expect.stringContaining('needs SYNCLINE_TOKEN_ISSUER and SYNCLINE_TOKEN_AUDIENCE') as string,
      'SYNCLINE_TLS_CERT_FILE and SYNCLINE_TLS_KEY_FILE are needed together, or none of them',
    ]);
  });
});
