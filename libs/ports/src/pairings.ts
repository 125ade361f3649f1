import type { TenantId, UserId } from '@syncline/core';

/** Leave for one more device to join a user. */
export interface Pairing {
  readonly tenant: TenantId;
  readonly user: UserId;
  readonly expiresAtMs: number;
}

/**
 * Contract: a code is taken once and before it expires; whoever comes second, or too late, gets null. What is stored does not
 * tell the code.
 */
export interface Pairings {
  offerPairing(code: string, pairing: Pairing): Promise<void>;
  takePairing(code: string, nowMs: number): Promise<Pairing | null>;
  /** Those that have expired take no room any more. */
  forgetPairings(nowMs: number): Promise<void>;
}
