import type { Answer, Reason } from '@syncline/core';
import { change, NOTES, readJson } from '@syncline/port-contracts';
import * as proto from '@syncline/proto';
import { HOME, HOME_KEY } from '../gateway.test-fixtures';
import { type HistoryCaller, type HistoryWorld, historyWorld } from './history-world.test-fixtures';

const reasonOf = (answer: Answer<unknown>): Reason | 'OK' => (answer.ok ? 'OK' : answer.refusal.reason);
function valueOf<Value>(answer: Answer<Value>): Value {
  if (!answer.ok) throw new Error(`${answer.refusal.reason}: ${answer.refusal.message}`);
  return answer.value;
}

const A = { space: HOME, collection: NOTES, id: 'a' };
const atVersion = (version: number): proto.Moment => ({ moment: { $case: 'version', version } });

/** Versions 1 to 4: a made, b made, a changed, b deleted. */
async function written(): Promise<HistoryWorld> {
  const world = await historyWorld();
  await world.write(
    change.create('a', { n: 1 }),
    change.create('b', { n: 2 }),
    change.update('a', { n: 3 }, { baseVersion: 1 }),
    change.delete('b', { baseVersion: 2 }),
  );
  return world;
}

describe.each(['grpc', 'http'] as const)('over %s', (way) => {
  const made = {} as { world: HistoryWorld; caller: HistoryCaller };
  beforeEach(async () => {
    made.world = await written();
    made.caller = made.world[way];
  });
  afterEach(() => made.world.close());

  test('the versions of a record are listed, with or without contents', async () => {
    const list = async (given: Partial<proto.ListRecordVersionsRequest>) =>
      valueOf(
        await made.caller.call(
          'reader',
          'ListRecordVersions',
          proto.ListRecordVersionsRequest,
          proto.ListRecordVersionsResponse,
          { ...A, ...given },
        ),
      );
    const { entries, next } = await list({});
    expect(entries.map(({ record, action }) => [record!.version, action, readJson(record!.payload)])).toEqual(
      [
        [3, proto.HistoryAction.UPDATE, { n: 3 }],
        [1, proto.HistoryAction.CREATE, { n: 1 }],
      ],
    );
    expect(next).toBe('');
    const bare = await list({ withoutContents: true, resultsMax: 1 });
    expect(bare.entries.map(({ record }) => record!.payload.length)).toEqual([0]);
    expect((await list({ after: bare.next })).entries).toMatchObject([{ record: { version: 1 } }]);
  });

  test('a record is told as it was', async () => {
    const at = (id: string, version: number) =>
      made.caller.call('reader', 'GetRecordAt', proto.GetRecordAtRequest, proto.GetRecordAtResponse, {
        ...A,
        id,
        at: atVersion(version),
      });
    expect(readJson(valueOf(await at('b', 3)).record!.payload)).toEqual({ n: 2 });
    expect(valueOf(await at('b', 4))).toEqual({ record: undefined, version: 4 });
    expect(reasonOf(await at('b', 5))).toBe('VERSION_NOT_FOUND');
  });

  test('a space is told as it was, in parts', async () => {
    const at = (caller: string | null, version: number) =>
      made.caller.parts(caller, 'ReadSpaceAt', proto.ReadSpaceAtRequest, proto.ReadSpaceAtResponse, {
        space: HOME,
        at: atVersion(version),
      });
    const parts = valueOf(await at('reader', 2));
    expect(parts.flatMap(({ records }) => records.map(({ id, payload }) => [id, readJson(payload)]))).toEqual(
      [
        ['a', { n: 1 }],
        ['b', { n: 2 }],
      ],
    );
    expect(parts.every(({ version }) => version === 2)).toBe(true);
    expect(reasonOf(await at('reader', 9))).toBe('VERSION_NOT_FOUND');
    expect(reasonOf(await at('stranger', 2))).toBe('SPACE_NOT_FOUND');
    expect(reasonOf(await at(null, 2))).toBe('UNAUTHENTICATED');
    expect(
      reasonOf(
        await made.caller.parts(
          'reader',
          'ReadSpaceAt',
          proto.ReadSpaceAtRequest,
          proto.ReadSpaceAtResponse,
          { space: HOME },
        ),
      ),
    ).toBe('INVALID_ARGUMENT');
  });

  test('a record and a space are restored, and devices receive it as any change', async () => {
    const device = made.world.gate.device('watching');
    device.hello();
    await device.follow();
    expect((await device.next('page')).entries).toHaveLength(1);
    const restored = await made.caller.call(
      'editor',
      'RestoreRecord',
      proto.RestoreRecordRequest,
      proto.RestoreRecordResponse,
      { ...A, version: 1, seenVersion: 3 },
    );
    expect(valueOf(restored).record).toMatchObject({ version: 5, device: 'sys.service', user: 'editor' });
    const page = await device.next('page');
    expect(page.entries).toMatchObject([{ kind: 'put', record: { version: 5 } }]);
    const restore = (dryRun: boolean) =>
      made.caller.call('owner', 'RestoreSpace', proto.RestoreSpaceRequest, proto.RestoreSpaceResponse, {
        space: HOME,
        to: atVersion(4),
        dryRun,
      });
    const counts = { changedCount: 1, deletedCount: 0, recreatedCount: 0 };
    expect(valueOf(await restore(true))).toEqual({ ...counts, head: 5 });
    expect(valueOf(await restore(false))).toEqual({ ...counts, head: 6 });
    expect((await device.next('page')).entries).toMatchObject([{ kind: 'put', record: { version: 6 } }]);
  });

  test('the signed head of the chain is told', async () => {
    const head = async (version: number) =>
      valueOf(
        await made.caller.call(
          'owner',
          'GetChainHead',
          proto.GetChainHeadRequest,
          proto.GetChainHeadResponse,
          {
            space: HOME,
            version,
          },
        ),
      ).head!;
    expect(await head(0)).toMatchObject({ version: 4, epoch: 1, keyId: '1' });
    expect(await head(2)).toMatchObject({ version: 2 });
    expect((await head(4)).chainHash).toEqual((await head(0)).chainHash);
    expect((await head(4)).signature).toHaveLength(64);
  });
});

