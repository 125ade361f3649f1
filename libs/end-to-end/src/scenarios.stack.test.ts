import { creates, deletes, patches, updates } from '@syncline/client-node';
import { collectionName, CONFLICTS, decodeUtf8, type Scope, WHOLE_SPACE } from '@syncline/core';
import { systemClock, systemTimer } from '@syncline/memory';
import { type Office, openOffice } from './office';
import { type Member, type MemberOptions, newMember } from './pool';
import { faultsAtRest, isAtRest, rest } from './rest';
import { type Stack, startStack } from './stack';
import { sign } from './tokens';

const START_MS_MAX = 180_000;
const TEST_MS_MAX = 60_000;

let stack: Stack;
let office: Office;
const ended: Member[] = [];

beforeAll(async () => {
  stack = await startStack({
    counts: { gateway: 2, merge: 1, delta: 1 },
    env: { all: { SYNCLINE_LIMIT_CHANGES_BURST_MAX: '10000' } },
  });
  office = openOffice(stack);
}, START_MS_MAX);

afterAll(async () => {
  await stack.close();
}, START_MS_MAX);

afterEach(() => {
  for (const member of ended.splice(0)) member.end();
});

jest.setTimeout(TEST_MS_MAX);

interface Place {
  readonly space: string;
  /** A device at one of the gateways, which follows the space and has it. */
  readonly join: (name: string, how?: Join) => Promise<Member>;
  /** Of all that joined, every one holds what Postgres holds. */
  readonly expectNoFaults: (...members: Member[]) => Promise<void>;
}

interface Join extends MemberOptions {
  readonly scope?: Scope;
  readonly mode?: 'upload-only' | 'download-only' | 'check-only';
  readonly role?: string;
}

const count = { spaces: 0 };

async function newPlace(...rules: object[]): Promise<Place> {
  const space = `space-${++count.spaces}`;
  await office.createSpace(space);
  for (const each of rules) await office.declare(space, each);
  return {
    space,
    async join(name, { scope, mode, role = 'owner', ...options } = {}) {
      const member = newMember(stack, `${name}-${space}`, {
        claims: { spaces: { [space]: role } },
        ...options,
      });
      ended.push(member);
      const device = member.device();
      device.follow(space, { ...(scope && { scope }), ...(mode && { mode }) });
      device.goOnline();
      if (mode === undefined || mode === 'download-only') await rest([member], space);
      return member;
    },
    async expectNoFaults(...members) {
      expect(await faultsAtRest(stack, space, members)).toEqual([]);
    },
  };
}

const at = (...gateways: string[]): Join => ({ gateways });

const contentOf = (member: Member, space: string, collection: string, id: string): unknown => {
  const record = member.device().get(space, collection, id);
  return record === null ? null : (JSON.parse(decodeUtf8(record.payload)) as unknown);
};

const shows = (
  member: Member,
  space: string,
  collection: string,
  id: string,
  content: unknown,
): Promise<true> =>
  member.device().waitFor(`${collection}/${id} ${JSON.stringify(content)}`, () => {
    const shown = JSON.stringify(contentOf(member, space, collection, id));
    return shown === JSON.stringify(content) && isAtRest(member, space);
  });

const offline = (...members: Member[]): void => members.forEach((member) => member.device().goOffline());
const online = (...members: Member[]): void => members.forEach((member) => member.device().goOnline());

const ledgerOf = (member: Member, space: string): { kind: string; state: string }[] =>
  member
    .device()
    .list(space, CONFLICTS)
    .map(({ payload }) => JSON.parse(decodeUtf8(payload)) as { kind: string; state: string });

const moments = (ms: number): Promise<void> =>
  new Promise((resolve) => void systemTimer().after(ms, resolve));

