import * as fc from 'fast-check';
import type { Change, Push } from '../changes';
import { digestSum, type Digests, sameDigests } from '../digest';
import { type CollectionName, collectionName, recordKey, type Version } from '../ids';
import type { StoredRecord } from '../records';
import {
  create,
  outcomesOf,
  patch,
  pushOf,
  remove,
  rulesOf,
  testSpace,
  type TestSpace,
  textOf,
  update,
} from '../space.test-fixtures';
import type { MergePlan } from './facts';

const IDS = ['a', 'b'];
const DEVICES = ['d1', 'd2', 'd3'];
const FIELDS = { fields: { c: 'counter', s: 'set-union', m: 'max' } };
const RULES = [
  rulesOf({ collection: collectionName('lww') }),
  rulesOf({ collection: collectionName('fields'), policy: 'field-merge', rule: FIELDS }),
  rulesOf({
    collection: collectionName('asked'),
    policy: 'field-merge',
    rule: { default: 'ask' },
    deletes: 'ask',
  }),
  rulesOf({ collection: collectionName('held'), policy: 'manual', deletes: 'resurrect' }),
  rulesOf({ collection: collectionName('server'), policy: 'server-wins', deletes: 'delete-wins' }),
  rulesOf({
    collection: collectionName('client'),
    policy: 'client-wins',
    schema: { oldest: 0, current: 1, steps: [] },
  }),
];

interface Act {
  readonly device: number;
  readonly record: number;
  readonly collection: number;
  readonly kind: number;
  readonly value: number;
  readonly atMs: number;
  readonly schemaVersion: number;
  /** How far the device has read before it acts: a share of what it lacks. */
  readonly reads: number;
  readonly sends: boolean;
}

const acts = fc.array(
  fc.record<Act>({
    device: fc.nat(DEVICES.length - 1),
    record: fc.nat(IDS.length - 1),
    collection: fc.nat(RULES.length - 1),
    kind: fc.nat(5),
    value: fc.nat(5),
    atMs: fc.integer({ min: -40, max: 40 }),
    schemaVersion: fc.constantFrom(0, 0, 0, 0, 1, 2),
    reads: fc.constantFrom(0, 0, 0.5, 1),
    sends: fc.boolean(),
  }),
  { maxLength: 40, size: 'max' },
);

/** A device that never lies: its bases are what it read, and each change names the own one that it was made on. */
class Device {
  private readonly last = new Map<string, number>();
  private waiting: Change[] = [];
  private number = 0;
  private readUpTo: Version = 0;

  constructor(readonly name: string) {}

  read(space: TestSpace, share: number): void {
    this.readUpTo += Math.floor((space.state.head - this.readUpTo) * share);
  }

  act(space: TestSpace, { record, collection, kind, value, atMs, schemaVersion }: Act): void {
    const id = IDS[record]!;
    const { collection: name } = RULES[collection]!;
    const key = recordKey(name, id as never);
    const base = space.history.findLast(
      (entry) => entry.collection === name && entry.id === id && entry.version <= this.readUpTo,
    );
    const seenOwn = base !== undefined && base.device === this.name ? base.number : 0;
    const last = this.last.get(key) ?? 0;
    const given = { collection: name, atMs, schemaVersion, after: last > seenOwn ? last : 0 };
    const version = base === undefined || base.payload === null ? 0 : base.version;
    const payload = { c: value, s: [value], m: value, [`t${value % 2}`]: value };
    const change =
      kind === 0
        ? create(id, payload, given)
        : kind === 1
          ? remove(id, version, given)
          : kind === 2
            ? patch(id, version, { [value % 2 ? 'c' : 't0']: value }, value === 3 ? ['t1'] : [], given)
            : update(id, version, payload, given);
    this.number++;
    this.waiting.push({ ...change, number: this.number });
    this.last.set(key, this.number);
  }

  send(): Push | null {
    const { waiting } = this;
    if (waiting.length === 0) return null;
    this.waiting = [];
    return pushOf(this.name, waiting[0]!.number, waiting);
  }
}

