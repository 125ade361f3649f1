import {
  type Access,
  type Answer,
  type CollectionRules,
  granted,
  type Limits,
  overLimit,
  type PolicyRegistry,
  refused,
  type SpaceId,
  spaceKey,
  type SpaceKey,
  tenantOf,
  type TenantId,
  type UserId,
  type Violation,
} from '@syncline/core';
import type {
  Clock,
  DeltaStore,
  Directory,
  Identity,
  SpaceDetails,
  Spaces,
  SpaceSettings,
  Tenants,
} from '@syncline/ports';
import { allowanceOf, NOTHING_USED } from './allow-growth';
import { declarationViolations } from './declare-collection';
import { type Listed, listedBy, type PartRequest } from './parts';
import { asOwner, type NamedSpace, tenantFor } from './space-rights';

export interface ManageSpacesDeps {
  readonly spaces: Spaces;
  readonly tenants: Pick<Tenants, 'tenant' | 'usage'>;
  readonly directory: Pick<Directory, 'access' | 'spacesOf'>;
  readonly deltas: Pick<DeltaStore, 'heads'>;
  readonly policies: PolicyRegistry;
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'offlineHorizonMs'>;
}

export interface CreateSpaceCall extends NamedSpace, SpaceSettings {
  /** Null for the caller. */
  readonly owner: UserId | null;
  readonly collections: readonly DeclaredRules[];
}

/** Rules with the sentence for people that goes with them. */
export interface DeclaredRules {
  readonly rules: CollectionRules;
  readonly description: string;
}

export interface ListSpacesCall extends PartRequest<SpaceId> {
  readonly tenant: TenantId | null;
  readonly idPrefix: string;
}

export function manageSpaces(deps: ManageSpacesDeps) {
  const { spaces } = deps;
  const detailsOf = async (key: SpaceKey): Promise<Answer<SpaceDetails>> => {
    const details = await spaces.details(key, seenSinceMs(deps));
    return details === null ? refused('SPACE_NOT_FOUND') : granted(details);
  };
  return {
    create: async (identity: Identity, call: CreateSpaceCall): Promise<Answer<SpaceDetails>> => {
      const named = tenantFor(identity, call.tenant);
      if (!named.ok) return named;
      const owner = call.owner ?? identity.user;
      if (owner !== identity.user && identity.operator !== true) return refused('PERMISSION_DENIED');
      const violations = declarationProblems(call.collections, deps.policies);
      if (violations.length > 0) return refused('POLICY_INVALID', { violations });
      const key = spaceKey(named.value, call.space);
      const founded = await found(deps, key, owner, call);
      return founded.ok ? detailsOf(key) : founded;
    },
    find: async (identity: Identity, call: NamedSpace): Promise<Answer<SpaceDetails>> => {
      const owned = await asOwner(deps, identity, call);
      return owned.ok ? detailsOf(owned.value) : owned;
    },
    /** An operator sees every space of the tenant, anyone else those that they own. */
    list: async (identity: Identity, call: ListSpacesCall): Promise<Answer<Listed<SpaceDetails>>> => {
      const tenant = tenantFor(identity, call.tenant);
      if (!tenant.ok) return tenant;
      const all =
        identity.operator === true ? allSpaces(deps, tenant.value, call) : ownSpaces(deps, identity, call);
      return granted(await listedBy(call, ({ space }) => space, all));
    },
    change: async (identity: Identity, call: NamedSpace & SpaceSettings): Promise<Answer<SpaceDetails>> => {
      const owned = await asOwner(deps, identity, call);
      if (!owned.ok) return owned;
      const changed = await spaces.changeSpace(owned.value, call);
      return changed ? detailsOf(owned.value) : refused('SPACE_NOT_FOUND');
    },
    remove: async (identity: Identity, call: NamedSpace): Promise<Answer<{ readonly records: number }>> => {
      const owned = await asOwner(deps, identity, call);
      if (!owned.ok) return owned;
      const removed = await spaces.removeSpace(owned.value);
      return removed === null ? refused('SPACE_NOT_FOUND') : granted(removed);
    },
  };
}

const seenSinceMs = ({ clock, limits }: ManageSpacesDeps): number => clock.nowMs() - limits.offlineHorizonMs;

function declarationProblems(declared: readonly DeclaredRules[], policies: PolicyRegistry): Violation[] {
  const names = declared.map(({ rules }) => rules.collection);
  return declared.flatMap(({ rules }, index) => {
    const problems = declarationViolations(rules, policies);
    if (names.indexOf(rules.collection) < index)
      problems.push({ field: 'collection', description: 'must be named once' });
    return problems.map(({ field, description }) => ({
      field: `collections[${index}].${field}`,
      description,
    }));
  });
}

/** Of those who create at the same moment some may pass the quota: nothing is locked for it. */
async function found(
  { spaces, tenants, clock }: ManageSpacesDeps,
  key: SpaceKey,
  owner: UserId,
  { name, declaredOnly, collections }: CreateSpaceCall,
): Promise<Answer<null>> {
  const nowMs = clock.nowMs();
  const tenant = await tenants.tenant(tenantOf(key));
  const usage = tenant === null ? NOTHING_USED : await tenants.usage(tenant.id, nowMs);
  const quotas = tenant?.quotas ?? null;
  const spacesMax = quotas?.spacesMax ?? null;
  if (spacesMax !== null && usage.spaces >= spacesMax)
    return { ok: false, refusal: overLimit('QUOTA_EXCEEDED', 'spacesMax', spacesMax, usage.spaces + 1) };
  const access: Access = { role: 'owner', collections: new Map() };
  const founded = await spaces.found(key, {
    name,
    declaredOnly,
    quota: quotas === null ? null : allowanceOf(quotas, usage, { records: 0, bytes: 0 }),
    owner: { user: owner, access, addedAtMs: nowMs, expiresAtMs: null },
    collections: collections.map((each) => ({ ...each, declaredAtMs: nowMs, declaredBy: owner })),
    createdAtMs: nowMs,
  });
  return founded ? granted(null) : refused('ALREADY_EXISTS');
}

type ReadSpaces = (after: SpaceId | null, limit: number) => Promise<readonly SpaceDetails[]>;

function allSpaces(deps: ManageSpacesDeps, tenant: TenantId, { idPrefix }: ListSpacesCall): ReadSpaces {
  const devicesSinceMs = seenSinceMs(deps);
  return (after, limit) => deps.spaces.listSpaces({ tenant, idPrefix, after, limit, devicesSinceMs });
}

function ownSpaces(deps: ManageSpacesDeps, identity: Identity, { idPrefix }: ListSpacesCall): ReadSpaces {
  const { tenant, user } = identity;
  return async (after, limit) => {
    const found: SpaceDetails[] = [];
    let from = after;
    for (;;) {
      const part = await deps.directory.spacesOf(tenant, user, from, limit);
      for (const { space, access } of part) {
        if (access.role !== 'owner' || !space.startsWith(idPrefix)) continue;
        const details = await deps.spaces.details(spaceKey(tenant, space), seenSinceMs(deps));
        if (details !== null && found.push(details) === limit) return found;
      }
      if (part.length < limit) return found;
      from = part[part.length - 1]!.space;
    }
  };
}