describe('two devices at two gateways', () => {
  test('see what the other writes, as it is written', async () => {
    const { space, join, expectNoFaults } = await newPlace();
    const phone = await join('phone', at('gateway-1'));
    const laptop = await join('laptop', at('gateway-2'));
    phone.device().change(space, creates('notes', 'n1', { title: 'milk' }));
    await shows(laptop, space, 'notes', 'n1', { title: 'milk' });
    laptop.device().change(space, updates('notes', 'n1', { title: 'milk and bread' }));
    await shows(phone, space, 'notes', 'n1', { title: 'milk and bread' });
    phone.device().change(space, deletes('notes', 'n1'));
    await shows(laptop, space, 'notes', 'n1', null);
    expect(ledgerOf(laptop, space)).toEqual([]);
    await expectNoFaults(phone, laptop);
  });

  test('who change one record while apart agree on the later write, and both can read why', async () => {
    const { space, join, expectNoFaults } = await newPlace();
    const phone = await join('phone', at('gateway-1'));
    const laptop = await join('laptop', at('gateway-2'));
    phone.device().change(space, creates('notes', 'n1', { title: 'first' }));
    await shows(laptop, space, 'notes', 'n1', { title: 'first' });
    await rest([phone], space);
    offline(phone, laptop);
    phone.device().change(space, updates('notes', 'n1', { title: 'from the phone' }));
    await moments(5);
    laptop.device().change(space, updates('notes', 'n1', { title: 'from the laptop' }));
    online(laptop);
    await rest([laptop], space);
    online(phone);
    const [told] = await phone.device().waitFor('the conflict', () => {
      const conflicts = phone.noticesOf('conflict');
      return conflicts.length > 0 ? conflicts : null;
    });
    expect(told?.status).toBe('LOST');
    await expectNoFaults(phone, laptop);
    for (const member of [phone, laptop]) {
      expect(contentOf(member, space, 'notes', 'n1')).toEqual({ title: 'from the laptop' });
      expect(ledgerOf(member, space)).toMatchObject([{ kind: 'UPDATE_UPDATE', state: 'resolved' }]);
    }
  });

  test('count together, each on its own', async () => {
    const fields = [{ field: 'count', strategy: 'FIELD_STRATEGY_COUNTER' }];
    const { space, join, expectNoFaults } = await newPlace({
      collection: 'tallies',
      json: true,
      fieldMerge: { fields },
    });
    const members = await Promise.all(
      [1, 2, 3, 4, 5, 6, 7, 8].map((n) => join(`d${n}`, at(`gateway-${(n % 2) + 1}`))),
    );
    members[0]!.device().change(space, creates('tallies', 't', { count: 0 }));
    for (const member of members) await shows(member, space, 'tallies', 't', { count: 0 });
    offline(...members);
    for (const member of members) member.device().change(space, patches('tallies', 't', { count: 1 }));
    online(...members);
    await expectNoFaults(...members);
    expect(members.map((member) => contentOf(member, space, 'tallies', 't'))).toEqual(
      members.map(() => ({ count: 8 })),
    );
  });
});

describe('a delete against an update', () => {
  test.each([
    ['DELETE_RULE_DELETE_WINS', null],
    ['DELETE_RULE_RESURRECT', { v: 2 }],
    ['DELETE_RULE_ASK', null],
  ])('is settled as %s says', async (rule, expected) => {
    const { space, join, expectNoFaults } = await newPlace({
      collection: 'things',
      lastWriteWins: {},
      deletes: rule,
    });
    const phone = await join('phone', at('gateway-1'));
    const laptop = await join('laptop', at('gateway-2'));
    phone.device().change(space, creates('things', 'r', { v: 1 }));
    await shows(laptop, space, 'things', 'r', { v: 1 });
    await rest([phone], space);
    offline(phone, laptop);
    phone.device().change(space, deletes('things', 'r'));
    await moments(5);
    laptop.device().change(space, updates('things', 'r', { v: 2 }));
    online(phone);
    await rest([phone], space);
    online(laptop);
    await expectNoFaults(phone, laptop);
    for (const member of [phone, laptop]) {
      expect(contentOf(member, space, 'things', 'r')).toEqual(expected);
      expect(ledgerOf(member, space).map(({ kind }) => kind)).toEqual(['UPDATE_DELETE']);
    }
  });
});

