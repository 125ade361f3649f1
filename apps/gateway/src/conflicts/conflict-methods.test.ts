import { collectionName, undeclaredRules } from '@syncline/core';
import { change, deviceOn, eventually } from '@syncline/port-contracts';
import * as proto from '@syncline/proto';
import { type AdminWorld, adminWorld, reasonOf, valueOf } from '../admin/admin-world.test-fixtures';
import { HOME_KEY } from '../gateway.test-fixtures';

const NOTES = collectionName('notes');
const ID = 'notes/late/1';

const made: { world?: AdminWorld } = {};
const world = (): AdminWorld => made.world!;

/** In `home`, the change of device `late` to note `a` waits: version 1 was its base, version 2 stands. */
async function openConflict(): Promise<void> {
  const { store } = world();
  await store.declare(HOME_KEY, { ...undeclaredRules(NOTES), policy: 'manual', json: true });
  await deviceOn(store, HOME_KEY, 'first').push(change.create('a', { n: 1 }), change.update('a', { n: 2 }));
  await deviceOn(store, HOME_KEY, 'late').push(change.update('a', { n: 3 }, { baseVersion: 1 }));
}

beforeEach(async () => {
  made.world = await adminWorld();
  await openConflict();
});
afterEach(() => made.world?.close());

const WAYS = ['grpc', 'http'] as const;
type Way = (typeof WAYS)[number];

const list = (way: Way, message: Partial<proto.ListConflictsRequest> = {}) =>
  world()[way]('reader', 'ListConflicts', proto.ListConflictsRequest, proto.ListConflictsResponse, {
    space: 'home',
    ...message,
  });
const get = (way: Way, id = ID) =>
  world()[way]('reader', 'GetConflict', proto.GetConflictRequest, proto.GetConflictResponse, {
    space: 'home',
    id,
  });
const resolve = (
  way: Way,
  choice: proto.Decision['choice'],
  given: Partial<proto.ResolveConflictRequest> = {},
) =>
  world()[way]('editor', 'ResolveConflict', proto.ResolveConflictRequest, proto.ResolveConflictResponse, {
    space: 'home',
    id: ID,
    decision: { choice, why: 'Because.' },
    ...given,
  });
const undo = (way: Way) =>
  world()[way]('editor', 'UndoResolution', proto.UndoResolutionRequest, proto.UndoResolutionResponse, {
    space: 'home',
    id: ID,
  });

const KEEP_INCOMING: proto.Decision['choice'] = { $case: 'keepIncoming', keepIncoming: {} };
const KEEP_STORED: proto.Decision['choice'] = { $case: 'keepStored', keepStored: {} };
const textOf = (record: proto.StoredRecord | undefined) => Buffer.from(record!.payload).toString();

