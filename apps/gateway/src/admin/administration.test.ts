import { nameHash, type SpaceKey } from '@syncline/core';
import { eventually } from '@syncline/port-contracts';
import * as proto from '@syncline/proto';
import { createLog } from '@syncline/telemetry';
import { create, HOME, HOME_KEY, identityOf, pushOf } from '../gateway.test-fixtures';
import { type AdminWorld, adminWorld, reasonOf, valueOf } from './admin-world.test-fixtures';

const made: { world?: AdminWorld } = {};
const world = (): AdminWorld => made.world!;
beforeEach(async () => {
  made.world = await adminWorld();
});
afterEach(() => made.world?.close());

const ACME = { ...proto.Tenant.fromJSON({}), id: 'acme', name: 'Acme' };
const quotas = (given: Partial<proto.Quotas>) => ({ ...proto.Quotas.fromJSON({}), ...given });

const createTenant = (tenant: proto.Tenant = ACME) =>
  world().grpc('operator', 'CreateTenant', proto.CreateTenantRequest, proto.CreateTenantResponse, { tenant });
const updateTenant = (tenant: proto.Tenant) =>
  world().grpc('operator', 'UpdateTenant', proto.UpdateTenantRequest, proto.UpdateTenantResponse, { tenant });
const createSpace = (caller: string, message: Partial<proto.CreateSpaceRequest>) =>
  world().grpc(caller, 'CreateSpace', proto.CreateSpaceRequest, proto.CreateSpaceResponse, message);
const getSpace = (caller: string, message: Partial<proto.GetSpaceRequest>) =>
  world().grpc(caller, 'GetSpace', proto.GetSpaceRequest, proto.GetSpaceResponse, message);
const putCollection = (message: Partial<proto.PutCollectionRequest>) =>
  world().grpc('owner', 'PutCollection', proto.PutCollectionRequest, proto.PutCollectionResponse, message);
const putMember = (member: Partial<proto.Member>) =>
  world().grpc('owner', 'PutMember', proto.PutMemberRequest, proto.PutMemberResponse, {
    space: 'home',
    member: { ...proto.Member.fromJSON({}), ...member },
  });
const rulesOf = (collection: string, given: Partial<proto.CollectionRules> = {}) => ({
  ...proto.CollectionRules.fromJSON({}),
  collection,
  ...given,
});

