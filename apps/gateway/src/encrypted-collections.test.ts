import {
  type Change,
  collectionName,
  type PatchChange,
  recordId,
  type Scope,
  WHOLE_SPACE,
} from '@syncline/core';
import { systemClock } from '@syncline/memory';
import { create, HOME, HOME_KEY, pushOf, subscribeTo, type TestDevice } from './gateway.test-fixtures';
import { type HistoryWorld, historyWorld } from './history/history-world.test-fixtures';

/*
 * What a collection that devices encrypt can do, and what it cannot: whatever needs the plaintext is refused where it is
 * declared or asked for, with the reason, and all the rest is as in any other collection.
 */

const SECRETS = collectionName('secrets');
const NOW_MS = systemClock().nowMs();
/** No text, and no JSON. */
const sealed = (note: number): Uint8Array => new Uint8Array([255, 0, 192, note, 254]);
const base64 = (note: number): string => Buffer.from(sealed(note)).toString('base64');

let world: HistoryWorld;
beforeEach(async () => {
  world = await historyWorld();
});
afterEach(() => world.close());

interface Told {
  readonly [name: string]: never;
}

async function post(method: string, body: object, token = 'owner'): Promise<{ status: number; body: Told }> {
  const answer = await fetch(`http://${world.gate.address.http}/syncline.v1.${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ space: HOME, ...body }),
  });
  const text = await answer.text();
  const [first, ...rest] = text.trim().split('\n');
  return { status: answer.status, body: JSON.parse(rest.at(-1) ?? first!) as Told };
}

async function done(method: string, body: object): Promise<Told> {
  const answer = await post(method, body);
  expect([method, answer]).toEqual([method, expect.objectContaining({ status: 200 })]);
  return answer.body;
}

const declaring = (rules: object) =>
  post('AdminService/PutCollection', { rules: { collection: SECRETS, encrypted: true, ...rules } });

const STEP = { toVersion: 1, up: [{ rename: { field: 'a', to: 'b' } }], down: [] };

describe('of a collection that is encrypted', () => {
  test.each<[string, object, RegExp]>([
    ['that its payloads are JSON', { json: true }, /an encrypted payload cannot promise to be JSON/],
    [
      'a JSON Schema',
      { jsonSchema: Buffer.from('{}').toString('base64') },
      /cannot be checked against payloads that are encrypted/,
    ],
    ['merging by field', { fieldMerge: {} }, /field-merge reads payloads.*encrypted/],
    ['field rules', { fieldMerge: { otherwise: 'FIELD_STRATEGY_COUNTER' } }, /field-merge reads payloads/],
    [
      'a policy by its name that reads payloads',
      { named: { name: 'field-merge' } },
      /field-merge reads payloads/,
    ],
    ['steps between schemas', { schema: { current: 1, oldest: 0, steps: [STEP] } }, /schema\.steps/],
  ])('%s cannot be declared', async (_what, rules, why) => {
    const answer = await declaring(rules);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toMatch(why);
    expect((await world.store.collections(HOME_KEY))!.rules.size).toBe(0);
  });

  test.each<[string, object]>([
    ['last-write-wins', { lastWriteWins: { windowMs: 1_000 } }],
    ['server-wins', { serverWins: {} }],
    ['client-wins', { clientWins: {} }],
    ['manual', { manual: {}, deletes: 'DELETE_RULE_ASK' }],
    [
      'a size, schema versions and a retention',
      { recordBytesMax: 99, schema: { current: 3, oldest: 1 }, history: { versionsMax: 3 } },
    ],
  ])('%s can be declared', async (_what, rules) => {
    expect(await declaring(rules)).toMatchObject({ status: 200, body: { rules: { encrypted: true } } });
  });

  test('all that reads payloads is said at once', async () => {
    const { body } = await declaring({
      fieldMerge: {},
      json: true,
      jsonSchema: Buffer.from('{').toString('base64'),
    });
    const text = JSON.stringify(body);
    for (const field of ['encrypted', 'json', 'json_schema']) expect(text).toContain(`"field":"${field}"`);
  });
});

const secret = (number: number, note: number, given: Partial<Change> = {}): Change =>
  create(number, '', {
    collection: SECRETS,
    id: recordId('s'),
    payload: sealed(note),
    ...given,
  });

async function following(name: string, scope: Partial<Scope> = {}): Promise<TestDevice> {
  const device = world.gate.device(name);
  device.hello();
  await device.next('welcome');
  device.send(subscribeTo(HOME, { scope: { ...WHOLE_SPACE, ...scope } }));
  return device;
}

describe('devices of a collection that is encrypted', () => {
  beforeEach(async () => {
    expect((await declaring({ manual: {} })).status).toBe(200);
  });

  test('cannot ask for records by their fields', async () => {
    const device = await following('d', {
      collections: [SECRETS],
      fields: [{ field: 'ward', json: '"3"' }],
    });
    const { refusal } = await device.next('refusal');
    expect(refusal).toMatchObject({
      reason: 'INVALID_SCOPE',
      violations: [
        {
          field: 'scope.fields',
          description: 'collection secrets is encrypted, so its fields cannot be compared',
        },
      ],
    });
  });

  test('can ask for them by their ids and the times of their changes', async () => {
    const device = await following('d', {
      collections: [SECRETS],
      idPrefix: 's',
      changedFromMs: NOW_MS - 60_000,
      changedToMs: NOW_MS + 60_000,
    });
    await device.next('checkpoint');
    device.send(pushOf([secret(1, 1)]));
    expect((await device.next('outcomes')).outcomes).toMatchObject([{ status: 'APPLIED' }]);
    const other = await following('e', { collections: [SECRETS], idPrefix: 's', changedFromMs: 1 });
    expect((await other.next('page')).entries).toMatchObject([{ record: { payload: sealed(1) } }]);
  });

  test('cannot patch them, and what is behind a patch goes on', async () => {
    const device = await following('d');
    await device.next('checkpoint');
    const patch: PatchChange = {
      ...(secret(2, 2, { after: 1 }) as Change & { kind: 'create' }),
      kind: 'patch',
      patch: { set: new TextEncoder().encode('{"a":1}'), remove: [] },
    } as never;
    const update = { ...secret(3, 3, { after: 1 }), kind: 'update' } as Change;
    device.send(pushOf([secret(1, 1), patch, update]));
    const { outcomes } = await device.next('outcomes');
    expect(outcomes.map(({ status, reason }) => reason ?? status)).toEqual([
      'APPLIED',
      'UNSUPPORTED_CHANGE',
      'APPLIED',
    ]);
    expect(outcomes[1]!.message).toContain('an encrypted record cannot be patched');
  });

  test('have their conflicts told, decided, undone and tried, and their history read and restored', async () => {
    const [one, two] = [await following('one'), await following('two')];
    await one.next('checkpoint');
    await two.next('checkpoint');
    one.send(pushOf([secret(1, 1), { ...secret(2, 2, { after: 1 }), kind: 'update' } as Change]));
    await one.next('outcomes');
    two.send(pushOf([{ ...secret(1, 3, { baseVersion: 1 }), kind: 'update' } as Change]));
    const { outcomes } = await two.next('outcomes');
    expect(outcomes).toMatchObject([{ status: 'HELD', conflict: { kind: 'UPDATE_UPDATE' } }]);
    const { id } = outcomes[0]!.conflict!;
    const content = async (): Promise<unknown> => {
      const found = (await done('HistoryService/GetRecordAt', {
        collection: SECRETS,
        id: 's',
        at: { timeMs: NOW_MS + 60_000 },
      })) as unknown as { record: { payload: string } };
      return found.record.payload;
    };
    expect(await done('ConflictService/GetConflict', { id })).toMatchObject({
      conflict: {
        base: { record: { payload: base64(1) } },
        stored: { record: { payload: base64(2) } },
        incoming: { record: { payload: base64(3) } },
      },
    });
    const merged = { fieldMerge: {}, collection: SECRETS, encrypted: true };
    expect(await post('AdminService/DryRunPolicy', { rules: merged })).toMatchObject({ status: 400 });
    const wins = { clientWins: {}, collection: SECRETS, encrypted: true };
    expect(await done('AdminService/DryRunPolicy', { rules: wins })).toMatchObject({
      tried: 1,
      different: 1,
    });
    const byFields = { fields: { incoming: ['a'] } };
    expect((await post('ConflictService/ResolveConflict', { id, decision: byFields })).status).toBe(400);
    expect(await content()).toBe(base64(2));
    await done('ConflictService/ResolveConflict', { id, decision: { keepIncoming: {} } });
    expect(await content()).toBe(base64(3));
    await done('ConflictService/UndoResolution', { id });
    expect(await content()).toBe(base64(2));
    const { entries } = (await done('HistoryService/ListRecordVersions', {
      collection: SECRETS,
      id: 's',
    })) as unknown as { entries: { record: { payload: string } }[] };
    expect(entries.map(({ record }) => record.payload)).toEqual([2, 3, 2, 1].map(base64));
    await done('HistoryService/RestoreRecord', { collection: SECRETS, id: 's', version: 1 });
    expect(await content()).toBe(base64(1));
    await done('HistoryService/RestoreSpace', { to: { version: 2 } });
    expect(await content()).toBe(base64(2));
    expect(await done('HistoryService/ReadSpaceAt', { at: { version: 1 } })).toMatchObject({
      records: [{ payload: base64(1) }],
    });
  });
});
