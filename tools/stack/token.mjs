import { createHmac } from 'node:crypto';

const DAY_S = 24 * 60 * 60;
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token as the services take it, signed with a development secret. */
export function developmentToken(secret, claims, nowMs = Date.now()) {
  const nowS = Math.floor(nowMs / 1000);
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ iat: nowS, exp: nowS + DAY_S, ...claims })}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