test('an open conflict is settled by a change that names it', async () => {
  const { space, join, expectNoFaults } = await newPlace({ collection: 'legal', json: true, manual: {} });
  const phone = await join('phone');
  const laptop = await join('laptop');
  phone.device().change(space, creates('legal', 'will', { heir: 'A' }));
  await shows(laptop, space, 'legal', 'will', { heir: 'A' });
  await rest([phone], space);
  offline(laptop);
  phone.device().change(space, updates('legal', 'will', { heir: 'B' }));
  await rest([phone], space);
  laptop.device().change(space, updates('legal', 'will', { heir: 'C' }));
  online(laptop);
  await laptop.device().waitFor('the ledger', () => ledgerOf(laptop, space)[0]?.state === 'open');
  const [entry] = laptop.device().list(space, CONFLICTS);
  laptop.device().change(space, updates('legal', 'will', { heir: 'B and C' }, { resolves: [entry!.id] }));
  await shows(phone, space, 'legal', 'will', { heir: 'B and C' });
  await expectNoFaults(phone, laptop);
  expect(ledgerOf(phone, space)).toMatchObject([{ state: 'resolved' }]);
});

test('a large space comes to a new device in one go', async () => {
  const { space, join, expectNoFaults } = await newPlace();
  const phone = await join('phone');
  for (let start = 0; start < 3_000; start += 500)
    phone
      .device()
      .change(
        space,
        ...Array.from({ length: 500 }, (_, n) =>
          creates('notes', `n${start + n}`, { n, text: 'x'.repeat(200) }),
        ),
      );
  await rest([phone], space);
  const laptop = await join('laptop', { ...at('gateway-2'), onDisk: true });
  expect(laptop.device().list(space, 'notes')).toHaveLength(3_000);
  expect(laptop.noticesOf('checkpoint')).toHaveLength(1);
  await expectNoFaults(phone, laptop);
});

test('when its gateway dies a device goes on at the other one, and what it did meanwhile is there', async () => {
  const { space, join, expectNoFaults } = await newPlace();
  const phone = await join('phone', at('gateway-1', 'gateway-2'));
  const laptop = await join('laptop', at('gateway-2'));
  phone.device().change(space, creates('notes', 'n1', { v: 1 }));
  await shows(laptop, space, 'notes', 'n1', { v: 1 });
  await stack.kill('gateway-1');
  phone.device().change(space, updates('notes', 'n1', { v: 2 }), creates('notes', 'n2', { v: 1 }));
  await shows(laptop, space, 'notes', 'n2', { v: 1 });
  expect(contentOf(laptop, space, 'notes', 'n1')).toEqual({ v: 2 });
  await stack.start('gateway-1');
  await expectNoFaults(phone, laptop);
  expect(phone.noticesOf('started-over')).toEqual([]);
});

test('who only checks is told what a sync would move, and nothing moves', async () => {
  const { space, join } = await newPlace();
  const phone = await join('phone');
  phone.device().change(space, creates('notes', 'n1', { v: 1 }), creates('notes', 'n2', { v: 1 }));
  await rest([phone], space);
  const laptop = await join('laptop', { mode: 'check-only' });
  laptop.device().change(space, creates('notes', 'n3', { v: 1 }));
  laptop.device().syncNow(space);
  const { plan } = await laptop
    .device()
    .waitFor('a plan that knows of the change', () =>
      laptop.noticesOf('plan').find((notice) => notice.plan.uploadChanges > 0),
    );
  expect(plan).toMatchObject({ direction: 'bidirectional', uploadChanges: 1, downloadRecords: 2 });
  expect(laptop.device().pending(space)).toHaveLength(1);
  expect(
    laptop
      .device()
      .list(space, 'notes')
      .map(({ id }) => id),
  ).toEqual(['n3']);
});

test('who only uploads is answered and keeps no copy of others', async () => {
  const { space, join, expectNoFaults } = await newPlace();
  const phone = await join('phone');
  const sensor = await join('sensor', { mode: 'upload-only' });
  phone.device().change(space, creates('notes', 'n1', { v: 1 }));
  sensor.device().change(space, creates('readings', 'r1', { celsius: 21 }));
  await shows(phone, space, 'readings', 'r1', { celsius: 21 });
  await sensor.device().waitFor('the answer', () => sensor.device().pending(space).length === 0);
  expect(sensor.device().list(space, 'notes')).toEqual([]);
  await expectNoFaults(phone);
});

