import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { systemSecrets } from '@syncline/memory';
import { keptSecrets } from './local-secrets';

describe('the secrets of an installation', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'syncline-secrets-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('are made once, and readable by their owner alone', () => {
    const made = keptSecrets(folder, systemSecrets());
    expect(made.tokenSecret.length).toBeGreaterThanOrEqual(32);
    expect(made.cursorSecret.length).toBe(32);
    expect(keptSecrets(folder, systemSecrets())).toEqual(made);
    expect(readdirSync(folder)).toEqual(['secrets.json']);
    expect(statSync(path.join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
  });

  test.each(['', '[]', 'null', '{"tokenSecret":"short","cursorSecret":"short"}'])(
    'are not made anew over a file that holds %j',
    (text) => {
      writeFileSync(path.join(folder, 'secrets.json'), text);
      expect(() => keptSecrets(folder, systemSecrets())).toThrow('put it back, or remove it');
    },
  );
});
