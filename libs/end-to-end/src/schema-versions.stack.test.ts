import { creates, patches, updates } from '@syncline/client-node';
import { collectionName, CONFLICTS, decodeUtf8 } from '@syncline/core';
import { openOffice } from './office';
import { type Member, newMember } from './pool';
import { rest } from './rest';
import { type Stack, startStack } from './stack';

const START_MS_MAX = 180_000;
const TEST_MS_MAX = 60_000;
const SPACE = 'house';
const CONTACTS = 'contacts';

const BEFORE = { collection: CONTACTS, json: true, fieldMerge: {}, schema: { current: 1, oldest: 1 } };
const AFTER = {
  ...BEFORE,
  schema: {
    current: 2,
    oldest: 1,
    steps: [
      {
        toVersion: 2,
        up: [
          { split: { field: 'name', separator: ' ', into: ['first', 'last'] } },
          { rename: { field: 'phone', to: 'telephone' } },
          { default: { field: 'vip', value: Buffer.from('false').toString('base64') } },
        ],
      },
    ],
  },
};

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ counts: { gateway: 2, merge: 1, delta: 1 } });
}, START_MS_MAX);

afterAll(async () => {
  await stack.close();
}, START_MS_MAX);

async function join(name: string, schemaVersion: number): Promise<Member> {
  const member = newMember(stack, name, {
    claims: { spaces: { [SPACE]: 'owner' } },
    config: { schemaVersions: new Map([[collectionName(CONTACTS), schemaVersion]]) },
  });
  const device = member.device();
  device.follow(SPACE);
  device.goOnline();
  await rest([member], SPACE);
  return member;
}

const shown = (member: Member, id: string): unknown => {
  const record = member.device().get(SPACE, CONTACTS, id);
  return record === null ? null : (JSON.parse(decodeUtf8(record.payload)) as unknown);
};

/** Waits for what both of them show, each in its own shape. */
async function bothShow(id: string, old: [Member, object], newer: [Member, object]): Promise<void> {
  for (const [member, wanted] of [old, newer])
    await member
      .device()
      .waitFor(`${id} at ${member.name}`, () => JSON.stringify(sorted(shown(member, id))) === said(wanted));
}

const sorted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
    : value;
const said = (value: object): string => JSON.stringify(sorted(value));

/** What a device of that version would be sent behind a cursor. */
async function pull(schemaVersion: number, cursor?: string) {
  const caller = { device: `poller-${schemaVersion}`, schemaVersions: { [CONTACTS]: schemaVersion } };
  const asked = { caller, space: SPACE, ...(cursor === undefined ? {} : { cursor }) };
  const { status, body } = await openOffice(stack).call('SyncService/Pull', asked);
  expect(status).toBe(200);
  return body as { pages?: readonly object[]; checkpoint: { cursor: string } };
}

test(
  'an old and a new application exchange records, each in its own shape, and lose nothing',
  async () => {
    const office = openOffice(stack);
    await office.createSpace(SPACE);
    await office.declare(SPACE, BEFORE);
    const phone = await join('phone', 1);
    phone.device().change(SPACE, creates(CONTACTS, 'ada', { name: 'Ada Lovelace', phone: '1' }));
    await rest([phone], SPACE);
    const standing = await pull(2);

    await office.declare(SPACE, AFTER);
    const after = await pull(2, standing.checkpoint.cursor);
    expect(after.pages ?? []).toEqual([]);

    const laptop = await join('laptop', 2);
    const ada = { first: 'Ada', last: 'Lovelace', telephone: '1', vip: false };
    await bothShow('ada', [phone, { name: 'Ada Lovelace', phone: '1' }], [laptop, ada]);

    laptop.device().change(SPACE, updates(CONTACTS, 'ada', { ...ada, last: 'King', vip: true, note: 'x' }));
    const told = { name: 'Ada King', phone: '1', note: 'x' };
    await bothShow(
      'ada',
      [phone, { ...told, vip: true }],
      [laptop, { ...ada, last: 'King', vip: true, note: 'x' }],
    );

    // The phone leaves out what it does not know, and what it cannot hold stays.
    laptop.device().change(SPACE, patches(CONTACTS, 'ada', { vip: false }));
    await bothShow('ada', [phone, told], [laptop, { ...ada, last: 'King', note: 'x' }]);
    phone.device().change(SPACE, updates(CONTACTS, 'ada', { ...told, phone: '2' }));
    await bothShow(
      'ada',
      [phone, { ...told, phone: '2' }],
      [laptop, { ...ada, last: 'King', telephone: '2', note: 'x' }],
    );

    // At the same time, without knowing of each other: both stay.
    phone.device().goOffline();
    phone.device().change(SPACE, patches(CONTACTS, 'ada', { phone: '3' }));
    laptop.device().change(SPACE, patches(CONTACTS, 'ada', { last: 'Byron', note: 'y' }));
    await rest([laptop], SPACE);
    phone.device().goOnline();
    await bothShow(
      'ada',
      [phone, { name: 'Ada Byron', phone: '3', note: 'y' }],
      [laptop, { ...ada, last: 'Byron', telephone: '3', note: 'y' }],
    );

    phone.device().change(SPACE, creates(CONTACTS, 'odd', { name: 5 }));
    await laptop.device().waitFor('the conflict', () => laptop.device().list(SPACE, CONFLICTS).length > 1);
    const whys = laptop
      .device()
      .list(SPACE, CONFLICTS)
      .map(({ payload }) => (JSON.parse(decodeUtf8(payload)) as { why: string }).why);
    expect(whys).toContain('Version 2 needs a split of name, but it is not a text.');
    expect(shown(laptop, 'odd')).toBeNull();
    await rest([phone, laptop], SPACE);
    expect(phone.noticesOf('answered').at(-1)).toMatchObject({ status: 'HELD' });
    for (const member of [phone, laptop]) member.end();
  },
  TEST_MS_MAX,
);
