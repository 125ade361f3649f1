import type { Answer } from '@syncline/core';
import { rulesOf } from '@syncline/port-contracts';
import * as proto from '@syncline/proto';
import * as calls from './index';
import type { Pair } from './pair';
import { decode, type Codec, encode } from './encoding';

const RULES = rulesOf('notes', { json: true, rulesVersion: 0 });
const NAMED = { tenant: 'acme', space: 'home' } as never;
const DECLARATION = {
  rules: { ...RULES, rulesVersion: 7 },
  description: 'für alle',
  declaredAtMs: 5,
  declaredBy: 'ann',
};
const QUOTAS = {
  spacesMax: 1,
  recordsMax: 2,
  storedBytesMax: 2 ** 45,
  artifactBytesMax: null,
  devicesPerUserMax: 5,
  sessionsMax: 6,
  recordsPerSpaceMax: 7,
};
const RATES = {
  changesPerSecondMax: 1,
  changesBurstMax: 2,
  artifactBytesPerSecondMax: 3,
  tenantChangesPerSecondMax: null,
  tenantSessionsPerSecondMax: 5,
};
const TENANT = {
  id: 'acme',
  name: 'Äcme',
  suspended: true,
  quotas: QUOTAS,
  rates: RATES,
  issuers: [{ issuer: 'i', audience: '', jwksUrl: 'https://i/keys', userClaim: 'sub' }],
  createdAtMs: 9,
};
const SPACE = {
  space: 'home',
  name: 'Zuhause',
  declaredOnly: true,
  epoch: 2,
  head: 9,
  announced: 8,
  floor: 3,
  records: 4,
  bytes: 100,
  createdAtMs: 1,
  changedAtMs: null,
  devices: 3,
  openConflicts: 2,
};
const ACCESS = { role: 'editor', collections: new Map([['notes', 'read']]) };
const MEMBER = { user: 'bob', access: ACCESS, addedAtMs: 3, expiresAtMs: null };
const GIVEN = { device: 'd1', name: 'Phone', platform: 'ios', appVersion: '1', client: 'js/1' };
const DEVICE = {
  ...GIVEN,
  user: 'ann',
  registeredAtMs: 1,
  seenAtMs: null,
  skewMs: -7,
  revokedAtMs: null,
  connected: true,
};
const PART = { resultsMax: 5, after: 'x' };
const LISTED = { next: 'x' };
const PRESENT = { device: 'd1', user: 'ann', status: 'busy', text: 'x', link: 'wifi', batteryPercent: 5 };

type Row = readonly [name: string, codec: Codec<never>, pair: Pair<never, never>, value: unknown];
const row = <Proto, Value>(
  name: string,
  codec: Codec<Proto>,
  pair: Pair<Proto, Value>,
  value: unknown,
): Row => [name, codec, pair, value] as unknown as Row;

