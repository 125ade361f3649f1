import { refusal } from '@syncline/core';
import type { Identity, Tokens } from '@syncline/ports';

/** Tokens that are handed out one by one: for tests, and for a server that serves only its own machine. */
export interface MemoryTokens extends Tokens {
  issue(token: string, identity: Identity): void;
  withdraw(token: string): void;
}

export function memoryTokens(): MemoryTokens {
  const identities = new Map<string, Identity>();
  return {
    issue: (token, identity) => void identities.set(token, identity),
    withdraw: (token) => void identities.delete(token),
    async verify(token, nowMs) {
      const identity = identities.get(token);
      if (identity === undefined) return { ok: false, refusal: refusal('UNAUTHENTICATED') };
      if (identity.expiresAtMs <= nowMs) return { ok: false, refusal: refusal('AUTH_EXPIRED') };
      return { ok: true, identity };
    },
  };
}
