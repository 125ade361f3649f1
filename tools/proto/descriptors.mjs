import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { root } from './generate.mjs';

/** Everything that the proto files declare, comments included, as plain data. */
export function descriptorSet() {
  const text = execFileSync(
    path.join(root, 'node_modules/.bin/buf'),
    ['build', '--as-file-descriptor-set', '--output', '-#format=json'],
    { cwd: root, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
  );
  return JSON.parse(text);
}

export const isDeviceProtocol = (file) => file.startsWith('syncline/v1/');
export const isOurs = (file) => file.startsWith('syncline/') || file.startsWith('google/rpc/');
