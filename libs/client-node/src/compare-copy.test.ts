import { type Copy, createEngine, defaultConfig, step } from '@syncline/client';
import {
  type ClaimedRange,
  collectionName,
  compareRange,
  compareUtf8,
  contentHash,
  deviceId,
  encodeUtf8,
  granted,
  type HlcTime,
  recordId,
  type RecordImage,
  refused,
  spaceId,
  type StoredRecord,
  userId,
  WHOLE_SPACE,
} from '@syncline/core';
import fc from 'fast-check';
import { compareCopy } from './compare-copy';

const notes = collectionName('notes');
const space = spaceId('home');
const user = userId('ada');

const imageOf = (id: string, version: number): RecordImage => ({
  collection: notes,
  id: recordId(id),
  version,
  payload: encodeUtf8(`{"v":${version}}`),
  user,
  time: version as HlcTime,
  device: deviceId('phone'),
  number: version,
  schemaVersion: 0,
  resurrected: false,
});

const stored = (image: RecordImage): StoredRecord =>
  ({ ...image, contentHash: contentHash(image.id, image.payload) }) as unknown as StoredRecord;

/** A copy as an engine builds it from its store. */
function copyWith(images: readonly RecordImage[]): Copy {
  const engine = createEngine(defaultConfig({ device: deviceId('laptop'), tenant: null, user }));
  const row = {
    space,
    user,
    scope: WHOLE_SPACE,
    mode: 'bidirectional' as const,
    version: 1,
    cursor: null,
    epoch: 1,
    counter: 0,
    sentUpTo: 0,
    coveredUpTo: 0,
    failedCounter: 0,
    staging: null,
  };
  const empty = { staged: [], pending: [], settled: [], failed: [], vector: [] };
  const snapshot = { clock: 0 as HlcTime, spaces: [{ row, records: images, ...empty }] };
  step(engine, { kind: 'restored', stored: snapshot }, { nowMs: 0, chance: 0 });
  return engine.spaces.get(space)!.copy;
}

function server(images: readonly RecordImage[]) {
  const rows = images.map(stored).sort((left, right) => compareUtf8(left.id, right.id));
  const calls: number[] = [];
  const compare = async (ranges: readonly ClaimedRange[]) => {
    calls.push(ranges.length);
    // A server may leave out answers at the end.
    const answers = ranges.slice(0, Math.max(1, Math.ceil(ranges.length / 2))).map((range) => {
      const inside = ({ id }: StoredRecord): boolean =>
        compareUtf8(id, range.fromId) >= 0 && (range.toId === null || compareUtf8(id, range.toId) < 0);
      return compareRange(range, rows.filter(inside));
    });
    return granted({ answers, head: 7 });
  };
  return { compare, calls };
}

const sorted = (images: Iterable<RecordImage>) =>
  [...images].map(({ id, version }) => `${id}@${version}`).sort((left, right) => (left < right ? -1 : 1));

const ids = fc.stringMatching(/^[a-zé\u{10400}]{1,3}$/u);
const world = fc.dictionary(ids, fc.integer({ min: 1, max: 3 }), { maxKeys: 400, noNullPrototype: true });

test('whatever two copies hold, comparing makes the one what the other is', async () => {
  await fc.assert(
    fc.asyncProperty(world, world, async (theirs, mine) => {
      // Mostly the same, as after years of work and one fault.
      const own = { ...theirs, ...Object.fromEntries(Object.entries(mine).slice(0, 5)) };
      const imagesOf = (all: Record<string, number>) => Object.entries(all).map(([id, v]) => imageOf(id, v));
      const held = imagesOf(own);
      const found = await compareCopy(
        { copy: () => copyWith(held), compare: server(imagesOf(theirs)).compare },
        [notes],
      );
      const after = new Map(held.map((image) => [image.id, image]));
      for (const { id } of found!.gone) after.delete(id);
      for (const record of found!.records) after.set(record.id, record);
      expect(sorted(after.values())).toEqual(sorted(imagesOf(theirs)));
      expect(found!.asOf).toBe(7);
    }),
    { numRuns: 60 },
  );
});

test('one record in two thousand is found with a few calls', async () => {
  const images = Array.from({ length: 2_000 }, (_, n) => imageOf(`r${n}`, 1));
  const { compare, calls } = server(images);
  const copy = copyWith(images.slice(1));
  const found = await compareCopy({ copy: () => copy, compare }, [notes]);
  expect(found!.records.length).toBeLessThanOrEqual(64);
  expect(found!.records.map(({ id }) => id)).toContain('r0');
  expect(calls.length).toBeLessThan(8);
});

test('a server that refuses ends the comparison', async () => {
  const compare = async () => refused('PERMISSION_DENIED');
  expect(await compareCopy({ copy: () => copyWith([]), compare }, [notes])).toBeNull();
});