describe('tenants', () => {
  test('are created, changed, listed in parts, and removed with everything that they have', async () => {
    for (const id of ['acme', 'b', 'c']) valueOf(await createTenant({ ...ACME, id }));
    expect(reasonOf(await createTenant())).toBe('ALREADY_EXISTS');
    const changed = valueOf(await updateTenant({ ...ACME, name: 'New', quotas: quotas({ spacesMax: 7 }) }));
    expect(changed.tenant).toMatchObject({
      name: 'New',
      quotas: { spacesMax: 7 },
      state: proto.TenantState.ACTIVE,
    });
    expect(reasonOf(await updateTenant({ ...ACME, id: 'nobody' }))).toBe('TENANT_NOT_FOUND');
    const list = (after: string) =>
      world().http('operator', 'ListTenants', proto.ListTenantsRequest, proto.ListTenantsResponse, {
        resultsMax: 2,
        after,
      });
    const first = valueOf(await list(''));
    const second = valueOf(await list(first.next));
    expect([first, second].map(({ tenants, next }) => [tenants.map(({ id }) => id), next])).toEqual([
      [['acme', 'b'], 'b'],
      [['c'], ''],
    ]);
    const [Asked, Told] = [proto.DeleteTenantRequest, proto.DeleteTenantResponse];
    const removal = (confirm: string) =>
      world().grpc('operator', 'DeleteTenant', Asked, Told, { tenant: 'acme', confirm });
    expect(await removal('acm')).toMatchObject({ refusal: { violations: [{ field: 'confirm' }] } });
    expect(valueOf(await removal('acme')).spacesDeleted).toBe(2);
    expect(await world().store.state(HOME_KEY)).toBeNull();
    expect(reasonOf(await removal('acme'))).toBe('TENANT_NOT_FOUND');
  });

  test('are told how much they use', async () => {
    await createTenant();
    const device = world().gate.device('d1');
    await device.follow();
    device.send(pushOf([create(1), create(2)]));
    await device.next('outcomes');
    const found = valueOf(
      await world().http('operator', 'GetTenant', proto.GetTenantRequest, proto.GetTenantResponse, {
        tenant: 'acme',
      }),
    );
    expect(found.usage).toMatchObject({ spaces: 2, records: 2, devices: 1, sessions: 1, storedBytes: 24 });
    expect(found.tenant!.createdAtMs).toBeGreaterThan(0);
  });

  test('everything that is wrong with one is said at once', async () => {
    const issuer = { issuer: '', audience: '', jwksUrl: 'ftp://x', userClaim: '' };
    const answer = await createTenant({ ...ACME, id: 'A', name: 'x'.repeat(256), issuers: [issuer] });
    expect(answer).toMatchObject({
      refusal: {
        reason: 'INVALID_ARGUMENT',
        violations: [
          { field: 'tenant.id' },
          { field: 'tenant.name' },
          { field: 'tenant.issuers[0].issuer' },
          { field: 'tenant.issuers[0].jwks_url' },
        ],
      },
    });
  });

  test('that are suspended are shut out, everywhere and at once, until that is lifted', async () => {
    await createTenant();
    const device = world().gate.device('d1');
    await device.follow();
    const suspended = { ...ACME, state: proto.TenantState.SUSPENDED };
    valueOf(await updateTenant(suspended));
    expect(await device.next('refusal')).toMatchObject({
      refusal: { reason: 'TENANT_SUSPENDED' },
      closing: true,
    });
    expect((await device.end())?.reason).toBe('TENANT_SUSPENDED');
    const late = world().gate.device('d2');
    late.hello();
    expect((await late.next('refusal')).refusal.reason).toBe('TENANT_SUSPENDED');
    expect(reasonOf(await getSpace('owner', { space: 'home' }))).toBe('TENANT_SUSPENDED');
    expect(reasonOf(await getSpace('operator', { space: 'home' }))).toBe('OK');
    valueOf(await updateTenant(ACME));
    await world().gate.device('d3').follow();
  });

  test('that were not declared are turned away where the installation says so', async () => {
    const strict = await adminWorld({ tenantsDeclaredOnly: true });
    const [Asked, Told] = [proto.GetSpaceRequest, proto.GetSpaceResponse];
    const ask = (caller: string) => strict.grpc(caller, 'GetSpace', Asked, Told, { space: 'home' });
    const outcome = [reasonOf(await ask('owner')), reasonOf(await ask('operator'))];
    const device = strict.gate.device('d1');
    device.hello();
    const { refusal } = await device.next('refusal');
    await strict.close();
    expect([...outcome, refusal.reason]).toEqual(['TENANT_NOT_FOUND', 'OK', 'TENANT_NOT_FOUND']);
  });
});

