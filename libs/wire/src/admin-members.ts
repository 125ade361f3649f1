import type { UserId } from '@syncline/core';
import type { Listed, Member, NamedSpace, PartRequest, PutMemberCall } from '@syncline/flows';
import {
  type ListMembersRequest,
  type ListMembersResponse,
  Member as ProtoMember,
  type PutMemberRequest,
  type PutMemberResponse,
  type RemoveMemberRequest,
  type RemoveMemberResponse,
} from '@syncline/proto';
import { uint32 } from './encoding';
import { rights, rightsFromProto, roles } from './identity';
import {
  listedFrom,
  namedFromProto,
  namedToProto,
  pair,
  partFromProto,
  partToProto,
  wholeOrNull,
} from './pair';
import { each, idIn, inside, partOf, type Place, whole } from './place';

/** When the user joined is not for the caller to say. */
export const putMemberCall = pair<PutMemberRequest, PutMemberCall>(
  (call) => ({ ...namedToProto(call), member: memberMessage({ ...call, addedAtMs: 0 }) }),
  (proto, at) => {
    const member = memberFrom(partOf(at, 'member', proto.member, ProtoMember), inside(at, 'member'));
    const { user, access, expiresAtMs } = member;
    return { ...namedFromProto(proto, at), user, access, expiresAtMs };
  },
);

export const memberPut = pair<PutMemberResponse, Member>(
  (member) => ({ member: memberMessage(member) }),
  ({ member }, at) => memberFrom(partOf(at, 'member', member, ProtoMember), inside(at, 'member')),
);

export interface NamedMember extends NamedSpace {
  readonly user: UserId;
}

export const removeMemberCall = pair<RemoveMemberRequest, NamedMember>(
  (call) => ({ ...namedToProto(call), user: call.user }),
  (proto, at) => ({ ...namedFromProto(proto, at), user: idIn<UserId>(at, 'user', proto.user) }),
);

export const memberRemoved = pair<RemoveMemberResponse, { readonly sessions: number }>(
  ({ sessions }) => ({ sessionsClosed: uint32(sessions) }),
  ({ sessionsClosed }, at) => ({ sessions: whole(at, 'sessions_closed', sessionsClosed) }),
);

export const listMembersCall = pair<ListMembersRequest, NamedSpace & PartRequest<UserId>>(
  (call) => ({ ...namedToProto(call), ...partToProto(call) }),
  (proto, at) => ({ ...namedFromProto(proto, at), ...partFromProto<UserId>(proto, at) }),
);

export const membersListed = pair<ListMembersResponse, Listed<Member>>(
  ({ items, next }) => ({ members: items.map(memberMessage), next: next ?? '' }),
  ({ members, next }, at) => listedFrom(each(at, 'members', members, memberFrom), next),
);

function memberMessage({ user, access, addedAtMs, expiresAtMs }: Member): ProtoMember {
  return {
    user,
    role: roles.code(access.role),
    collections: new Map(Array.from(access.collections, ([name, right]) => [name, rights.code(right)])),
    addedAtMs,
    expiresAtMs: expiresAtMs ?? 0,
  };
}

function memberFrom(proto: ProtoMember, at: Place): Member {
  return {
    user: idIn<UserId>(at, 'user', proto.user),
    access: {
      role: roles.nameIn(at, 'role', proto.role),
      collections: rightsFromProto(proto.collections, at),
    },
    addedAtMs: whole(at, 'added_at_ms', proto.addedAtMs),
    expiresAtMs: wholeOrNull(at, 'expires_at_ms', proto.expiresAtMs),
  };
}
