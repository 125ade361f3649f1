import { createHmac } from 'node:crypto';
import type { Clock } from '@syncline/client-node';

export interface Claims {
  readonly sub: string;
  readonly tenant?: string;
  readonly spaces?: Readonly<Record<string, unknown>>;
  readonly operator?: boolean;
  readonly device?: string;
}

export const TENANT = 'demo';

const HOUR_S = 60 * 60;

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token as an application's own login would make it, signed with the secret of the stack. */
export function sign(secret: string, clock: Clock, claims: Claims, lifeS: number = HOUR_S): string {
  const nowS = Math.floor(clock.nowMs() / 1000);
  const payload = { tenant: TENANT, iat: nowS, exp: nowS + lifeS, ...claims };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(payload)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