describe('quotas', () => {
  test('name themselves, what they allow and what was asked', async () => {
    await createTenant({ ...ACME, quotas: quotas({ spacesMax: 3, devicesPerUserMax: 1 }) });
    expect(reasonOf(await createSpace('stranger', { space: 'third' }))).toBe('OK');
    const full = { reason: 'QUOTA_EXCEEDED', facts: { limit: 'spaces_max', allowed: '3', value: '4' } };
    expect(await createSpace('stranger', { space: 'fourth' })).toMatchObject({ refusal: full });
    const register = (id: string) =>
      world().http('stranger', 'RegisterDevice', proto.RegisterDeviceRequest, proto.RegisterDeviceResponse, {
        device: { ...proto.DeviceInfo.fromJSON({}), id },
      });
    expect(reasonOf(await register('d1'))).toBe('OK');
    const devices = { limit: 'devices_per_user_max', allowed: '1', value: '2' };
    expect(await register('d2')).toMatchObject({ refusal: { reason: 'QUOTA_EXCEEDED', facts: devices } });
    await world().gate.device('a1').follow();
    const second = world().gate.device('a2');
    second.hello();
    expect((await second.next('refusal')).refusal).toMatchObject({
      reason: 'QUOTA_EXCEEDED',
      facts: devices,
    });
  });

  test('a tenant has as many sessions as it is allowed', async () => {
    await createTenant({ ...ACME, quotas: quotas({ sessionsMax: 1 }) });
    await world().gate.device('d1').follow();
    const second = world().gate.device('d2');
    second.hello();
    expect((await second.next('refusal')).refusal).toMatchObject({
      reason: 'TOO_MANY_SESSIONS',
      facts: { allowed: '1' },
    });
  });

  test('of records hold for each space and for the tenant as a whole', async () => {
    await createTenant();
    const device = world().gate.device('d1');
    await device.follow();
    device.send(pushOf([create(1), create(2)]));
    await device.next('outcomes');
    const pushed = async (number: number) => {
      device.send(pushOf([create(number)]));
      return (await device.next('outcomes')).outcomes[0]!;
    };
    valueOf(await updateTenant({ ...ACME, quotas: quotas({ recordsPerSpaceMax: 2 }) }));
    expect(await pushed(3)).toMatchObject({ status: 'REJECTED', reason: 'QUOTA_EXCEEDED' });
    expect((await pushed(4)).message).toContain('records of this space: 3 asked, 2 allowed');
    valueOf(await updateTenant({ ...ACME, quotas: quotas({ recordsMax: 3 }) }));
    expect((await pushed(5)).status).toBe('APPLIED');
    expect((await pushed(6)).reason).toBe('QUOTA_EXCEEDED');
    valueOf(await updateTenant({ ...ACME, quotas: quotas({ storedBytesMax: 36 }) }));
    expect((await pushed(7)).message).toContain('bytes of this space: 48 asked, 36 allowed');
    valueOf(await updateTenant(ACME));
    expect((await pushed(8)).status).toBe('APPLIED');
  });
});