const MESSAGES: readonly Row[] = [
  row('CreateTenantRequest', proto.CreateTenantRequest, calls.createTenantCall, TENANT),
  row('UpdateTenantRequest', proto.UpdateTenantRequest, calls.updateTenantCall, TENANT),
  row('CreateTenantResponse', proto.CreateTenantResponse, calls.tenantCreated, TENANT),
  row('UpdateTenantResponse', proto.UpdateTenantResponse, calls.tenantUpdated, TENANT),
  row('GetTenantRequest', proto.GetTenantRequest, calls.getTenantCall, null),
  row('GetTenantResponse', proto.GetTenantResponse, calls.tenantFound, {
    tenant: TENANT,
    usage: { spaces: 1, records: 2, storedBytes: 3, artifactBytes: 4, devices: 5 },
    sessions: 6,
  }),
  row('ListTenantsRequest', proto.ListTenantsRequest, calls.listTenantsCall, PART),
  row('ListTenantsResponse', proto.ListTenantsResponse, calls.tenantsListed, { ...LISTED, items: [TENANT] }),
  row('DeleteTenantRequest', proto.DeleteTenantRequest, calls.deleteTenantCall, 'acme'),
  row('DeleteTenantResponse', proto.DeleteTenantResponse, calls.tenantDeleted, { spaces: 3 }),
  row('CreateSpaceRequest', proto.CreateSpaceRequest, calls.createSpaceCall, {
    ...(NAMED as object),
    name: 'Zuhause',
    declaredOnly: true,
    owner: 'ann',
    collections: [{ rules: RULES, description: 'x' }],
  }),
  row('CreateSpaceResponse', proto.CreateSpaceResponse, calls.spaceCreated, SPACE),
  row('GetSpaceRequest', proto.GetSpaceRequest, calls.getSpaceCall, NAMED),
  row('GetSpaceResponse', proto.GetSpaceResponse, calls.spaceFound, { ...SPACE, createdAtMs: null }),
  row('ListSpacesRequest', proto.ListSpacesRequest, calls.listSpacesCall, {
    ...PART,
    tenant: null,
    idPrefix: 'h',
  }),
  row('ListSpacesResponse', proto.ListSpacesResponse, calls.spacesListed, { items: [SPACE], next: null }),
  row('UpdateSpaceRequest', proto.UpdateSpaceRequest, calls.updateSpaceCall, {
    ...(NAMED as object),
    name: 'x',
    declaredOnly: false,
  }),
  row('UpdateSpaceResponse', proto.UpdateSpaceResponse, calls.spaceUpdated, SPACE),
  row('DeleteSpaceRequest', proto.DeleteSpaceRequest, calls.deleteSpaceCall, NAMED),
  row('DeleteSpaceResponse', proto.DeleteSpaceResponse, calls.spaceDeleted, { records: 4 }),
  row('BeginEpochRequest', proto.BeginEpochRequest, calls.beginEpochCall, {
    tenant: null,
    space: null,
    why: 'x',
  }),
  row('BeginEpochResponse', proto.BeginEpochResponse, calls.epochBegun, { spaces: 3, epoch: null }),
  row('PutMemberRequest', proto.PutMemberRequest, calls.putMemberCall, {
    ...(NAMED as object),
    user: 'bob',
    access: ACCESS,
    expiresAtMs: 2 ** 45,
  }),
  row('PutMemberResponse', proto.PutMemberResponse, calls.memberPut, MEMBER),
  row('RemoveMemberRequest', proto.RemoveMemberRequest, calls.removeMemberCall, {
    ...(NAMED as object),
    user: 'bob',
  }),
  row('RemoveMemberResponse', proto.RemoveMemberResponse, calls.memberRemoved, { sessions: 2 }),
  row('ListMembersRequest', proto.ListMembersRequest, calls.listMembersCall, {
    ...(NAMED as object),
    ...PART,
  }),
  row('ListMembersResponse', proto.ListMembersResponse, calls.membersListed, { items: [MEMBER], next: null }),
  row('PutCollectionRequest', proto.PutCollectionRequest, calls.putCollectionCall, {
    ...(NAMED as object),
    rules: RULES,
    description: 'x',
    seenVersion: null,
    dryRun: true,
  }),
  row('PutCollectionResponse', proto.PutCollectionResponse, calls.collectionPut, DECLARATION),
  row('GetCollectionRequest', proto.GetCollectionRequest, calls.getCollectionCall, {
    ...(NAMED as object),
    collection: 'notes',
    rulesVersion: 3,
  }),
  row('GetCollectionResponse', proto.GetCollectionResponse, calls.collectionFound, DECLARATION),
  row('ListCollectionsRequest', proto.ListCollectionsRequest, calls.listCollectionsCall, NAMED),
  row('ListCollectionsResponse', proto.ListCollectionsResponse, calls.collectionsListed, [DECLARATION]),
  row('RemoveCollectionRequest', proto.RemoveCollectionRequest, calls.removeCollectionCall, {
    ...(NAMED as object),
    collection: 'notes',
  }),
  row('RemoveCollectionResponse', proto.RemoveCollectionResponse, calls.collectionRemoved, null),
  row('RegisterDeviceRequest', proto.RegisterDeviceRequest, calls.registerDeviceCall, {
    device: GIVEN,
    wantsIntegrityKey: true,
  }),
  row('RegisterDeviceResponse', proto.RegisterDeviceResponse, calls.deviceRegistered, {
    device: DEVICE,
    integrityKey: { id: 'k1', bytes: new Uint8Array([1, 2]) },
  }),
  row('CreatePairingRequest', proto.CreatePairingRequest, calls.createPairingCall, 1_000),
  row('CreatePairingResponse', proto.CreatePairingResponse, calls.pairingCreated, {
    code: 'A',
    expiresAtMs: 5,
  }),
  row('PairDeviceRequest', proto.PairDeviceRequest, calls.pairDeviceCall, { code: 'A', device: GIVEN }),
  row('PairDeviceResponse', proto.PairDeviceResponse, calls.devicePaired, {
    device: DEVICE,
    issued: { token: 't', expiresAtMs: null },
  }),
  row('ListDevicesRequest', proto.ListDevicesRequest, calls.listDevicesCall, {
    ...PART,
    space: null,
    includeRevoked: true,
  }),
  row('ListDevicesResponse', proto.ListDevicesResponse, calls.devicesListed, {
    items: [{ ...DEVICE, revokedAtMs: 0 }],
    next: null,
  }),
  row('RenameDeviceRequest', proto.RenameDeviceRequest, calls.renameDeviceCall, { device: 'd1', name: 'x' }),
  row('RenameDeviceResponse', proto.RenameDeviceResponse, calls.deviceRenamed, DEVICE),
  row('RevokeDeviceRequest', proto.RevokeDeviceRequest, calls.revokeDeviceCall, {
    device: 'd1',
    why: 'lost',
  }),
  row('RevokeDeviceResponse', proto.RevokeDeviceResponse, calls.deviceRevoked, {
    device: { ...DEVICE, revokedAtMs: 9 },
    spacesToRotate: ['home'],
    sessions: 2,
  }),
  row('GetDeviceStatusRequest', proto.GetDeviceStatusRequest, calls.deviceStatusCall, 'd1'),
  row('GetDeviceStatusResponse', proto.GetDeviceStatusResponse, calls.deviceStatusFound, {
    device: DEVICE,
    spaces: [{ space: 'home', lastNumber: 3, acknowledged: 2, head: 5, lastSeenMs: 9, holdsFloor: true }],
  }),
  row('GetRosterRequest', proto.GetRosterRequest, calls.getRosterCall, 'home'),
  row('GetRosterResponse', proto.GetRosterResponse, calls.rosterFound, [{ present: PRESENT, name: 'Phone' }]),
];

