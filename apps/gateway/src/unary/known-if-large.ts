import { type Refusal, refusal } from '@syncline/core';
import type { Clock, Tokens } from '@syncline/ports';

/** More than this is not even looked into for a stranger: reading a large message is work. */
const UNKNOWN_BYTES_MAX = 64 * 1024;

export interface KnownIfLargeDeps {
  readonly tokens: Tokens;
  readonly clock: Clock;
}

/** Why a request of this size is not read; null where it is. Who makes it and what they may do is looked at again later. */
export function knownIfLarge({ tokens, clock }: KnownIfLargeDeps) {
  return async (bytes: number, token: string): Promise<Refusal | null> => {
    if (bytes <= UNKNOWN_BYTES_MAX) return null;
    if (token === '') return refusal('UNAUTHENTICATED');
    const verified = await tokens.verify(token, clock.nowMs());
    return verified.ok ? null : verified.refusal;
  };
}