describe('spaces', () => {
  test('belong to who creates them, with rules from the beginning', async () => {
    const created = valueOf(
      await createSpace('stranger', {
        space: 'mine',
        name: 'Mine',
        declaredCollectionsOnly: true,
        collections: [rulesOf('notes', { json: true, policy: { $case: 'serverWins', serverWins: {} } })],
      }),
    );
    expect(created.space).toMatchObject({
      id: 'mine',
      name: 'Mine',
      epoch: 1,
      head: 0,
      declaredCollectionsOnly: true,
    });
    expect(reasonOf(await createSpace('owner', { space: 'mine' }))).toBe('ALREADY_EXISTS');
    expect(reasonOf(await getSpace('owner', { space: 'mine' }))).toBe('SPACE_NOT_FOUND');
    const device = world().gate.device('d1', 'stranger');
    await device.follow('mine' as never);
    device.send(pushOf([create(1, 'x', { collection: 'other' as never }), create(2)], 'mine' as never));
    const { outcomes } = await device.next('outcomes');
    expect(outcomes.map(({ status, reason }) => [status, reason])).toEqual([
      ['REJECTED', 'COLLECTION_NOT_FOUND'],
      ['APPLIED', null],
    ]);
    const [Asked, Told] = [proto.UpdateSpaceRequest, proto.UpdateSpaceResponse];
    const update = { space: 'mine', name: 'Ours', declaredCollectionsOnly: false };
    expect(valueOf(await world().http('stranger', 'UpdateSpace', Asked, Told, update)).space).toMatchObject({
      name: 'Ours',
      declaredCollectionsOnly: false,
      records: 1,
      head: 1,
    });
  });

  test('are not made for others, nor elsewhere, but by an operator', async () => {
    expect(reasonOf(await createSpace('stranger', { space: 'x', owner: 'owner' }))).toBe('PERMISSION_DENIED');
    expect(reasonOf(await createSpace('stranger', { space: 'x', tenant: 'globex' }))).toBe(
      'PERMISSION_DENIED',
    );
    expect(reasonOf(await createSpace('operator', { space: 'x', tenant: 'globex', owner: 'owner' }))).toBe(
      'OK',
    );
    expect(reasonOf(await getSpace('of another tenant', { space: 'x' }))).toBe('OK');
    expect(reasonOf(await getSpace('owner', { space: 'x', tenant: 'globex' }))).toBe('SPACE_NOT_FOUND');
  });

  test('with rules that cannot be are not made, and all that is wrong is said at once', async () => {
    const twice = [
      rulesOf('notes', { policy: { $case: 'named', named: { name: 'none', rule: new Uint8Array(0) } } }),
      rulesOf('notes'),
    ];
    expect(await createSpace('owner', { space: 'x', collections: twice })).toMatchObject({
      refusal: {
        reason: 'POLICY_INVALID',
        violations: [{ field: 'collections[0].policy' }, { field: 'collections[1].collection' }],
      },
    });
    expect(reasonOf(await getSpace('operator', { space: 'x' }))).toBe('SPACE_NOT_FOUND');
  });

  test('are listed: to an operator all of them, to others those that they own', async () => {
    for (const space of ['h1', 'h2']) await createSpace('owner', { space });
    await createSpace('stranger', { space: 'h3' });
    const list = async (caller: string, message: Partial<proto.ListSpacesRequest> = {}) => {
      const [Asked, Told] = [proto.ListSpacesRequest, proto.ListSpacesResponse];
      const { spaces, next } = valueOf(await world().grpc(caller, 'ListSpaces', Asked, Told, message));
      return [...spaces.map(({ id }) => id), next];
    };
    expect(await list('operator')).toEqual(['h1', 'h2', 'h3', 'home', 'work', '']);
    expect(await list('operator', { idPrefix: 'h', after: 'h1', resultsMax: 2 })).toEqual(['h2', 'h3', 'h3']);
    expect(await list('owner', { resultsMax: 2 })).toEqual(['h1', 'h2', 'h2']);
    expect(await list('owner', { resultsMax: 2, after: 'h2' })).toEqual(['home', '']);
    expect(await list('reader')).toEqual(['']);
  });

  test('that are removed are lost by the sessions on them, and by nobody else', async () => {
    const device = world().gate.device('d1', 'owner');
    await device.follow();
    const [Asked, Told] = [proto.DeleteSpaceRequest, proto.DeleteSpaceResponse];
    const slip = await world().grpc('owner', 'DeleteSpace', Asked, Told, { space: 'home', confirm: 'hom' });
    expect(reasonOf(slip)).toBe('INVALID_ARGUMENT');
    const removed = await world().grpc('owner', 'DeleteSpace', Asked, Told, {
      space: 'home',
      confirm: 'home',
    });
    expect(reasonOf(removed)).toBe('OK');
    expect(await device.next('refusal')).toMatchObject({ space: HOME, closing: false });
    const gone = await world().grpc('operator', 'DeleteSpace', Asked, Told, {
      space: 'home',
      confirm: 'home',
    });
    expect(reasonOf(gone)).toBe('SPACE_NOT_FOUND');
  });

  test('begin a new epoch, one by one or all at once, and sessions start over', async () => {
    const device = world().gate.device('d1', 'owner');
    await device.follow();
    const [Asked, Told] = [proto.BeginEpochRequest, proto.BeginEpochResponse];
    const begun = await world().http('owner', 'BeginEpoch', Asked, Told, { space: 'home', why: 'a restore' });
    expect(valueOf(begun)).toEqual({ spacesChanged: 1, epoch: 2 });
    expect((await device.next('reset')).refusal.reason).toBe('EPOCH_CHANGED');
    const all = await world().grpc('operator', 'BeginEpoch', Asked, Told, {});
    expect(valueOf(all)).toEqual({ spacesChanged: 2, epoch: 0 });
    const nowhere = await world().grpc('operator', 'BeginEpoch', Asked, Told, { space: 'none' });
    expect(reasonOf(nowhere)).toBe('SPACE_NOT_FOUND');
  });
});

test('the log says who began an epoch and why, and names the space by its hash alone', async () => {
  const lines: string[] = [];
  const log = createLog({ level: 'info', name: 'gateway', write: (line) => void lines.push(line) });
  const logged = await adminWorld({ log });
  const [Asked, Told] = [proto.BeginEpochRequest, proto.BeginEpochResponse];
  await logged.grpc('owner', 'BeginEpoch', Asked, Told, { space: 'home', why: 'a restore' });
  await logged.close();
  const begun = lines.map((line) => JSON.parse(line) as Record<string, unknown>).at(-1);
  expect(begun).toMatchObject({ by: 'owner', why: 'a restore', spaces: 1, epoch: 2 });
  expect(begun!['space']).toBe(nameHash(`${String(begun!['tenant'])}/home` as SpaceKey));
});

