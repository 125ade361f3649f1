import { type Answer, type DeviceId, granted, type Limits, refused, type TenantId } from '@syncline/core';
import type { Identity } from '@syncline/ports';
import { authenticate, type AuthenticateDeps } from './authenticate';
import { bucketsOf, takenFrom } from './rated';
import { limitsOf } from './tenant-rates';

export interface CallAttempt {
  readonly token: string;
  /** Counted before the token is looked at; null where it says nothing, as behind a proxy. */
  readonly address: string | null;
  readonly device: DeviceId;
  /** What the caller says; null for nothing. */
  readonly tenant: TenantId | null;
}

/** A call outside of a session counts as this much of a handshake: it leaves less behind than a session does. */
export const HANDSHAKE_SHARE = 0.1;

/** Finds out who makes a call outside of a session, and whether they may come in. */
export function admitCall(deps: AuthenticateDeps) {
  const { rates, ratesOf, limits } = deps;
  const log = authenticate(deps);
  return async (attempt: CallAttempt): Promise<Answer<Identity>> => {
    const { token, address, device } = attempt;
    if (token === '') return refused('UNAUTHENTICATED');
    const heard = address === null ? granted([]) : await takenFrom(rates, [addressBucket(address, limits)]);
    if (!heard.ok) return heard;
    const known = await log({ token, device, address: null, entering: null, resume: null });
    if (!known.ok) return known;
    const { identity } = known.value;
    const { tenant, user } = identity;
    if (attempt.tenant !== null && attempt.tenant !== tenant)
      return refused('UNAUTHENTICATED', { message: 'The token is of another tenant.' });
    const own = limitsOf(limits, await ratesOf(tenant));
    const taken = await takenFrom(
      rates,
      bucketsOf('handshakes', { tenant, user, device }, HANDSHAKE_SHARE, own),
    );
    return taken.ok ? granted(identity) : taken;
  };
}

export function addressBucket(address: string, limits: Limits) {
  return {
    limit: 'handshakesPerSecondPerAddressMax',
    bucket: `${address}/handshakes`,
    amount: HANDSHAKE_SHARE,
    perSecond: limits.handshakesPerSecondPerAddressMax,
    burst: limits.handshakesBurstPerAddressMax,
  } as const;
}
