import { memoryDeviceStore, openDevice } from '@syncline/client-node';
import {
  type Change,
  collectionName,
  CONFLICTS,
  contentHash,
  deviceId,
  digestSum,
  encodeKept,
  type HlcTime,
  recordId,
  refused,
  spaceId,
  userId,
  WHOLE_SPACE,
} from '@syncline/core';
import { systemChance, systemClock, systemTimer } from '@syncline/memory';
import { type Compared, faultsIn } from './check-space';
import { answerKey, type Answered } from './pool';
import type { SpaceRows } from './postgres-rows';

const SPACE = 'home';
const NOTES = 'notes';

const content = (text: string): Buffer => Buffer.from(JSON.stringify({ text }));

/** One device made two notes, changed one of them and lost against another device with the other one. */
function goodRows(): SpaceRows {
  const note = (id: string, version: number, text: string) => ({
    collection: NOTES,
    id,
    version,
    payload: content(text),
    kept: null,
  });
  const entry = {
    ...{ collection: CONFLICTS, id: 'notes/phone/4', version: 5 },
    ...{ payload: content('entry'), kept: null },
  };
  const records = [note('a', 3, 'a2'), note('b', 4, 'theirs'), entry];
  const made = (version: number, id: string, device: string, number: number, text: string) => ({
    version,
    collection: NOTES,
    id,
    device,
    number,
    payload: content(text),
  });
  return {
    space: {
      head: 5,
      epoch: 1,
      records: 3,
      bytes: records.reduce((sum, { payload }) => sum + payload.length, 0),
      digests: { [NOTES]: lanes(records.slice(0, 2)), [CONFLICTS]: lanes([entry]) },
    },
    records,
    history: [
      made(1, 'a', 'phone', 1, 'a1'),
      made(2, 'b', 'phone', 2, 'b1'),
      made(3, 'a', 'phone', 3, 'a2'),
      made(4, 'b', 'laptop', 1, 'theirs'),
      { ...entry, device: 'phone', number: 4 },
    ],
    receipts: [
      ...[1, 2, 3].map((number) => ({ device: 'phone', number, status: 'APPLIED', conflict: null })),
      { device: 'phone', number: 4, status: 'LOST', conflict: 'notes/phone/4' },
      { device: 'laptop', number: 1, status: 'APPLIED', conflict: null },
    ],
    lastNumbers: new Map([
      ['phone', 4],
      ['laptop', 1],
    ]),
  };
}

function lanes(records: SpaceRows['records']): number[] {
  const sum = digestSum();
  for (const row of records) {
    const id = recordId(row.id);
    sum.add(id, row.version, contentHash(id, row.payload));
  }
  const { count, versions, contents } = sum.result();
  return [count, versions.a, versions.b, contents.a, contents.b];
}

/** A device that holds what the rows say. */
function phoneWith({ records }: SpaceRows): Compared {
  const store = memoryDeviceStore();
  const space = spaceId(SPACE);
  const user = userId('ada');
  const images = records.map((row) => ({
    collection: row.collection as ReturnType<typeof collectionName>,
    id: recordId(row.id),
    version: row.version,
    payload: Uint8Array.from(row.payload),
    user,
    time: 1 as HlcTime,
    device: deviceId('phone'),
    number: 1,
    schemaVersion: 0,
    resurrected: false,
  }));
  store.apply([
    {
      kind: 'space',
      row: {
        space,
        user,
        scope: WHOLE_SPACE,
        mode: 'bidirectional',
        version: 5,
        cursor: Buffer.from('cursor'),
        epoch: 1,
        counter: 4,
        sentUpTo: 4,
        coveredUpTo: 4,
        failedCounter: 0,
        staging: null,
      },
    },
    { kind: 'copy', space, records: images, gone: [] },
  ]);
  const device = openDevice({
    device: 'phone',
    user: 'ada',
    transport: {
      connect: () => ({ send: () => undefined, close: () => undefined, cut: () => undefined }),
      compare: async () => refused('UNAVAILABLE'),
    },
    store,
    token: async () => '',
    clock: systemClock(),
    chance: systemChance(),
    timer: systemTimer(),
  });
  return { name: 'phone', device: () => device, answers: goodAnswers(), renumbered: () => 0 };
}

function goodAnswers(): Map<string, Answered> {
  const answer = (number: number, id: string, text: string, more: Partial<Answered> = {}): Answered => ({
    change: {
      kind: number < 3 ? 'create' : 'update',
      collection: collectionName(NOTES),
      id: recordId(id),
      number,
      payload: Uint8Array.from(content(text)),
    } as Change,
    status: 'APPLIED',
    version: number,
    conflict: null,
    ...more,
  });
  const all = [
    answer(1, 'a', 'a1'),
    answer(2, 'b', 'b1'),
    answer(3, 'a', 'a2'),
    answer(4, 'b', 'mine', { status: 'LOST', conflict: 'notes/phone/4' }),
  ];
  return new Map(all.map((each) => [answerKey(SPACE, each.change.number), each]));
}