const CALLERS = ['operator', 'owner', 'editor', 'reader', 'stranger', 'of another tenant'] as const;

test.each<
  [string, (world: HistoryWorld, caller: string) => Promise<Answer<unknown>>, readonly (Reason | 'OK')[]]
>([
  [
    'ListRecordVersions',
    ({ grpc }, caller) =>
      grpc.call(
        caller,
        'ListRecordVersions',
        proto.ListRecordVersionsRequest,
        proto.ListRecordVersionsResponse,
        A,
      ),
    ['OK', 'OK', 'OK', 'OK', 'SPACE_NOT_FOUND', 'SPACE_NOT_FOUND'],
  ],
  [
    'GetRecordAt',
    ({ grpc }, caller) =>
      grpc.call(caller, 'GetRecordAt', proto.GetRecordAtRequest, proto.GetRecordAtResponse, {
        ...A,
        at: atVersion(1),
      }),
    ['OK', 'OK', 'OK', 'OK', 'SPACE_NOT_FOUND', 'SPACE_NOT_FOUND'],
  ],
  [
    'ReadSpaceAt',
    ({ grpc }, caller) =>
      grpc.parts(caller, 'ReadSpaceAt', proto.ReadSpaceAtRequest, proto.ReadSpaceAtResponse, {
        space: HOME,
        at: atVersion(1),
      }),
    ['OK', 'OK', 'OK', 'OK', 'SPACE_NOT_FOUND', 'SPACE_NOT_FOUND'],
  ],
  [
    'RestoreRecord',
    ({ grpc }, caller) =>
      grpc.call(caller, 'RestoreRecord', proto.RestoreRecordRequest, proto.RestoreRecordResponse, {
        ...A,
        version: 1,
      }),
    ['OK', 'OK', 'OK', 'PERMISSION_DENIED', 'SPACE_NOT_FOUND', 'SPACE_NOT_FOUND'],
  ],
  [
    'RestoreSpace',
    ({ grpc }, caller) =>
      grpc.call(caller, 'RestoreSpace', proto.RestoreSpaceRequest, proto.RestoreSpaceResponse, {
        space: HOME,
        to: atVersion(1),
      }),
    ['OK', 'OK', 'PERMISSION_DENIED', 'PERMISSION_DENIED', 'SPACE_NOT_FOUND', 'SPACE_NOT_FOUND'],
  ],
  [
    'GetChainHead',
    ({ grpc }, caller) =>
      grpc.call(caller, 'GetChainHead', proto.GetChainHeadRequest, proto.GetChainHeadResponse, {
        space: HOME,
      }),
    ['OK', 'OK', 'PERMISSION_DENIED', 'PERMISSION_DENIED', 'SPACE_NOT_FOUND', 'SPACE_NOT_FOUND'],
  ],
  [
    'ExportAudit',
    ({ grpc }, caller) =>
      grpc.parts(caller, 'ExportAudit', proto.ExportAuditRequest, proto.ExportAuditResponse, { space: HOME }),
    ['OK', 'OK', 'PERMISSION_DENIED', 'PERMISSION_DENIED', 'SPACE_NOT_FOUND', 'SPACE_NOT_FOUND'],
  ],
])('%s is for those who may', async (_, call, reasons) => {
  const world = await written();
  const answers: (Reason | 'OK')[] = [];
  for (const caller of CALLERS) answers.push(reasonOf(await call(world, caller)));
  await world.close();
  expect(answers).toEqual(reasons);
});

