import { type Change, deviceId, recordId } from '@syncline/core';
import type { PlacedSync, SyncEntry } from '@syncline/ports';
import { eventually } from '@syncline/port-contracts';
import * as proto from '@syncline/proto';
import { create, HOME, HOME_KEY, pushOf } from '../gateway.test-fixtures';
import { DEFAULT_TIMING } from '../gateway-timing';
import { type HistoryWorld, historyWorld } from '../history/history-world.test-fixtures';

const QUIET_MS = 150;
const timing = { ...DEFAULT_TIMING, tickMs: 20, keepEveryMs: 10, syncQuietMs: QUIET_MS, drainMs: 0 };

let world: HistoryWorld;
beforeEach(async () => {
  world = await historyWorld({ timing });
});
afterEach(() => world.close());

const update = (number: number, baseVersion: number): Change =>
  ({ ...create(number), kind: 'update', id: recordId('n1'), baseVersion }) as Change;
const everything = { user: null, device: null, fromMs: null, toMs: null, after: null, limit: 100 };
const noted = (device: string, count: number): Promise<readonly SyncEntry[]> =>
  eventually(async () => {
    const asked = { ...everything, space: HOME_KEY, device: deviceId(device) };
    const entries = await world.store.syncs(asked);
    if (entries.length !== count) throw new Error(`${entries.length} entries`);
    return entries;
  });

async function list(caller: string, given: Partial<proto.ListSyncEntriesRequest> = {}) {
  const message = { space: HOME, ...given };
  const { ListSyncEntriesRequest: asked, ListSyncEntriesResponse: told } = proto;
  const answers = [];
  for (const way of [world.grpc, world.http])
    answers.push(await way.call(caller, 'ListSyncEntries', asked, told, message));
  expect(answers[0]).toEqual(answers[1]);
  const [answer] = answers;
  return answer!.ok ? answer!.value : answer!.refusal.reason;
}
const devicesOf = (answer: Awaited<ReturnType<typeof list>>) =>
  typeof answer === 'string' ? answer : answer.entries.map(({ device }) => device);

