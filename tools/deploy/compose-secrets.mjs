import { randomBytes } from 'node:crypto';

const random = () => randomBytes(24).toString('hex');

/** How the secrets of deploy/compose are made, in this order: an address holds the password before it. */
export const composeSecrets = {
  'postgres-password': random,
  'postgres-url': (read) => `postgres://postgres:${read('postgres-password')}@postgres:5432/postgres`,
  'cursor-keys': () => `1:${randomBytes(32).toString('base64')}`,
  'token-secret': random,
  'audit-key': () => `1:${randomBytes(32).toString('base64')}`,
  'grafana-password': random,
};