describe('answers in lines', () => {
  test('are lines of JSON, one for each part', async () => {
    const world = await written();
    const answer = await world.lines('reader', 'ReadSpaceAt', { space: HOME, at: { version: 2 } });
    await world.close();
    expect(answer).toMatchObject({ status: 200, type: 'application/x-ndjson', broken: false });
    expect(answer.text.split('\n').map((line) => line.slice(0, 12))).toEqual([
      '{"version":2',
      '{"records":[',
      '',
    ]);
  });

  test('a refusal before the first one is an answer as to any call', async () => {
    const world = await written();
    const answer = await world.lines('reader', 'ExportAudit', { space: HOME });
    const none = await world.lines(null, 'ExportAudit', { space: HOME });
    await world.close();
    expect(answer).toMatchObject({ status: 403, type: 'application/json', broken: false });
    expect(none.status).toBe(401);
  });

  test('a later one is told in a last line, and the answer breaks off', async () => {
    const made = await historyWorld();
    const { store } = made;
    const gate = await made.gateway({
      store: { ...store, entriesAt: async () => ({ reach: { head: 4, keptFrom: 4 }, entries: [] }) },
    });
    await made.write(change.create('a', { n: 1 }));
    const answer = await fetch(`http://${gate.address.http}/syncline.v1.HistoryService/ReadSpaceAt`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer reader' },
      body: JSON.stringify({ space: HOME, at: { version: 1 } }),
    });
    const text = answer.text().then(
      () => 'whole',
      () => 'broken off',
    );
    expect([answer.status, await text]).toEqual([200, 'broken off']);
    expect(
      await gate.metric(
        'call_seconds_count{method="syncline.v1.HistoryService/ReadSpaceAt",reason="VERSION_NOT_FOUND"}',
      ),
    ).toBe(1);
    await made.close();
  });

  test('calls in parts end when the gateway drains', async () => {
    const world = await written();
    await world.gate.drain();
    const answer = await world.grpc.parts(
      'owner',
      'ReadSpaceAt',
      proto.ReadSpaceAtRequest,
      proto.ReadSpaceAtResponse,
      { space: HOME, at: atVersion(1) },
    );
    expect(reasonOf(answer)).toBe('DRAINING');
    expect((await world.store.state(HOME_KEY))?.head).toBe(4);
    await world.close();
  });
});

test('restoring a record counts as a change of the user who does it', async () => {
  const world = await historyWorld({}, { changesPerSecondPerUserMax: 1, changesBurstPerUserMax: 1 });
  await world.write(change.create('a', { n: 1 }), change.update('a', { n: 2 }, { baseVersion: 1 }));
  const restore = (version: number) =>
    world.grpc.call('editor', 'RestoreRecord', proto.RestoreRecordRequest, proto.RestoreRecordResponse, {
      ...A,
      version,
    });
  expect(reasonOf(await restore(1))).toBe('OK');
  expect(await restore(2)).toMatchObject({
    refusal: { reason: 'RATE_LIMITED', facts: { limit: 'changes_per_second_per_user_max' } },
  });
  await world.close();
});
