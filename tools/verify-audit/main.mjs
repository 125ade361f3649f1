/**
 * `node tools/verify-audit/main.mjs --space TENANT/SPACE --key ID:BASE64 [--key …] [--known HEAD.json] [EXPORT.jsonl]`
 *
 * Says whether an exported audit trail holds. The public keys have to be known from elsewhere than the export. A head that
 * was kept from an earlier time has to be on the way of the chain. Without a file, the export is read from standard input.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Broken, verifyAudit } from './verify.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    space: { type: 'string' },
    key: { type: 'string', multiple: true },
    known: { type: 'string' },
  },
});

function keyIn(given) {
  const at = given.indexOf(':');
  const bytes = Buffer.from(given.slice(at + 1), 'base64');
  if (at < 1 || bytes.length !== 32) throw new Broken(null, `--key ${given} is no id and 32 bytes of base64`);
  return [given.slice(0, at), bytes];
}

function run() {
  const { space, key = [], known } = values;
  if (space === undefined || !space.includes('/')) throw new Broken(null, '--space TENANT/SPACE is missing');
  if (key.length === 0) throw new Broken(null, '--key ID:BASE64 is missing');
  const kept = known === undefined ? null : JSON.parse(readFileSync(known, 'utf8'));
  const held = verifyAudit(readFileSync(positionals[0] ?? 0), {
    space,
    keys: new Map(key.map(keyIn)),
    known: kept?.head ?? kept,
  });
  const signed = new Date(Number(held.signedAtMs)).toISOString();
  process.stdout.write(
    `holds: ${held.versions} versions after ${held.after}, up to ${held.to}, signed by key ${held.keyId} at ${signed}\n` +
      (held.contentsMissing > 0
        ? `of ${held.contentsMissing} of them, contents are left out or forgotten\n`
        : ''),
  );
}

try {
  run();
} catch (error) {
  if (!(error instanceof Broken)) throw error;
  process.stderr.write(`does not hold: ${error.message}\n`);
  process.exitCode = 1;
}