test('a device holds its scope, and what leaves the scope goes', async () => {
  const { space, join, expectNoFaults } = await newPlace({ collection: 'tasks', json: true });
  const phone = await join('phone');
  const fields = [{ field: 'ward', json: '"3"' }];
  const ward = await join('ward', {
    ...at('gateway-2'),
    scope: { ...WHOLE_SPACE, collections: [collectionName('tasks')], fields },
  });
  phone
    .device()
    .change(
      space,
      creates('tasks', 't1', { ward: '3' }),
      creates('tasks', 't2', { ward: '4' }),
      creates('notes', 'n1', { ward: '3' }),
    );
  await shows(ward, space, 'tasks', 't1', { ward: '3' });
  expect(ward.device().view(space)).toHaveLength(1);
  phone.device().change(space, patches('tasks', 't1', { ward: '4' }), patches('tasks', 't2', { ward: '3' }));
  await shows(ward, space, 'tasks', 't2', { ward: '3' });
  expect(
    ward
      .device()
      .view(space)
      .map(({ id }) => id),
  ).toEqual(['t2']);
  await expectNoFaults(phone);
});

describe('who may not', () => {
  test('is not let into a space, and reads and writes nothing there', async () => {
    const { space, join } = await newPlace();
    const owner = await join('owner');
    owner.device().change(space, creates('notes', 'n1', { v: 1 }));
    await rest([owner], space);
    const stranger = newMember(stack, `stranger-${space}`, { user: 'eve', claims: { spaces: {} } });
    ended.push(stranger);
    stranger.device().follow(space);
    stranger.device().change(space, creates('notes', 'n2', { v: 1 }));
    stranger.device().goOnline();
    const stopped = await stranger
      .device()
      .waitFor('being stopped', () => stranger.noticesOf('stopped').at(0));
    expect(['PERMISSION_DENIED', 'SPACE_NOT_FOUND']).toContain(stopped.refusal.reason);
    expect(
      stranger
        .device()
        .list(space, 'notes')
        .map(({ id }) => id),
    ).toEqual(['n2']);
    expect(
      owner
        .device()
        .list(space, 'notes')
        .map(({ id }) => id),
    ).toEqual(['n1']);
  });

  test('a reader reads, and what it writes is refused', async () => {
    const { space, join } = await newPlace();
    const owner = await join('owner');
    const reader = await join('reader', { user: 'bob', role: 'reader' });
    owner.device().change(space, creates('notes', 'n1', { v: 1 }));
    await shows(reader, space, 'notes', 'n1', { v: 1 });
    reader.device().change(space, creates('notes', 'n2', { v: 1 }));
    await reader
      .device()
      .waitFor('a refusal', () =>
        [...reader.noticesOf('refusal'), ...reader.noticesOf('change-failed')].at(0),
      );
    expect(owner.device().get(space, 'notes', 'n2')).toBeNull();
  });

  test('loses an open session when the membership ends', async () => {
    const { space, join } = await newPlace();
    await office.putMember(space, 'bob', 'ROLE_EDITOR');
    const owner = await join('owner');
    const bob = await join('bob', { ...at('gateway-2'), user: 'bob', claims: { spaces: {} } });
    bob.device().change(space, creates('notes', 'n1', { v: 1 }));
    await shows(owner, space, 'notes', 'n1', { v: 1 });
    await office.removeMember(space, 'bob');
    const stopped = await bob.device().waitFor('being stopped', () => bob.noticesOf('stopped').at(0), 10_000);
    expect(['PERMISSION_DENIED', 'SPACE_NOT_FOUND']).toContain(stopped.refusal.reason);
    owner.device().change(space, creates('notes', 'n2', { v: 1 }));
    await rest([owner], space);
    expect(bob.device().get(space, 'notes', 'n2')).toBeNull();
  });

  test('a revoked device is shut out at once and stays out', async () => {
    const { join } = await newPlace();
    const phone = await join('phone', at('gateway-1'));
    await office.revokeDevice('ada', phone.name);
    await phone.device().waitFor('being stopped', () => phone.device().connection() === 'stopped', 10_000);
    expect(phone.noticesOf('stopped').at(0)?.refusal.reason).toBe('DEVICE_REVOKED');
    phone.device().goOnline();
    await phone.device().waitFor('being stopped again', () => phone.noticesOf('stopped').length > 1);
  });

  test('a token of another user never mixes two people’s data', async () => {
    const { space, join } = await newPlace();
    const phone = newMember(stack, `shared-${space}`, {
      user: 'ada',
      claims: { sub: 'bob', spaces: { [space]: 'owner' } },
    });
    ended.push(phone);
    phone.device().follow(space);
    phone.device().change(space, creates('notes', 'n1', { v: 1 }));
    phone.device().goOnline();
    await phone.device().waitFor('the other user', () => phone.noticesOf('other-user').at(0));
    expect(phone.device().pending(space)).toHaveLength(1);
    const bob = await join('bob', { user: 'bob' });
    expect(bob.device().view(space)).toEqual([]);
  });

  test('a forged token is turned away', async () => {
    const forged = sign('another secret of enough length', systemClock(), { sub: 'ada' });
    const { status, body } = await office.call('AdminService/CreateSpace', { space: 'mine' }, forged);
    expect([status, JSON.stringify(body)]).toEqual([401, expect.stringContaining('UNAUTHENTICATED')]);
  });
});

