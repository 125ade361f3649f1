import { collectionName, type CollectionName, undeclaredRules, userId } from '@syncline/core';
import { change, deviceOn } from '@syncline/port-contracts';
import * as proto from '@syncline/proto';
import type { Codec } from '@syncline/wire';
import { HOME_KEY } from '../gateway.test-fixtures';
import type { MessageCodec } from '../unary/methods';
import { type AdminWorld, adminWorld, type CallerName, CALLERS, reasonOf } from './admin-world.test-fixtures';

type Reasons = readonly [
  operator: string,
  owner: string,
  editor: string,
  reader: string,
  stranger: string,
  other: string,
];

const OPERATOR_ONLY: Reasons = ['OK', ...many('PERMISSION_DENIED', 5)];
/** Of a space that they have no access to, callers learn nothing. */
const OWNER_ONLY: Reasons = [
  'OK',
  'OK',
  'PERMISSION_DENIED',
  'PERMISSION_DENIED',
  'SPACE_NOT_FOUND',
  'SPACE_NOT_FOUND',
];
const MEMBERS: Reasons = ['OK', 'OK', 'OK', 'OK', 'SPACE_NOT_FOUND', 'SPACE_NOT_FOUND'];
const WRITERS: Reasons = ['OK', 'OK', 'OK', 'PERMISSION_DENIED', 'SPACE_NOT_FOUND', 'SPACE_NOT_FOUND'];
const EVERYONE: Reasons = ['OK', ...many('OK', 5)];

type Five = readonly [string, string, string, string, string];
function many(reason: string, count: 5): Five {
  return Array.from({ length: count }, () => reason) as unknown as Five;
}

interface Case {
  readonly name: string;
  readonly expected: Reasons;
  readonly ask: (world: AdminWorld, caller: CallerName | null) => Promise<string>;
}

function asking<Request, Response>(
  name: string,
  request: Codec<Request> & MessageCodec<Request>,
  response: Codec<Response>,
  message: Partial<Request> | ((caller: CallerName | null) => Partial<Request>),
  expected: Reasons,
): Case {
  return {
    name,
    expected,
    ask: async (world, caller) => {
      const asks = typeof message === 'function' ? message(caller) : message;
      return reasonOf(await world.grpc(caller, name, request, response, asks));
    },
  };
}

const HOME = { space: 'home' };
const tenantNamed = (id: string) => ({ tenant: { ...proto.Tenant.fromJSON({}), id } });
const idFor = (caller: CallerName | null) => `of-${(caller ?? 'nobody').replaceAll(' ', '-')}`;
const memberNamed = (user: string) => ({
  member: { ...proto.Member.fromJSON({}), user, role: proto.Role.READER },
});
const declared = (name: string) => undeclaredRules(collectionName(name));
const rulesFor = (collection: string) => ({ ...proto.CollectionRules.fromJSON({}), collection });

const KEEP_STORED: proto.Decision = { choice: { $case: 'keepStored', keepStored: {} }, why: '' };
const ASKED = collectionName('asked');
/** For each caller there is a conflict that waits, and one that the policy has decided. */
const waiting = (caller: CallerName | null) => ({ ...HOME, id: `${ASKED}/${idFor(caller)}/1` });
const settled = (caller: CallerName | null) => ({ ...HOME, id: `rooms/${idFor(caller)}/2` });

