import { deviceId } from '@syncline/core';
import type { IssueToken } from '@syncline/flows';
import { claimsOf, signToken } from '@syncline/jwt';

const LASTS_MS = 30 * 24 * 60 * 60 * 1000;

/** Tokens for devices that pair, where this installation signs its tokens itself. */
export function issueWith(secret: string): IssueToken {
  return async ({ tenant, user, device }, nowMs) => {
    const expiresAtMs = Math.floor((nowMs + LASTS_MS) / 1_000) * 1_000;
    const claims = claimsOf({ tenant, user, device: deviceId(device), grants: new Map(), expiresAtMs });
    return { token: await signToken(secret, claims), expiresAtMs };
  };
}
