import type { Identity } from '@syncline/ports';
import { claimsOf } from './claims';
import { signToken } from './sign-token';

const LASTS_MS = 30 * 24 * 60 * 60 * 1000;

/** For an installation that signs its tokens itself. */
export async function issueToken(secret: string, identity: Omit<Identity, 'expiresAtMs'>, nowMs: number) {
  // Claims are in seconds.
  const expiresAtMs = Math.floor((nowMs + LASTS_MS) / 1_000) * 1_000;
  return { token: await signToken(secret, claimsOf({ ...identity, expiresAtMs })), expiresAtMs };
}