/** Operator, owner, editor, reader, stranger, and a user of another tenant. */
const CASES: readonly Case[] = [
  asking(
    'CreateTenant',
    proto.CreateTenantRequest,
    proto.CreateTenantResponse,
    tenantNamed('new'),
    OPERATOR_ONLY,
  ),
  asking(
    'UpdateTenant',
    proto.UpdateTenantRequest,
    proto.UpdateTenantResponse,
    tenantNamed('there'),
    OPERATOR_ONLY,
  ),
  asking('GetTenant', proto.GetTenantRequest, proto.GetTenantResponse, { tenant: 'there' }, OPERATOR_ONLY),
  asking('ListTenants', proto.ListTenantsRequest, proto.ListTenantsResponse, {}, OPERATOR_ONLY),
  asking(
    'DeleteTenant',
    proto.DeleteTenantRequest,
    proto.DeleteTenantResponse,
    { tenant: 'there', confirm: 'there' },
    OPERATOR_ONLY,
  ),
  asking(
    'CreateSpace',
    proto.CreateSpaceRequest,
    proto.CreateSpaceResponse,
    (caller) => ({ space: idFor(caller) }),
    EVERYONE,
  ),
  asking('GetSpace', proto.GetSpaceRequest, proto.GetSpaceResponse, HOME, OWNER_ONLY),
  asking('ListSpaces', proto.ListSpacesRequest, proto.ListSpacesResponse, {}, EVERYONE),
  asking('UpdateSpace', proto.UpdateSpaceRequest, proto.UpdateSpaceResponse, HOME, OWNER_ONLY),
  asking('BeginEpoch', proto.BeginEpochRequest, proto.BeginEpochResponse, HOME, OWNER_ONLY),
  asking('BeginEpoch', proto.BeginEpochRequest, proto.BeginEpochResponse, {}, OPERATOR_ONLY),
  asking(
    'PutMember',
    proto.PutMemberRequest,
    proto.PutMemberResponse,
    { ...HOME, ...memberNamed('new') },
    OWNER_ONLY,
  ),
  asking(
    'RemoveMember',
    proto.RemoveMemberRequest,
    proto.RemoveMemberResponse,
    (caller) => ({ ...HOME, user: `friend ${idFor(caller)}` }),
    OWNER_ONLY,
  ),
  asking('ListMembers', proto.ListMembersRequest, proto.ListMembersResponse, HOME, OWNER_ONLY),
  asking(
    'PutCollection',
    proto.PutCollectionRequest,
    proto.PutCollectionResponse,
    { ...HOME, rules: rulesFor('notes') },
    OWNER_ONLY,
  ),
  asking(
    'GetCollection',
    proto.GetCollectionRequest,
    proto.GetCollectionResponse,
    { ...HOME, collection: 'rooms' },
    MEMBERS,
  ),
  asking('ListCollections', proto.ListCollectionsRequest, proto.ListCollectionsResponse, HOME, MEMBERS),
  asking(
    'RemoveCollection',
    proto.RemoveCollectionRequest,
    proto.RemoveCollectionResponse,
    (caller) => ({ ...HOME, collection: idFor(caller) }),
    OWNER_ONLY,
  ),
  asking(
    'DryRunPolicy',
    proto.DryRunPolicyRequest,
    proto.DryRunPolicyResponse,
    { ...HOME, rules: rulesFor('notes') },
    OWNER_ONLY,
  ),
  asking('ListConflicts', proto.ListConflictsRequest, proto.ListConflictsResponse, HOME, MEMBERS),
  asking('GetConflict', proto.GetConflictRequest, proto.GetConflictResponse, settled(null), MEMBERS),
  asking(
    'ResolveConflict',
    proto.ResolveConflictRequest,
    proto.ResolveConflictResponse,
    (caller) => ({ ...waiting(caller), decision: KEEP_STORED }),
    WRITERS,
  ),
  asking(
    'ResolveConflicts',
    proto.ResolveConflictsRequest,
    proto.ResolveConflictsResponse,
    { ...HOME, ids: ['rooms/nobody/1'], decision: KEEP_STORED },
    OWNER_ONLY,
  ),
  asking(
    'UndoResolution',
    proto.UndoResolutionRequest,
    proto.UndoResolutionResponse,
    (caller) => ({ ...settled(caller), overwriteNewer: true }),
    WRITERS,
  ),
  asking('ReopenConflict', proto.ReopenConflictRequest, proto.ReopenConflictResponse, settled, WRITERS),
  asking(
    'RegisterDevice',
    proto.RegisterDeviceRequest,
    proto.RegisterDeviceResponse,
    (caller) => ({ device: { ...proto.DeviceInfo.fromJSON({}), id: idFor(caller) } }),
    EVERYONE,
  ),
  asking('CreatePairing', proto.CreatePairingRequest, proto.CreatePairingResponse, {}, EVERYONE),
  asking('ListDevices', proto.ListDevicesRequest, proto.ListDevicesResponse, {}, EVERYONE),
  asking('ListDevices', proto.ListDevicesRequest, proto.ListDevicesResponse, HOME, [
    ...MEMBERS.slice(0, 5),
    'SPACE_NOT_FOUND',
  ] as unknown as Reasons),
  asking(
    'RenameDevice',
    proto.RenameDeviceRequest,
    proto.RenameDeviceResponse,
    { device: 'phone', name: 'x' },
    ['OK', 'PERMISSION_DENIED', 'OK', 'PERMISSION_DENIED', 'DEVICE_NOT_FOUND', 'DEVICE_NOT_FOUND'],
  ),
  asking(
    'GetDeviceStatus',
    proto.GetDeviceStatusRequest,
    proto.GetDeviceStatusResponse,
    { device: 'phone' },
    ['OK', 'OK', 'OK', 'PERMISSION_DENIED', 'DEVICE_NOT_FOUND', 'DEVICE_NOT_FOUND'],
  ),
  asking('RevokeDevice', proto.RevokeDeviceRequest, proto.RevokeDeviceResponse, { device: 'phone' }, [
    'OK',
    'OK',
    'OK',
    'PERMISSION_DENIED',
    'DEVICE_NOT_FOUND',
    'DEVICE_NOT_FOUND',
  ]),
  asking('GetRoster', proto.GetRosterRequest, proto.GetRosterResponse, HOME, MEMBERS),
  asking(
    'DeleteSpace',
    proto.DeleteSpaceRequest,
    proto.DeleteSpaceResponse,
    (caller) => (caller === 'operator' ? { space: 'work', confirm: 'work' } : { ...HOME, confirm: 'home' }),
    OWNER_ONLY,
  ),
];

