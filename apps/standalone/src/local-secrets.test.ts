import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
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
    expect(made.auditSecret.length).toBe(32);
    expect(keptSecrets(folder, systemSecrets())).toEqual(made);
    expect(readdirSync(folder)).toEqual(['secrets.json']);
    expect(statSync(path.join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
  });

  test('what older versions did not make is added, and the others stay', () => {
    const file = path.join(folder, 'secrets.json');
    const made = keptSecrets(folder, systemSecrets());
    const { auditSecret: _, ...older } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    writeFileSync(file, JSON.stringify(older));
    const { auditSecret, ...others } = keptSecrets(folder, systemSecrets());
    expect({ ...others, auditSecret: made.auditSecret }).toEqual(made);
    expect(auditSecret.length).toBe(32);
    expect(keptSecrets(folder, systemSecrets())).toEqual({ ...others, auditSecret });
  });

  test.each(['', '[]', 'null', '{"tokenSecret":"short","cursorSecret":"short"}'])(
    'are not made anew over a file that holds %j',
    (text) => {
      writeFileSync(path.join(folder, 'secrets.json'), text);
      expect(() => keptSecrets(folder, systemSecrets())).toThrow('put it back, or remove it');
    },
  );
});
