import { type Answer, type CollectionName, granted, type PolicyRegistry, refused } from '@syncline/core';
import type { Clock, Declaration, Declarations, Directory, DeltaStore, Identity } from '@syncline/ports';
import { declarationViolations } from './declare-collection';
import type { DeclaredRules } from './manage-spaces';
import { asMember, asOwner, type NamedSpace } from './space-rights';

export interface ManageCollectionsDeps {
  readonly declarations: Declarations;
  readonly deltas: Pick<DeltaStore, 'heads'>;
  readonly directory: Pick<Directory, 'access'>;
  readonly policies: PolicyRegistry;
  readonly clock: Clock;
}

export interface PutCollectionCall extends NamedSpace, DeclaredRules {
  /** Null to replace whatever there is. */
  readonly seenVersion: number | null;
  /** Only check the rules. */
  readonly dryRun: boolean;
}

export interface NamedCollection extends NamedSpace {
  readonly collection: CollectionName;
}

/** Rules are set by owners; every member may read them. */
export function manageCollections(deps: ManageCollectionsDeps) {
  const { declarations } = deps;
  return {
    put: putCollection(deps),
    find: async (
      identity: Identity,
      call: NamedCollection & { readonly rulesVersion: number | null },
    ): Promise<Answer<Declaration>> => {
      const member = await asMember(deps, identity, call);
      if (!member.ok) return member;
      const { key } = member.value;
      const found = await declarations.declaration(key, call.collection, call.rulesVersion);
      if (found !== null) return granted(found);
      return refused(call.rulesVersion === null ? 'COLLECTION_NOT_FOUND' : 'VERSION_NOT_FOUND');
    },
    list: async (identity: Identity, call: NamedSpace): Promise<Answer<readonly Declaration[]>> => {
      const member = await asMember(deps, identity, call);
      return member.ok ? granted(await declarations.declarations(member.value.key)) : member;
    },
    takeBack: async (identity: Identity, call: NamedCollection): Promise<Answer<null>> => {
      const owned = await asOwner(deps, identity, call);
      if (!owned.ok) return owned;
      const taken = await declarations.takeBack(owned.value, call.collection);
      return taken ? granted(null) : refused('COLLECTION_NOT_FOUND');
    },
  };
}

function putCollection(deps: ManageCollectionsDeps) {
  const { declarations, policies, clock } = deps;
  return async (identity: Identity, call: PutCollectionCall): Promise<Answer<Declaration>> => {
    const space = await asOwner(deps, identity, call);
    if (!space.ok) return space;
    const { rules, description, seenVersion, dryRun } = call;
    const violations = declarationViolations(rules, policies);
    if (violations.length > 0) return refused('POLICY_INVALID', { violations });
    const declaration = { rules, description, declaredAtMs: clock.nowMs(), declaredBy: identity.user };
    const stands =
      (await declarations.declaration(space.value, rules.collection, null))?.rules.rulesVersion ?? 0;
    if (seenVersion !== null && seenVersion !== stands) return changedMeanwhile(stands);
    if (dryRun) return granted({ ...declaration, rules: { ...rules, rulesVersion: stands } });
    const declared = await declarations.declareSeen(space.value, declaration, seenVersion);
    return declared === null ? refused('CHANGED_MEANWHILE') : granted(declared);
  };
}

const changedMeanwhile = (stands: number): Answer<never> =>
  refused('CHANGED_MEANWHILE', { facts: { rules_version: String(stands) } });