describe('a sync', () => {
  test('is one entry of all that went either way until it was quiet', async () => {
    const [ann, bob] = [world.gate.device('a1'), world.gate.device('b1', 'bob-token')];
    await ann.follow();
    ann.send(pushOf([create(1), create(2)]));
    await ann.next('outcomes');
    ann.send(pushOf([update(3, 1)]));
    await ann.next('outcomes');
    const [pushed] = await noted('a1', 1);
    expect(pushed).toMatchObject({
      device: 'a1',
      user: 'ann',
      mode: 'bidirectional',
      fromVersion: 0,
      toVersion: 3,
      pushedCount: 3,
      conflictCount: 0,
      reason: null,
      reset: false,
    });
    expect(pushed!.sentBytes).toBeGreaterThan(100);
    expect(pushed!.durationMs).toBeLessThan(pushed!.startedAtMs);
    await bob.follow();
    const [pulled] = await noted('b1', 1);
    expect(pulled).toMatchObject({ fromVersion: 0, toVersion: 3, pushedCount: 0, receivedCount: 2 });
    expect(pulled!.receivedBytes).toBeGreaterThan(100);
    // What comes later is another one, which goes on from there.
    bob.send(pushOf([update(1, 1)]));
    await bob.next('outcomes');
    const [later] = await noted('b1', 2);
    expect(later).toMatchObject({ fromVersion: 3, pushedCount: 1, conflictCount: 1 });
    expect(await world.gate.metric('sync_entries_total{result="written"}')).toBeGreaterThanOrEqual(3);
  });

  test('is no entry where nothing went, and ends when the device leaves', async () => {
    const [idle, hasty] = [world.gate.device('idle'), world.gate.device('hasty')];
    await idle.follow();
    await hasty.follow();
    hasty.send(pushOf([create(1)]));
    await hasty.next('outcomes');
    hasty.send({ kind: 'unsubscribe', space: HOME });
    expect((await noted('hasty', 1))[0]).toMatchObject({ pushedCount: 1, reason: null });
    await idle.next('checkpoint');
    expect(await noted('idle', 1)).toMatchObject([{ fromVersion: 0, toVersion: 1, receivedCount: 1 }]);
  });

  test('says with which reason it ended, and that it began with a reset', async () => {
    const { cursor } = await world.gate.device('before').follow();
    await world.store.newEpoch(HOME_KEY);
    const device = world.gate.device('a1');
    await device.follow(HOME, { cursor });
    expect((await noted('a1', 1))[0]).toMatchObject({ reset: true, pushedCount: 0 });
    device.send(pushOf([create(7)]));
    const { refusal } = await device.next('refusal');
    expect((await noted('a1', 2))[0]).toMatchObject({ reason: refusal.reason, reset: false });
  });

  test('by calls is one entry of them all', async () => {
    const { PullRequest, PullResponse, PushRequest, PushResponse } = proto;
    const caller = { device: 'poller', tenant: '' };
    const sync = 'syncline.v1.SyncService';
    const post = async (name: string, body: object) => {
      const answer = await fetch(`http://${world.gate.address.http}/${sync}/${name}`, {
        method: 'POST',
        headers: { authorization: 'Bearer ann-token', 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(answer.status).toBe(200);
      return answer.json();
    };
    const changes = [{ number: 1, collection: 'notes', id: 'x', create: { payload: 'e30=' } }];
    PushResponse.fromJSON(
      await post(
        'Push',
        PushRequest.toJSON(PushRequest.fromJSON({ caller, push: { space: HOME, changes } })) as object,
      ),
    );
    const pulled = PullResponse.fromJSON(
      await post('Pull', PullRequest.toJSON(PullRequest.fromJSON({ caller, space: HOME })) as object),
    );
    expect(pulled.pages).toHaveLength(1);
    expect((await noted('poller', 1))[0]).toMatchObject({
      user: 'ann',
      mode: null,
      fromVersion: 0,
      toVersion: 1,
      pushedCount: 1,
      receivedCount: 1,
    });
  });

  test('that cannot be written is kept for a while, and the device notices nothing', async () => {
    const noteSyncs = (syncs: readonly PlacedSync[]): Promise<void> => world.store.noteSyncs(syncs);
    const failing = jest.fn<Promise<void>, [readonly PlacedSync[]]>(() =>
      Promise.reject(new Error('no connection')),
    );
    const store = { ...world.store, noteSyncs: failing };
    const gate = await world.gateway({ store, timing });
    const device = gate.device('a1');
    await device.follow();
    device.send(pushOf([create(1)]));
    await device.next('outcomes');
    await eventually(() => expect(failing.mock.calls.length).toBeGreaterThan(2));
    failing.mockImplementation(noteSyncs);
    expect((await noted('a1', 1))[0]).toMatchObject({ pushedCount: 1 });
    expect(await gate.metric('sync_entries_total{result="lost"}')).toBe(0);
  });
});

describe('the syncs of a space', () => {
  const at = (startedAtMs: number, user: string, device: string) => ({
    space: HOME_KEY,
    entry: {
      device: deviceId(device),
      user: user as SyncEntry['user'],
      startedAtMs,
      durationMs: 7,
      fromVersion: 1,
      toVersion: 2,
      mode: 'download-only',
      pushedCount: 0,
      receivedCount: 1,
      sentBytes: 0,
      receivedBytes: 9,
      conflictCount: 0,
      reason: 'RATE_LIMITED',
      reset: true,
      traceId: '0af7651916cd43dd8448eb211c80319c',
    } as const,
  });

  test('are listed for owners and operators, and to all others those of their own devices', async () => {
    await world.store.noteSyncs([at(1, 'owner', 'o1'), at(2, 'reader', 'r1'), at(3, 'editor', 'e1')]);
    expect(devicesOf(await list('owner'))).toEqual(['e1', 'r1', 'o1']);
    expect(devicesOf(await list('operator'))).toEqual(['e1', 'r1', 'o1']);
    expect(devicesOf(await list('reader'))).toEqual(['r1']);
    expect(devicesOf(await list('reader', { device: 'e1' }))).toEqual([]);
    expect(devicesOf(await list('editor'))).toEqual(['e1']);
    expect(devicesOf(await list('owner', { fromMs: 2, toMs: 3 }))).toEqual(['r1']);
    for (const caller of ['stranger', 'of another tenant'])
      expect(await list(caller)).toBe('SPACE_NOT_FOUND');
    const [entry] = ((await list('reader')) as proto.ListSyncEntriesResponse).entries;
    const { entry: stored } = at(2, 'reader', 'r1');
    expect(entry).toEqual({ ...stored, mode: proto.Mode.DOWNLOAD_ONLY });
  });

  test('come part by part', async () => {
    await world.store.noteSyncs([1, 2, 3, 4, 5].map((ms) => at(ms, 'owner', `o/${ms}`)));
    const found: string[] = [];
    for (let after = ''; ;) {
      const part = (await list('owner', { resultsMax: 2, after })) as proto.ListSyncEntriesResponse;
      found.push(...part.entries.map(({ device }) => device));
      if (part.next === '') break;
      after = part.next;
    }
    expect(found).toEqual(['o/5', 'o/4', 'o/3', 'o/2', 'o/1']);
    expect(await list('owner', { after: 'elsewhere' })).toBe('INVALID_ARGUMENT');
  });
});