/** What there is before the calls: tenant `there`, the editor's device `phone` in `home`, and what the calls remove. */
async function prepared(): Promise<AdminWorld> {
  const world = await adminWorld();
  const { store } = world;
  const { CreateTenantRequest, CreateTenantResponse } = proto;
  await world.grpc(
    'operator',
    'CreateTenant',
    CreateTenantRequest,
    CreateTenantResponse,
    tenantNamed('there'),
  );
  await world.gate.device('phone', 'editor').follow();
  for (const name of ['rooms', ...CALLERS.map(idFor)]) await store.declare(HOME_KEY, declared(name));
  await store.declare(HOME_KEY, { ...declared(ASKED), policy: 'manual' });
  for (const collection of [ASKED, collectionName('rooms')]) {
    const before = deviceOn(store, HOME_KEY, `before-${collection}`);
    await before.push(change.create('r', {}, { collection }), change.update('r', {}, { collection }));
  }
  for (const device of [...CALLERS, null].map(idFor)) {
    const late = (collection: CollectionName) =>
      change.update('r', { device }, { baseVersion: 1, collection });
    await deviceOn(store, HOME_KEY, device).push(late(ASKED), late(collectionName('rooms')));
  }
  const reader = { role: 'reader', collections: new Map() } as const;
  for (const caller of CALLERS) await store.setAccess(HOME_KEY, userId(`friend ${idFor(caller)}`), reader);
  return world;
}

describe('who may do what', () => {
  const made: { world?: AdminWorld } = {};

  // From those who may do the least to those who may do the most, so that nobody finds what another one has changed.
  describe.each(CASES)('$name', ({ expected, ask }) => {
    beforeAll(async () => {
      made.world = await prepared();
    });
    afterAll(() => made.world?.close());
    const callers = CALLERS.map((caller, index) => [caller, expected[index]!] as const).reverse();

    test.each(callers)('in the name of the %s: %s', async (caller, reason) => {
      expect(await ask(made.world!, caller)).toBe(reason);
    });
  });

  test('nobody without a token may do anything but pair', async () => {
    const world = await prepared();
    const asked = [];
    for (const { name, ask } of CASES) asked.push([name, await ask(world, null)]);
    expect(asked).toEqual(CASES.map(({ name }) => [name, 'UNAUTHENTICATED']));
    const device = { ...proto.DeviceInfo.fromJSON({}), id: 'd9' };
    const [request, response] = [proto.PairDeviceRequest, proto.PairDeviceResponse];
    const paired = await world.grpc(null, 'PairDevice', request, response, { code: 'WRONG', device });
    expect(reasonOf(paired)).toBe('PAIRING_CODE_INVALID');
    await world.close();
  });
});
