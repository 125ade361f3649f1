import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PROTOCOL_VERSION } from './protocol-version';

const root = path.resolve(__dirname, '../../..');
const recorded = JSON.parse(readFileSync(path.join(root, 'proto/fingerprints.json'), 'utf8')) as Record<
  string,
  string
>;
const revisions = Object.keys(recorded).map((revision) => {
  const [version, minor] = revision.split('.').map(Number);
  return { revision, version, minor };
});

const howToRecord = `The protocol in proto/syncline/v1 is not the recorded one. If nothing that a client relies on was changed
or removed (npm run proto:check says so), add the next minor revision with the new fingerprint (npm run
proto:fingerprint) to proto/fingerprints.json. Otherwise it is a new protocol: raise PROTOCOL_VERSION, keep serving the
old one, and record the new version's revision 0.`;

describe('protocol version', () => {
  test('the newest recorded fingerprint is that of the proto files', () => {
    const actual = execFileSync(process.execPath, ['tools/proto/fingerprint.mjs'], {
      cwd: root,
      encoding: 'utf8',
    });
    const newest = revisions.at(-1)?.revision ?? '';
    if (recorded[newest] !== actual.trim())
      throw new Error(`${howToRecord}\nThe fingerprint is now ${actual}`);
    expect(recorded[newest]).toMatch(/^[0-9a-f]{64}$/);
  });

  test('the newest recorded revision is of the version that the code speaks', () => {
    expect(revisions.at(-1)?.version).toBe(PROTOCOL_VERSION);
  });

  test('revisions are recorded in order, each with a fingerprint of its own', () => {
    const order = revisions.map(({ version = 0, minor = 0 }) => version * 10_000 + minor);
    expect(order).toEqual([...order].sort((left, right) => left - right));
    expect(new Set(Object.values(recorded)).size).toBe(revisions.length);
  });
});
