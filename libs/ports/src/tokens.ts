import type { Access, DeviceId, Refusal, SpaceId, TenantId, UserId } from '@syncline/core';

/** Who stands behind a token. */
export interface Identity {
  readonly tenant: TenantId;
  readonly user: UserId;
  readonly expiresAtMs: number;
  /** What the token itself grants; a space that it does not name is looked up in the directory. */
  readonly grants: ReadonlyMap<SpaceId, Access>;
  /** The token holds for this device only. */
  readonly device?: DeviceId;
  /** Runs the installation: may manage tenants, and any space. */
  readonly operator?: true;
}

export type Verified =
  { readonly ok: true; readonly identity: Identity } | { readonly ok: false; readonly refusal: Refusal };

/** Contract: an expired token is AUTH_EXPIRED, any other bad one UNAUTHENTICATED; never an exception. */
export interface Tokens {
  verify(token: string, nowMs: number): Promise<Verified>;
}