describe('members', () => {
  test('are added with rights of their own, changed, listed and removed', async () => {
    const collections = new Map([['secrets', proto.CollectionRight.NONE]]);
    const put = valueOf(await putMember({ user: 'new', role: proto.Role.EDITOR, collections }));
    expect(put.member).toMatchObject({ user: 'new', role: proto.Role.EDITOR, collections, expiresAtMs: 0 });
    const [Asked, Told] = [proto.ListMembersRequest, proto.ListMembersResponse];
    const { members, next } = valueOf(
      await world().http('owner', 'ListMembers', Asked, Told, {
        space: 'home',
        after: 'editor',
        resultsMax: 2,
      }),
    );
    expect([members.map(({ user }) => user), next]).toEqual([['new', 'owner'], 'owner']);
    const remove = () =>
      world().grpc('owner', 'RemoveMember', proto.RemoveMemberRequest, proto.RemoveMemberResponse, {
        space: 'home',
        user: 'new',
      });
    expect(reasonOf(await remove())).toBe('OK');
    expect(reasonOf(await remove())).toBe('MEMBER_NOT_FOUND');
  });

  test('who are removed lose the space on their open sessions', async () => {
    const device = world().gate.device('d1', 'reader');
    await device.follow();
    const [Asked, Told] = [proto.RemoveMemberRequest, proto.RemoveMemberResponse];
    const removed = await world().grpc('owner', 'RemoveMember', Asked, Told, {
      space: 'home',
      user: 'reader',
    });
    expect(valueOf(removed).sessionsClosed).toBe(1);
    expect(await device.next('refusal')).toMatchObject({ space: HOME, closing: false });
  });

  test('whose time has come lose the space on their open sessions', async () => {
    const { store } = world();
    const expiresAtMs = 2 ** 45;
    valueOf(await putMember({ user: 'reader', role: proto.Role.READER, expiresAtMs }));
    const device = world().gate.device('d1', 'reader');
    await device.follow();
    expect(await store.endMemberships(expiresAtMs)).toBe(1);
    expect(await device.next('refusal')).toMatchObject({ space: HOME, closing: false });
    const past = await putMember({ user: 'reader', role: proto.Role.READER, expiresAtMs: 1 });
    expect(past).toMatchObject({ refusal: { violations: [{ field: 'member.expires_at_ms' }] } });
  });

  test('everything that is wrong with one is said at once', async () => {
    const rights = new Map([['Bad', proto.CollectionRight.NONE]]);
    expect(await putMember({ user: '', role: 0, collections: rights })).toMatchObject({
      refusal: {
        violations: [{ field: 'member.user' }, { field: 'member.role' }, { field: 'member.collections.Bad' }],
      },
    });
  });
});

const operation = (given: proto.SchemaOperation['operation']): proto.SchemaOperation => ({
  operation: given,
});

