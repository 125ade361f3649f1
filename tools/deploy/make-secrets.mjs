/**
 * `npm run compose:secrets`: secrets for deploy/compose, each in a file of its own. Those that are there already stay. With a
 * folder as argument they are written there.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../bundle.mjs';
import { composeSecrets } from './compose-secrets.mjs';

const folder = path.resolve(process.argv[2] ?? path.join(root, 'deploy/compose/secrets'));
mkdirSync(folder, { recursive: true, mode: 0o700 });
const read = (name) => readFileSync(path.join(folder, name), 'utf8');
for (const [name, make] of Object.entries(composeSecrets)) {
  const file = path.join(folder, name);
  if (existsSync(file)) continue;
  // The folder keeps others out. In a container somebody else has to read the file.
  writeFileSync(file, make(read), { mode: 0o644 });
  process.stdout.write(`${path.relative(process.cwd(), file)}\n`);
}
