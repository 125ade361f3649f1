import {
  type Answer,
  type DeviceId,
  givesMore,
  granted,
  refused,
  spaceKey,
  type TenantId,
  type UserId,
} from '@syncline/core';
import type { Directory, Identity, Pairings, RateLimits, RegisteredDevice, Secrets } from '@syncline/ports';
import { admitTenant, type AdmitTenantDeps } from './admit-tenant';
import { type DeviceGiven, registerDevice, type RegisterDeviceDeps } from './register-device';

export interface PairDeviceDeps extends RegisterDeviceDeps, AdmitTenantDeps {
  readonly pairings: Pairings;
  readonly directory: Pick<Directory, 'access'>;
  readonly secrets: Secrets;
  readonly rates: RateLimits;
  /** Signs a token for a device; null where the installation's tokens come from elsewhere. */
  readonly issueToken: IssueToken | null;
}

export type IssueToken = (bearer: TokenBearer, nowMs: number) => Promise<IssuedToken>;

export interface TokenBearer {
  readonly tenant: TenantId;
  readonly user: UserId;
  readonly device: DeviceId;
}

export interface IssuedToken {
  readonly token: string;
  /** Null for never. */
  readonly expiresAtMs: number | null;
}

export interface PairingOffer {
  readonly code: string;
  readonly expiresAtMs: number;
}

export interface Paired {
  readonly device: RegisteredDevice;
  readonly issued: IssuedToken | null;
}

export const PAIRING_MS_DEFAULT = 10 * 60 * 1_000;
export const PAIRING_MS_MAX = 24 * 60 * 60 * 1_000;

/** No letter that can be taken for another one. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const CODE_LETTERS = 12;
const GROUP_LETTERS = 4;
/** A code is one of 2^60: whoever guesses at this rate does not live to see it. */
const GUESSES = { perSecond: 1, burst: 10 };
/** Of everyone together, where nobody's address is known. */
const GUESSES_OF_ALL = { perSecond: 100, burst: 1_000 };

/** With a code, another device joins the user who asked for it: once, and before it expires. */
export function pairDevice(deps: PairDeviceDeps) {
  const { pairings, secrets, clock } = deps;
  return {
    offer: async (identity: Identity, validForMs: number): Promise<Answer<PairingOffer>> => {
      const { tenant, user } = identity;
      if (deps.issueToken !== null && (await isNarrowed(deps, identity)))
        return refused('PERMISSION_DENIED', { message: NARROWED });
      const nowMs = clock.nowMs();
      await pairings.forgetPairings(nowMs);
      const expiresAtMs = nowMs + (validForMs === 0 ? PAIRING_MS_DEFAULT : validForMs);
      const letters = Array.from(secrets.bytes(CODE_LETTERS), (byte) => LETTERS[byte % LETTERS.length]!);
      const code = letters.join('');
      await pairings.offerPairing(code, { tenant, user, expiresAtMs });
      return granted({ code: inGroups(code), expiresAtMs });
    },
    join: join(deps),
  };
}

const NARROWED =
  'This token grants less than its user may do, and the token of a paired device would not. Use one without such grants.';

/** The token that a paired device is given names no spaces, so it stands for all that the user is a member of. */
async function isNarrowed(
  { directory }: PairDeviceDeps,
  { tenant, user, grants }: Identity,
): Promise<boolean> {
  for (const [space, access] of grants) {
    const asMember = await directory.access(spaceKey(tenant, space), user);
    if (asMember !== null && givesMore(asMember, access)) return true;
  }
  return false;
}

function join(deps: PairDeviceDeps) {
  const { pairings, rates, clock, issueToken } = deps;
  const register = registerDevice(deps);
  const admit = admitTenant(deps);
  return async (code: string, given: DeviceGiven, address: string | null): Promise<Answer<Paired>> => {
    const allowed = address === null ? GUESSES_OF_ALL : GUESSES;
    const guess = { bucket: `pairing/${address ?? ''}`, amount: 1, ...allowed };
    const { granted: mayGuess, retryAfterMs } = await rates.take([guess]);
    if (!mayGuess) return refused('RATE_LIMITED', { retryAfterMs });
    const pairing = await pairings.takePairing(asWritten(code), clock.nowMs());
    if (pairing === null) return refused('PAIRING_CODE_INVALID');
    const { tenant, user } = pairing;
    const admitted = await admit({ tenant, user, expiresAtMs: pairing.expiresAtMs, grants: new Map() });
    if (!admitted.ok) return admitted;
    const device = { tenant, device: given.device };
    const registered = await register({ ...given, device, user, seen: null }, admitted.value);
    if (!registered.ok) return registered;
    const issued =
      issueToken === null ? null : await issueToken({ tenant, user, device: given.device }, clock.nowMs());
    return granted({ device: registered.value, issued });
  };
}

function inGroups(code: string): string {
  const groups = [];
  for (let from = 0; from < code.length; from += GROUP_LETTERS)
    groups.push(code.slice(from, from + GROUP_LETTERS));
  return groups.join('-');
}

/** People type small letters, and leave dashes out or put blanks in their place. */
const asWritten = (code: string): string => code.toUpperCase().replaceAll(/[\s-]/g, '');