/** Plays the acts; pushes go out in batches that end where the plan of batches says. */
function play(script: readonly Act[]): {
  together: TestSpace;
  apart: TestSpace;
  plans: MergePlan[];
  answers: string[][];
} {
  const [together, apart] = [testSpace({ rules: RULES }), testSpace({ rules: RULES })];
  const devices = DEVICES.map((name) => new Device(name));
  const plans: MergePlan[] = [];
  const answers: string[][] = [];
  const flush = (): void => {
    const pushes = devices.map((device) => device.send()).filter((push) => push !== null);
    // Group commit: now and then a device's push comes twice in the same batch.
    const batch = pushes.length > 1 ? [...pushes, pushes[0]!] : pushes;
    if (batch.length === 0) return;
    const plan = together.merge(...batch);
    plans.push(plan);
    const alone = batch.map((push) => apart.merge(push));
    answers.push(
      batch.map((_push, index) => print(outcomesOf(plan, index))),
      alone.map((each) => print(outcomesOf(each))),
    );
  };
  for (const act of script) {
    const device = devices[act.device]!;
    device.read(together, act.reads);
    device.act(together, act);
    if (act.sends) flush();
  }
  flush();
  return { together, apart, plans, answers };
}

const print = (value: unknown): string =>
  JSON.stringify(value, (_name, part: unknown) => (part instanceof Uint8Array ? textOf(part) : part));

function inOrder({ records }: TestSpace): StoredRecord[] {
  return [...records.values()].sort((left, right) => left.version - right.version);
}

function recount(records: Iterable<StoredRecord>): { digests: Digests; records: number; bytes: number } {
  const sums = new Map<string, ReturnType<typeof digestSum>>();
  let count = 0;
  let bytes = 0;
  for (const { collection, id, version, contentHash, payload } of records) {
    if (payload === null) continue;
    count++;
    bytes += payload.length;
    const sum = sums.get(collection) ?? digestSum();
    sums.set(collection, sum);
    sum.add(id, version, contentHash);
  }
  const digests = new Map([...sums].map(([name, sum]) => [name as CollectionName, sum.result()]));
  return { digests, records: count, bytes };
}

describe('whatever is pushed', () => {
  test('group commit leaves no trace', () => {
    fc.assert(
      fc.property(acts, (script) => {
        const { together, apart, answers } = play(script);
        for (let at = 0; at < answers.length; at += 2) expect(answers[at]).toEqual(answers[at + 1]);
        expect(print(inOrder(together))).toBe(print(inOrder(apart)));
        expect(print(together.history)).toBe(print(apart.history));
      }),
      { numRuns: 300 },
    );
  });

  test('versions follow each other, each told once, and the counts hold', () => {
    fc.assert(
      fc.property(acts, (script) => {
        const { together, plans } = play(script);
        for (const { before, after, history, records, receipts } of plans) {
          expect(history.map(({ version }) => version)).toEqual(
            Array.from({ length: after.head - before.head }, (_, index) => before.head + 1 + index),
          );
          const versions = records.map(({ version }) => version);
          expect(versions).toEqual([...versions].sort((left, right) => left - right));
          expect(receipts.every(({ version }) => version <= after.head)).toBe(true);
        }
        const counted = recount(together.records.values());
        expect(together.state).toMatchObject({ records: counted.records, bytes: counted.bytes });
        expect(sameDigests(together.state.digests, counted.digests)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test('no content is lost: what a device sent stands, or the history has it, or it was rejected', () => {
    fc.assert(
      fc.property(acts, (script) => {
        const { together, plans } = play(script);
        for (const { receipts } of plans) {
          for (const { device, number, status, conflict } of receipts) {
            const entries = together.history.filter(
              (entry) => entry.device === device && entry.number === number,
            );
            if (status === 'REJECTED') expect(entries).toEqual([]);
            // A conflict is in the ledger, and so is every change that did not get its way.
            if (status === 'LOST' || status === 'HELD' || status === 'MERGED')
              expect(conflict).not.toBeNull();
            if (conflict !== null)
              expect(together.ledger(conflict.id)).toMatchObject({ device, number, kind: conflict.kind });
          }
        }
        for (const record of together.records.values()) {
          const told = together.history.find(({ version }) => version === record.version);
          expect(textOf(told?.payload)).toBe(textOf(record.payload));
        }
      }),
      { numRuns: 200 },
    );
  });

  test('what comes back after a delete was created anew, or is marked', () => {
    fc.assert(
      fc.property(acts, (script) => {
        const { plans } = play(script);
        for (const { records, receipts } of plans) {
          for (const { deleted, resurrected, conflict } of records.map((record) => ({
            ...record,
            conflict: receipts.find(
              ({ device, number }) => device === record.device && number === record.number,
            )?.conflict,
          }))) {
            if (resurrected) expect([deleted, conflict?.kind]).toEqual([false, 'UPDATE_DELETE']);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