test('a space in order has no faults', () => {
  const rows = goodRows();
  expect(faultsIn(rows, SPACE, [phoneWith(rows)])).toEqual([]);
});

type Damage = (rows: SpaceRows) => SpaceRows;

const without = (rows: SpaceRows, number: number): SpaceRows => ({
  ...rows,
  history: rows.history.filter((row) => row.version !== number),
});

const state = Uint8Array.of(1);
const KEPT = Buffer.from(encodeKept({ kind: 'data', type: 'yjs', state, recent: [] }));

const damages: [string, Damage][] = [
  [
    'holds 1 records wrongly: notes/a',
    (rows) => ({
      ...rows,
      records: rows.records.map((row) => (row.id === 'a' ? { ...row, kept: KEPT } : row)),
    }),
  ],
  [
    'change 3 (update notes/a) was acknowledged as APPLIED and is lost',
    (rows) => ({ ...rows, receipts: rows.receipts.filter(({ number }) => number !== 3) }),
  ],
  ['change 2 (create notes/b) is APPLIED and has no effect', (rows) => without(rows, 2)],
  ['history: version 2 is missing', (rows) => without(rows, 2)],
  [
    'change 3 (update notes/a) took effect 2 times',
    (rows) => ({ ...rows, history: [...rows.history, { ...rows.history[2]!, version: 6 }] }),
  ],
  [
    'change 3 (update notes/a) was applied with another content than was sent',
    (rows) => ({
      ...rows,
      history: rows.history.map((row) => (row.version === 3 ? { ...row, payload: content('other') } : row)),
    }),
  ],
  [
    'change 3 (update notes/a) was told APPLIED, and stored is MERGED',
    (rows) => ({
      ...rows,
      receipts: rows.receipts.map((row) =>
        row.device === 'phone' && row.number === 3 ? { ...row, status: 'MERGED' } : row,
      ),
    }),
  ],
  [
    'its conflict notes/phone/4 is not in the ledger',
    (rows) => ({ ...rows, records: rows.records.filter(({ collection }) => collection !== CONFLICTS) }),
  ],
  ['made 4 changes, the server knows 5', (rows) => ({ ...rows, lastNumbers: new Map([['phone', 5]]) })],
  ['stands at version 5, the head is 6', (rows) => ({ ...rows, space: { ...rows.space, head: 6 } })],
  [
    'holds 1 records wrongly: notes/b',
    (rows) => ({
      ...rows,
      records: rows.records.map((row) => (row.id === 'b' ? { ...row, payload: content('else') } : row)),
    }),
  ],
  [
    'holds 3 records, Postgres 2',
    (rows) => ({ ...rows, records: rows.records.filter(({ id }) => id !== 'b') }),
  ],
  [
    'notes/a: the record is not what version 3 made of it',
    (rows) => ({
      ...rows,
      records: rows.records.map((row) => (row.id === 'a' ? { ...row, payload: content('a1') } : row)),
    }),
  ],
  ['the space counts 4 records', (rows) => ({ ...rows, space: { ...rows.space, records: 4 } })],
  [
    'the digest of notes is not that of its records',
    (rows) => ({
      ...rows,
      space: { ...rows.space, digests: { ...rows.space.digests, notes: [2, 1, 2, 3, 4] } },
    }),
  ],
];

test.each(damages)('%s', (fault, damage) => {
  const rows = goodRows();
  const faults = faultsIn(damage(rows), SPACE, [phoneWith(rows)]);
  expect(faults.join('\n')).toContain(fault);
});

test('a change that was never answered, and one that is answered without an entry in the ledger', () => {
  const rows = goodRows();
  const phone = phoneWith(rows);
  const answers = goodAnswers();
  answers.delete(answerKey(SPACE, 1));
  const lost = answers.get(answerKey(SPACE, 4))!;
  answers.set(answerKey(SPACE, 4), { ...lost, conflict: null });
  const faults = faultsIn(rows, SPACE, [{ ...phone, answers }]);
  expect(faults).toEqual([
    'phone: change 1 was never answered',
    'phone: change 4 (update notes/b) is LOST, and its conflict null is not in the ledger',
  ]);
});

test('a device that had to number changes anew hides what was lost', () => {
  const rows = goodRows();
  expect(faultsIn(rows, SPACE, [{ ...phoneWith(rows), renumbered: () => 2 }])).toEqual([
    'phone: had to number 2 changes anew: the server forgot some',
  ]);
});
