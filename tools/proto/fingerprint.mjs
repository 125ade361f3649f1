/**
 * Prints the fingerprint of what devices speak: SHA-256 over the descriptors of `proto/syncline/v1`, without
 * comments and file names, and with everything in an order of its own, so that only a change of the protocol
 * changes it. `npm run proto:fingerprint`
 */
import { createHash } from 'node:crypto';
import { descriptorSet, isDeviceProtocol } from './descriptors.mjs';

const byNumber = (left, right) => left.number - right.number;
const byName = (left, right) => (left.name < right.name ? -1 : 1);

function inOrder(value, key) {
  if (Array.isArray(value)) {
    const items = value.map((item) => inOrder(item));
    if (['field', 'value'].includes(key)) return items.sort(byNumber);
    return ['messageType', 'enumType', 'service', 'method', 'nestedType'].includes(key)
      ? items.sort(byName)
      : items;
  }
  if (value === null || typeof value !== 'object') return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((name) => [name, inOrder(value[name], name)]));
}

const declared = descriptorSet().file.filter(({ name }) => isDeviceProtocol(name));
const gathered = { messageType: [], enumType: [], service: [] };
for (const file of declared) {
  for (const kind of Object.keys(gathered)) gathered[kind].push(...(file[kind] ?? []));
}
const canonical = JSON.stringify(inOrder(gathered));
process.stdout.write(`${createHash('sha256').update(canonical).digest('hex')}\n`);