describe('calls of administration and devices', () => {
  test.each(MESSAGES)('%s arrives as it was said', (_name, codec, pair, value) => {
    const read = decode(codec, encode(codec, pair.toProto(value as never)));
    expect(read.ok && pair.fromProto(read.value)).toEqual({ ok: true, value });
  });

  test.each([
    ['last-write-wins', { windowMs: 5 }],
    ['server-wins', null],
    ['client-wins', null],
    ['manual', null],
    [
      'field-merge',
      { fields: { tags: { kind: 'list-by-id', idField: 'key' } }, default: { kind: 'ask' }, windowMs: 2 },
    ],
    [
      'external',
      {
        endpoint: 'resolver.example.org:7500',
        deadlineMs: 800,
        settings: '{"ward":1.50}',
        plaintext: true,
        tokenSecret: 'wards',
        fallbackPolicy: 'server-wins',
      },
    ],
    ['of-this-installation', { deep: [1, { a: null }] }],
  ])('rules of %s arrive as they were said', (policy, rule) => {
    const declared = { rules: { ...RULES, policy, rule }, description: '' };
    const call = { ...(NAMED as object), ...declared, seenVersion: null, dryRun: false } as never;
    expect(calls.putCollectionCall.fromProto(calls.putCollectionCall.toProto(call))).toEqual({
      ok: true,
      value: call,
    });
  });

  const reasonsOf = (answer: Answer<unknown>) =>
    answer.ok ? [] : answer.refusal.violations.map(({ field }) => field);

  test('what is removed for good has to be named twice', () => {
    const space = { tenant: '', space: 'home', confirm: '' };
    expect(reasonsOf(calls.deleteSpaceCall.fromProto(space))).toEqual(['confirm']);
    expect(reasonsOf(calls.deleteTenantCall.fromProto({ tenant: 'acme', confirm: 'a' }))).toEqual([
      'confirm',
    ]);
  });

  test.each([
    [{ name: '', rule: new Uint8Array(0) }, ['rules.named.name']],
    [{ name: 'x', rule: new Uint8Array([0xff]) }, ['rules.named.rule']],
    [{ name: 'x', rule: Buffer.from('{') }, ['rules.named.rule']],
  ])('a named policy %j is refused', (named, fields) => {
    const rules = {
      ...proto.CollectionRules.fromJSON({ collection: 'notes' }),
      policy: { $case: 'named', named } as const,
    };
    const request = { ...proto.PutCollectionRequest.fromJSON({}), space: 'home', rules };
    expect(reasonsOf(calls.putCollectionCall.fromProto(request))).toEqual(fields);
  });
});
