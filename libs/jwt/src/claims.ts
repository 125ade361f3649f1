import {
  type Access,
  type CollectionName,
  type CollectionRight,
  collectionProblem,
  type DeviceId,
  idProblem,
  type Role,
  type SpaceId,
  tenantProblem,
  type TenantId,
  type UserId,
} from '@syncline/core';
import type { Identity } from '@syncline/ports';

/** What a token says, as it stands in its JSON. Times are in seconds since 1970. */
export interface TokenClaims {
  /** The user. */
  readonly sub: string;
  readonly tenant: string;
  readonly exp: number;
  readonly nbf?: number;
  readonly iss?: string;
  readonly aud?: string | readonly string[];
  readonly spaces?: Readonly<Record<string, SpaceClaim>>;
  readonly device?: string;
  readonly operator?: boolean;
}

export type SpaceClaim =
  Role | { readonly role: Role; readonly collections?: Readonly<Record<string, CollectionRight>> };

/** A claim that is not what it has to be. */
export class ClaimProblem extends Error {
  constructor(
    readonly claim: string,
    readonly problem: string,
  ) {
    super(`${claim} ${problem}`);
    this.name = 'ClaimProblem';
  }
}

type Json = Readonly<Record<string, unknown>>;

const ROLES: Readonly<Record<Role, true>> = { owner: true, editor: true, reader: true };
const RIGHTS: Readonly<Record<CollectionRight, true>> = { none: true, read: true, write: true };
/** Seconds that a Date can still express. */
const SECONDS_MAX = 8_640_000_000_000;

/** Throws a ClaimProblem. Claims that it does not know are let be: whoever issues tokens adds their own. */
export function identityIn(claims: Json, toleranceMs: number): Identity {
  const { tenant, sub, device, operator } = claims;
  return {
    tenant: text(tenant, 'tenant', tenantProblem) as TenantId,
    user: text(sub, 'sub', idProblem) as UserId,
    expiresAtMs: timeMs(claims['exp'], 'exp') + toleranceMs,
    grants: grantsIn(claims['spaces']),
    ...(device === undefined ? {} : { device: text(device, 'device', idProblem) as DeviceId }),
    ...(isOperator(operator) ? { operator: true as const } : {}),
  };
}

export function timeMs(value: unknown, claim: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0 || value > SECONDS_MAX) {
    throw new ClaimProblem(
      claim,
      value === undefined ? 'is missing' : 'must be a time in seconds since 1970',
    );
  }
  return Math.floor(value * 1_000);
}

/** The claims that stand for an identity: what `identityIn` reads them as. */
export function claimsOf(identity: Identity): TokenClaims {
  const { tenant, user, expiresAtMs, grants, device, operator } = identity;
  return {
    sub: user,
    tenant,
    exp: expiresAtMs / 1_000,
    ...(grants.size === 0 ? {} : { spaces: Object.fromEntries([...grants].map(spaceClaim)) }),
    ...(device === undefined ? {} : { device }),
    ...(operator === undefined ? {} : { operator }),
  };
}

function spaceClaim([space, { role, collections }]: [SpaceId, Access]): [string, SpaceClaim] {
  if (collections.size === 0) return [space, role];
  return [space, { role, collections: Object.fromEntries(collections) }];
}

function text(value: unknown, claim: string, problemOf: (text: string) => string | null): string {
  if (value === undefined) throw new ClaimProblem(claim, 'is missing');
  if (typeof value !== 'string') throw new ClaimProblem(claim, 'must be text');
  const problem = problemOf(value);
  if (problem !== null) throw new ClaimProblem(claim, problem);
  return value;
}

function isOperator(value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value !== 'boolean') throw new ClaimProblem('operator', 'must be true or false');
  return value;
}

function grantsIn(value: unknown): ReadonlyMap<SpaceId, Access> {
  if (value === undefined) return new Map();
  return new Map(
    Object.entries(object(value, 'spaces')).map(([space, granted]) => {
      const problem = idProblem(space);
      if (problem !== null) throw new ClaimProblem('spaces', `holds a space whose id ${problem}`);
      return [space as SpaceId, accessIn(granted, `spaces.${space}`)];
    }),
  );
}

/** A key too many might be a misspelt one, and what it was to narrow would stay open. */
function accessIn(value: unknown, claim: string): Access {
  if (typeof value === 'string') return { role: oneOf(ROLES, value, claim), collections: new Map() };
  const { role, collections = {}, ...others } = object(value, claim);
  if (Object.keys(others).length > 0) throw new ClaimProblem(claim, 'may hold "role" and "collections" only');
  const narrowed = Object.entries(object(collections, `${claim}.collections`)).map(([name, right]) => {
    const problem = collectionProblem(name);
    if (problem !== null) throw new ClaimProblem(`${claim}.collections`, `holds a name that ${problem}`);
    return [name as CollectionName, oneOf(RIGHTS, right, `${claim}.collections.${name}`)] as const;
  });
  return { role: oneOf(ROLES, role, `${claim}.role`), collections: new Map(narrowed) };
}

function oneOf<Choice extends string>(
  choices: Readonly<Record<Choice, true>>,
  value: unknown,
  claim: string,
): Choice {
  if (typeof value === 'string' && Object.hasOwn(choices, value)) return value as Choice;
  throw new ClaimProblem(claim, `must be one of ${Object.keys(choices).join(', ')}`);
}

function object(value: unknown, claim: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new ClaimProblem(claim, 'must be an object');
}
