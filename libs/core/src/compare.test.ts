import * as fc from 'fast-check';
import { type ClaimedRange, compareRange, REPLACE_BYTES_MAX, REPLACE_RECORDS_MAX } from './compare';
import { contentHash, digestSum } from './digest';
import { idProblem } from './ids';
import type { StoredRecord } from './records';
import { create, NOTES, testSpace } from './space.test-fixtures';
import { compareUtf8 } from './utf8';

/** What a replica holds of one record: enough for a digest. */
interface Held {
  readonly version: number;
  readonly payload: Uint8Array;
}
type Replica = Map<string, Held>;

function serverOf(ids: readonly string[], bytes = 1): StoredRecord[] {
  const space = testSpace();
  for (const id of ids) space.push('d', create(id, 'x'.repeat(bytes)));
  return [...space.records.values()].sort((left, right) => compareUtf8(left.id, right.id));
}

const inRange = (id: string, { fromId, toId }: Pick<ClaimedRange, 'fromId' | 'toId'>): boolean =>
  compareUtf8(id, fromId) >= 0 && (toId === null || compareUtf8(id, toId) < 0);

function claim(replica: Replica, range: Pick<ClaimedRange, 'fromId' | 'toId'>): ClaimedRange {
  const sum = digestSum();
  for (const [id, { version, payload }] of replica) {
    if (inRange(id, range)) sum.add(id as never, version, contentHash(id as never, payload));
  }
  return { collection: NOTES, fromId: range.fromId, toId: range.toId, digest: sum.result() };
}

/** Compares as a device does, until nothing is left to ask. */
function repair(
  server: readonly StoredRecord[],
  replica: Replica,
): { ranges: number; rounds: number; bytes: number } {
  let open = [claim(replica, { fromId: '', toId: null })];
  const cost = { ranges: 0, rounds: 0, bytes: 0 };
  while (open.length > 0) {
    cost.rounds++;
    const next: ClaimedRange[] = [];
    for (const range of open) {
      cost.ranges++;
      const answer = compareRange(
        range,
        server.filter(({ id }) => inRange(id, range)),
      );
      if (answer.kind === 'same') continue;
      if (answer.kind === 'split') {
        // Only what differs is asked again.
        const differing = answer.parts.filter((part) => {
          const own = claim(replica, part);
          return JSON.stringify(own.digest) !== JSON.stringify(part.digest);
        });
        next.push(...differing.map((part) => claim(replica, part)));
        continue;
      }
      for (const id of [...replica.keys()]) if (inRange(id, range)) replica.delete(id);
      for (const { id, version, payload } of answer.records) replica.set(id, { version, payload });
      cost.bytes = Math.max(
        cost.bytes,
        answer.records.reduce((sum, { payload }) => sum + payload.length, 0),
      );
    }
    open = next;
  }
  return cost;
}

const copyOf = (server: readonly StoredRecord[]): Replica =>
  new Map(server.map(({ id, version, payload }) => [id, { version, payload: payload! }]));

/** Damage of a replica: a record missing, of another version, of other content, or one too many. */
const damage = fc.record({ at: fc.nat(400), kind: fc.nat(3) });

test('however a replica is damaged, comparing makes it equal', () => {
  const ids = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), { maxLength: 200 });
  fc.assert(
    fc.property(ids, fc.array(damage, { maxLength: 20 }), (names, damages) => {
      const clean = names.filter((name) => idProblem(name) === null);
      const server = serverOf(clean);
      const replica = copyOf(server);
      for (const { at, kind } of damages)
        spoil(replica, server[at % Math.max(1, server.length)]?.id, at, kind);
      repair(server, replica);
      expect(new Map([...replica].sort())).toEqual(new Map([...copyOf(server)].sort()));
    }),
    { numRuns: 60 },
  );
});

function spoil(replica: Replica, id: string | undefined, at: number, kind: number): void {
  const held = id === undefined ? undefined : replica.get(id);
  if (held === undefined || kind === 0) replica.set(`zz${at}`, { version: at, payload: new Uint8Array(1) });
  else if (kind === 1) replica.delete(id!);
  else if (kind === 2) replica.set(id!, { ...held, version: held.version + 1_000 });
  else replica.set(id!, { ...held, payload: new Uint8Array([at & 0xff]) });
}

test('the cost follows the damage, not the size', () => {
  const server = serverOf(Array.from({ length: 5_000 }, (_, index) => `r${index}`));
  const costs = [0, 1, 10].map((damages) => {
    const replica = copyOf(server);
    for (let at = 0; at < damages; at++) spoil(replica, server[at * 450]!.id, at, 2);
    return repair(server, replica);
  });
  expect(costs[0]).toMatchObject({ ranges: 1, rounds: 1 });
  expect(costs[1]!.ranges).toBeLessThanOrEqual(4);
  expect(costs[2]!.ranges).toBeLessThanOrEqual(10 * 4);
  expect(costs[2]!.rounds).toBeLessThanOrEqual(4);
});

test('an answer never holds more than fits a message', () => {
  const server = serverOf(
    Array.from({ length: REPLACE_RECORDS_MAX }, (_, index) => `r${index}`),
    REPLACE_BYTES_MAX / 8,
  );
  const replica: Replica = new Map();
  expect(repair(server, replica).bytes).toBeLessThanOrEqual(REPLACE_BYTES_MAX);
  expect(replica.size).toBe(server.length);
  const alone = serverOf(['big'], REPLACE_BYTES_MAX * 2);
  expect(compareRange(claim(new Map(), { fromId: '', toId: null }), alone).kind).toBe('replace');
});

test('parts lie next to each other and cover the range', () => {
  const server = serverOf(Array.from({ length: 500 }, (_, index) => `r${index}`));
  const answer = compareRange(claim(new Map(), { fromId: 'q', toId: 's' }), server);
  const parts = answer.kind === 'split' ? answer.parts : [];
  expect(parts[0]?.fromId).toBe('q');
  expect(parts.at(-1)?.toId).toBe('s');
  parts.slice(1).forEach((part, index) => expect(part.fromId).toBe(parts[index]?.toId));
});