test('a cursor that was tampered with starts the copy over, and loses nothing', async () => {
  const { space, join, expectNoFaults } = await newPlace();
  const phone = await join('phone');
  phone.device().change(space, creates('notes', 'n1', { v: 1 }));
  await rest([phone], space);
  offline(phone);
  phone.device().change(space, creates('notes', 'n2', { v: 1 }));
  phone.crash((store) => {
    const { row } = store.load().spaces[0]!;
    const cursor = Uint8Array.from(row.cursor!);
    cursor[cursor.length - 1]! ^= 1;
    store.apply([{ kind: 'space', row: { ...row, cursor } }]);
  });
  online(phone);
  await phone.device().waitFor('a new start', () => phone.noticesOf('started-over').at(0));
  await expectNoFaults(phone);
  expect(contentOf(phone, space, 'notes', 'n2')).toEqual({ v: 1 });
});

test('a copy that was damaged is compared and put right, not fetched anew', async () => {
  const { space, join, expectNoFaults } = await newPlace();
  const phone = await join('phone');
  const images = Array.from({ length: 400 }, (_, n) => creates('notes', `n${n}`, { n }));
  phone.device().change(space, ...images);
  await rest([phone], space);
  phone.crash((store) => {
    const { row, records } = store.load().spaces[0]!;
    const [gone, wrong] = records;
    const damaged = { ...wrong!, payload: Uint8Array.from(Buffer.from('{"n":"damaged"}')) };
    store.apply([{ kind: 'copy', space: row.space, records: [damaged], gone: [gone!] }]);
  });
  await phone.device().waitFor('the mismatch', () => phone.noticesOf('digest-mismatch').at(0));
  phone.device().change(space, creates('notes', 'after', { v: 1 }));
  await expectNoFaults(phone);
  expect(phone.noticesOf('started-over')).toEqual([]);
});

test('tokens end in the middle of a session, and the user notices nothing', async () => {
  const { space, join, expectNoFaults } = await newPlace();
  const phone = await join('phone', { tokenLifeS: 3 });
  const laptop = await join('laptop', at('gateway-2'));
  const { connection } = phone.device().engine();
  const sessions = connection.id;
  for (let n = 1; n <= 8; n++) {
    phone.device().change(space, creates('notes', `n${n}`, { n }));
    await shows(laptop, space, 'notes', `n${n}`, { n });
    await moments(1_000);
  }
  await expectNoFaults(phone, laptop);
  expect(phone.noticesOf('stopped')).toEqual([]);
  expect(connection.id).toBe(sessions);
});

describe('what NATS and Redis keep can be lost at any moment', () => {
  test.each(['redis', 'nats'] as const)('%s', async (name) => {
    const { space, join, expectNoFaults } = await newPlace();
    const phone = await join('phone', at('gateway-1'));
    const laptop = await join('laptop', at('gateway-2'));
    for (let n = 1; n <= 20; n++) {
      if (n === 7 || n === 14) await stack.wipe(name);
      phone.device().change(space, creates('notes', `n${n}`, { n }));
      laptop.device().change(space, creates('forms', `f${n}`, { n }));
      await rest([phone, laptop], space);
    }
    await expectNoFaults(phone, laptop);
    expect([...phone.noticesOf('stopped'), ...laptop.noticesOf('stopped')]).toEqual([]);
  });
});