describe('collections', () => {
  const field = { field: 'tags', strategy: proto.FieldStrategy.SET_UNION, elementIdField: '' };
  const merged = rulesOf('notes', {
    json: true,
    description: 'what was noted',
    policy: {
      $case: 'fieldMerge',
      fieldMerge: { fields: [field], otherwise: proto.FieldStrategy.ASK, windowMs: 5 },
    },
    schema: {
      current: 3,
      oldest: 2,
      steps: [
        {
          toVersion: 3,
          up: [
            operation({ $case: 'rename', rename: { field: 'o/a', to: 'b' } }),
            operation({ $case: 'default', default: { field: 'c', value: Buffer.from('1.0') } }),
            operation({ $case: 'move', move: { field: 'd', to: 'o/d' } }),
            operation({ $case: 'split', split: { field: 'name', separator: ' ', into: ['first', 'last'] } }),
            operation({ $case: 'join', join: { fields: ['x', 'y'], separator: ', ', into: 'xy' } }),
            operation({ $case: 'remove', remove: { field: 'old' } }),
          ],
          down: [
            operation({
              $case: 'convert',
              convert: {
                field: 'e',
                to: proto.ConvertTo.MAPPED,
                values: new Map([['"x"', Buffer.from('1')]]),
              },
            }),
          ],
        },
      ],
    },
    deletes: proto.DeleteRule.ASK,
  });
  const find = (message: Partial<proto.GetCollectionRequest>) =>
    world().http('reader', 'GetCollection', proto.GetCollectionRequest, proto.GetCollectionResponse, {
      space: 'home',
      ...message,
    });

  test('come back as they were declared, in every version', async () => {
    const first = valueOf(await putCollection({ space: 'home', rules: merged }));
    const { declaredAtMs } = first.rules!;
    expect(declaredAtMs).toBeGreaterThan(0);
    const declared = { ...merged, rulesVersion: 1, declaredBy: 'owner', declaredAtMs };
    expect(first.rules).toEqual(declared);
    const second = valueOf(
      await putCollection({ space: 'home', rules: rulesOf('notes'), seenRulesVersion: 1 }),
    );
    expect(second.rules!.rulesVersion).toBe(2);
    expect(valueOf(await find({ collection: 'notes' })).rules).toMatchObject({
      rulesVersion: 2,
      policy: { $case: 'lastWriteWins' },
    });
    expect(valueOf(await find({ collection: 'notes', rulesVersion: 1 })).rules).toEqual(declared);
    expect(reasonOf(await find({ collection: 'notes', rulesVersion: 3 }))).toBe('VERSION_NOT_FOUND');
    expect(reasonOf(await find({ collection: 'none' }))).toBe('COLLECTION_NOT_FOUND');
  });

  test('change only for who saw what stands', async () => {
    valueOf(await putCollection({ space: 'home', rules: merged }));
    expect(await putCollection({ space: 'home', rules: merged, seenRulesVersion: 7 })).toMatchObject({
      refusal: { reason: 'CHANGED_MEANWHILE', facts: { rules_version: '1' } },
    });
    const tried = valueOf(await putCollection({ space: 'home', rules: merged, dryRun: true }));
    expect(tried.rules!.rulesVersion).toBe(1);
    expect(valueOf(await find({ collection: 'notes' })).rules!.rulesVersion).toBe(1);
  });

  test('say how much history they keep, and are told all that is wrong with that at once', async () => {
    const days = (count: number) => count * 86_400_000;
    const history = {
      versionsMax: 20,
      keptMs: days(3_650),
      classes: [
        { olderThanMs: days(1), onePerMs: days(1) },
        { olderThanMs: days(90), onePerMs: days(30) },
      ],
    };
    const declared = valueOf(await putCollection({ space: 'home', rules: rulesOf('notes', { history }) }));
    expect(declared.rules?.history).toEqual(history);
    expect(valueOf(await find({ collection: 'notes' })).rules?.history).toEqual(history);
    const wrong = { versionsMax: 0, keptMs: days(1), classes: [...history.classes].reverse() };
    const answer = await putCollection({ space: 'home', rules: rulesOf('notes', { history: wrong }) });
    expect(answer).toMatchObject({
      refusal: {
        reason: 'POLICY_INVALID',
        violations: [
          { field: 'history.classes[0].older_than_ms' },
          { field: 'history.classes[1].older_than_ms' },
          { field: 'history.classes[1].one_per_ms' },
        ],
      },
    });
  });

  test('take nothing that would not be acted upon', async () => {
    const encrypted = { ...merged, encrypted: true };
    expect(await putCollection({ space: 'home', rules: encrypted })).toMatchObject({
      refusal: {
        reason: 'POLICY_INVALID',
        violations: [{ field: 'schema.steps' }, { field: 'encrypted' }, { field: 'json' }],
      },
    });
  });

  test('are told all that is wrong with their schema versions at once', async () => {
    const remove = operation({ $case: 'remove', remove: { field: '' } });
    const convert = operation({ $case: 'convert', convert: { field: 'a', to: 0, values: new Map() } });
    const ofKind = { toVersion: 2, up: [operation(undefined), convert], down: [] };
    expect(
      await putCollection({
        space: 'home',
        rules: rulesOf('notes', { json: true, schema: { current: 2, oldest: 1, steps: [ofKind] } }),
      }),
    ).toMatchObject({
      refusal: {
        reason: 'INVALID_ARGUMENT',
        violations: [
          { field: 'rules.schema.steps[0].up[0].operation' },
          { field: 'rules.schema.steps[0].up[1].convert.to' },
        ],
      },
    });
    const wrong = { toVersion: 4, up: [remove], down: [] };
    const schema = { current: 3, oldest: 1, steps: [wrong] };
    const rules = rulesOf('notes', { encrypted: true, schema });
    expect(await putCollection({ space: 'home', rules })).toMatchObject({
      refusal: {
        reason: 'POLICY_INVALID',
        violations: [{ field: 'schema.steps' }, { field: 'schema.steps[0].up[0].field' }],
      },
    });
    expect(
      await putCollection({ space: 'home', rules: { ...rules, encrypted: false, json: true } }),
    ).toMatchObject({
      refusal: {
        violations: [
          {
            field: 'schema.steps',
            description: 'must lead from version 1 to 3, one for each version behind the first',
          },
          { field: 'schema.steps[0].to_version' },
          { field: 'schema.steps[0].up[0].field' },
        ],
      },
    });
  });

  test('say what payloads have to be like', async () => {
    const jsonSchema = Buffer.from(
      '{"properties":{"title":{"type":"string","maxLength":5}},"required":["title"]}',
    );
    const rules = rulesOf('notes', { json: true, jsonSchema, recordBytesMax: 100 });
    const declared = valueOf(await putCollection({ space: 'home', rules }));
    expect(declared.rules).toMatchObject({ recordBytesMax: 100 });
    expect(Buffer.from(declared.rules!.jsonSchema)).toEqual(jsonSchema);
    const device = world().gate.device('a1');
    await device.follow();
    const creating = (number: number, payload: string) =>
      create(number, '', { payload: Buffer.from(payload) });
    device.send(
      pushOf([creating(1, '{"title":"five!"}'), creating(2, '{"title":"longer"}'), creating(3, '{}')]),
    );
    const { outcomes } = await device.next('outcomes');
    expect(outcomes.map(({ status, reason }) => reason ?? status)).toEqual([
      'APPLIED',
      'INVALID_PAYLOAD',
      'INVALID_PAYLOAD',
    ]);
    expect(outcomes[1]!.message).toContain('title');
  });

  test('are refused with a JSON Schema that cannot be read', async () => {
    for (const jsonSchema of ['{', '{"$ref":"https://example.com"}', '{"pattern":"(?=a)"}', '{"typ":1}']) {
      const rules = rulesOf('notes', { json: true, jsonSchema: Buffer.from(jsonSchema) });
      expect(await putCollection({ space: 'home', rules })).toMatchObject({
        refusal: { reason: 'POLICY_INVALID', violations: [{ field: 'json_schema' }] },
      });
    }
  });

  test('can be taken back', async () => {
    valueOf(await putCollection({ space: 'home', rules: merged }));
    const [Asked, Told] = [proto.RemoveCollectionRequest, proto.RemoveCollectionResponse];
    const remove = () =>
      world().grpc('owner', 'RemoveCollection', Asked, Told, { space: 'home', collection: 'notes' });
    expect(reasonOf(await remove())).toBe('OK');
    expect(reasonOf(await remove())).toBe('COLLECTION_NOT_FOUND');
    const [Asks, Tells] = [proto.ListCollectionsRequest, proto.ListCollectionsResponse];
    const listed = await world().grpc('reader', 'ListCollections', Asks, Tells, { space: 'home' });
    expect(valueOf(listed).collections).toEqual([]);
  });
});

describe('tokens', () => {
  test('of one device hold for no other', async () => {
    world().tokens.issue('of d1', identityOf('ann', { device: 'd1' as never }));
    await world().gate.device('d1', 'of d1').follow();
    const other = world().gate.device('d2', 'of d1');
    other.hello();
    expect((await other.next('refusal')).refusal.reason).toBe('UNAUTHENTICATED');
    await world().store.revoke({ tenant: 'acme', device: 'd1' as never });
    await eventually(async () =>
      expect(reasonOf(await getSpace('of d1', { space: 'home' }))).toBe('DEVICE_REVOKED'),
    );
  });
});