describe.each(WAYS)('over %s', (way) => {
  test('conflicts are listed and read', async () => {
    const filter = proto.ConflictFilter.fromJSON({ state: 'CONFLICT_STATE_OPEN', device: 'late' });
    const listed = valueOf(await list(way, { filter }));
    expect([listed.conflicts.map(({ id }) => id), listed.total, listed.next]).toEqual([[ID], 1, '']);
    const { conflict } = valueOf(await get(way));
    expect(
      [conflict?.base, conflict?.stored, conflict?.incoming].map((side) => textOf(side?.record)),
    ).toEqual(['{"n":1}', '{"n":2}', '{"n":3}']);
    expect(conflict).toMatchObject({
      state: proto.ConflictState.OPEN,
      resolution: proto.Resolution.UNSPECIFIED,
      resolvedBy: proto.ResolvedBy.UNSPECIFIED,
      incoming: { dot: { device: 'late', number: 1 } },
    });
    expect(reasonOf(await get(way, 'notes/late/2'))).toBe('CONFLICT_NOT_FOUND');
  });

  test('a conflict is decided, taken back, and opened again', async () => {
    const decided = valueOf(await resolve(way, KEEP_INCOMING, { seenVersion: 2 }));
    expect([textOf(decided.record), decided.record?.user]).toEqual(['{"n":3}', 'editor']);
    expect(decided.conflict).toMatchObject({
      state: proto.ConflictState.RESOLVED,
      resolution: proto.Resolution.INCOMING,
      resolvedBy: proto.ResolvedBy.USER,
      resolvedByUser: 'editor',
      why: 'Because.',
    });
    expect(reasonOf(await resolve(way, KEEP_STORED))).toBe('CONFLICT_STATE');
    const undone = valueOf(await undo(way));
    expect([textOf(undone.record), undone.conflict?.state]).toEqual([
      '{"n":2}',
      proto.ConflictState.REOPENED,
    ]);
    valueOf(await resolve(way, KEEP_STORED));
    const [Asked, Told] = [proto.ReopenConflictRequest, proto.ReopenConflictResponse];
    const reopened = valueOf(
      await world()[way]('editor', 'ReopenConflict', Asked, Told, { space: 'home', id: ID, why: 'Look.' }),
    );
    expect(reopened.conflict).toMatchObject({ state: proto.ConflictState.REOPENED, why: 'Look.' });
  });

  test('content is replaced, and who saw an older one is told', async () => {
    const replace = { payload: Buffer.from('{"n":9}'), schemaVersion: 0 };
    const choice = { $case: 'replace', replace } as const;
    expect(reasonOf(await resolve(way, choice, { seenVersion: 1 }))).toBe('CHANGED_MEANWHILE');
    expect(textOf(valueOf(await resolve(way, choice)).record)).toBe('{"n":9}');
  });

  test('many are decided at once', async () => {
    const [Asked, Told] = [proto.ResolveConflictsRequest, proto.ResolveConflictsResponse];
    const told = valueOf(
      await world()[way]('owner', 'ResolveConflicts', Asked, Told, {
        space: 'home',
        ids: [ID, 'notes/late/2'],
        decision: { choice: KEEP_STORED, why: '' },
      }),
    );
    expect([told.resolvedIds, [...told.failed], told.more]).toEqual([
      [ID],
      [['notes/late/2', 'CONFLICT_NOT_FOUND']],
      false,
    ]);
  });

  test('other rules are tried', async () => {
    const rules = { ...proto.CollectionRules.fromJSON({ collection: 'notes', json: true }) };
    const [Asked, Told] = [proto.DryRunPolicyRequest, proto.DryRunPolicyResponse];
    const told = valueOf(
      await world()[way]('owner', 'DryRunPolicy', Asked, Told, {
        space: 'home',
        rules: { ...rules, policy: { $case: 'clientWins', clientWins: {} } },
      }),
    );
    expect(told).toMatchObject({ tried: 1, same: 0, different: 1, open: 0, skipped: 0 });
    const [example] = told.examples;
    expect([example?.conflict?.id, example?.resolution, Buffer.from(example!.payload).toString()]).toEqual([
      ID,
      proto.Resolution.INCOMING,
      '{"n":3}',
    ]);
  });
});

test('of two who decide at the same moment one wins', async () => {
  const answers = await Promise.all([resolve('grpc', KEEP_INCOMING), resolve('http', KEEP_STORED)]);
  expect(answers.map(reasonOf).sort()).toEqual(['CONFLICT_STATE', 'OK']);
});

test('decisions count as changes of the user who makes them', async () => {
  await made.world?.close();
  made.world = await adminWorld({}, { changesPerSecondPerUserMax: 1, changesBurstPerUserMax: 1 });
  await openConflict();
  expect(reasonOf(await resolve('grpc', KEEP_STORED))).toBe('OK');
  expect(await undo('grpc')).toMatchObject({
    refusal: { reason: 'RATE_LIMITED', facts: { limit: 'changes_per_second_per_user_max' } },
  });
});

test('devices that follow the space are told at once, with the record and the ledger', async () => {
  const device = world().gate.device('phone', 'reader');
  await device.follow();
  valueOf(await resolve('grpc', KEEP_INCOMING));
  const told = await eventually(() => {
    const entries = device.heard.flatMap((message) => (message.kind === 'page' ? message.entries : []));
    const versions = entries.map((entry) => ('record' in entry ? entry.record : entry).version);
    if (!versions.includes(5)) throw new Error(`heard of versions ${versions.join(', ')}`);
    return entries.slice(-2).map((entry) => ('record' in entry ? entry.record : entry).id);
  });
  expect(told).toEqual(['a', ID]);
});
