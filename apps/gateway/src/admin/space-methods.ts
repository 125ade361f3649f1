import { beginEpoch, manageMembers, manageSpaces } from '@syncline/flows';
import { nameHash, spaceKey } from '@syncline/core';
import type { Identity } from '@syncline/ports';
import * as proto from '@syncline/proto';
import * as wire from '@syncline/wire';
import type { UnaryMethod } from '../unary/methods';
import type { AdminDeps } from './admin-deps';
import { form, type KnownCall } from './known-call';

/** What owners do with spaces as a whole. */
export function spaceMethods(deps: AdminDeps, known: KnownCall): Record<string, UnaryMethod> {
  const { store } = deps;
  const stores = { spaces: store, tenants: store, directory: store, deltas: store };
  const spaces = manageSpaces({ ...deps, ...stores });
  const begin = beginEpoch({ ...deps, ...stores });
  return {
    CreateSpace: known(
      form(proto.CreateSpaceRequest, wire.createSpaceCall),
      form(proto.CreateSpaceResponse, wire.spaceCreated),
      spaces.create,
    ),
    GetSpace: known(
      form(proto.GetSpaceRequest, wire.getSpaceCall),
      form(proto.GetSpaceResponse, wire.spaceFound),
      spaces.find,
    ),
    ListSpaces: known(
      form(proto.ListSpacesRequest, wire.listSpacesCall),
      form(proto.ListSpacesResponse, wire.spacesListed),
      spaces.list,
    ),
    UpdateSpace: known(
      form(proto.UpdateSpaceRequest, wire.updateSpaceCall),
      form(proto.UpdateSpaceResponse, wire.spaceUpdated),
      spaces.change,
    ),
    DeleteSpace: known(
      form(proto.DeleteSpaceRequest, wire.deleteSpaceCall),
      form(proto.DeleteSpaceResponse, wire.spaceDeleted),
      spaces.remove,
    ),
    BeginEpoch: known(
      form(proto.BeginEpochRequest, wire.beginEpochCall),
      form(proto.BeginEpochResponse, wire.epochBegun),
      async (identity, call) => {
        const begun = await begin(identity, call);
        if (begun.ok) deps.log.info('an epoch was begun', { ...epochFacts(identity, call), ...begun.value });
        return begun;
      },
    ),
  };
}

function epochFacts({ tenant: own, user: by }: Identity, { tenant: named, space, why }: wire.ReasonedEpoch) {
  const tenant = named ?? own;
  return { by, tenant, space: space === null ? null : nameHash(spaceKey(tenant, space)), why };
}

/** What owners decide about the members of a space. */
export function memberMethods(deps: AdminDeps, known: KnownCall): Record<string, UnaryMethod> {
  const { store } = deps;
  const members = manageMembers({ ...deps, members: store, directory: store, deltas: store });
  return {
    PutMember: known(
      form(proto.PutMemberRequest, wire.putMemberCall),
      form(proto.PutMemberResponse, wire.memberPut),
      members.put,
    ),
    RemoveMember: known(
      form(proto.RemoveMemberRequest, wire.removeMemberCall),
      form(proto.RemoveMemberResponse, wire.memberRemoved),
      async (identity, call) => {
        const sessions = deps.open.ofMember(spaceKey(call.tenant ?? identity.tenant, call.space), call.user);
        const removed = await members.remove(identity, call);
        return removed.ok ? { ok: true, value: { sessions } } : removed;
      },
    ),
    ListMembers: known(
      form(proto.ListMembersRequest, wire.listMembersCall),
      form(proto.ListMembersResponse, wire.membersListed),
      members.list,
    ),
  };
}
