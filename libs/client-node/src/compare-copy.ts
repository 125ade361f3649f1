import type { Copy, RecordRef, Repaired } from '@syncline/client';
import {
  type Answer,
  type ClaimedRange,
  type CollectionDigest,
  type CollectionName,
  compareUtf8,
  digestSum,
  type RangeAnswer,
  type RecordId,
  type RecordImage,
  sameDigest,
  type Version,
} from '@syncline/core';

/** The server's answers, in the order of the ranges; those at the end may be missing and are asked again. */
export interface Compared {
  readonly answers: readonly RangeAnswer[];
  readonly head: Version;
}

export interface CompareDeps {
  /** As it is at this moment: it may move on between two calls. */
  readonly copy: () => Copy;
  readonly compare: (ranges: readonly ClaimedRange[]) => Promise<Answer<Compared>>;
}

type Difference = Pick<Repaired, 'asOf' | 'records' | 'gone'>;

const RANGES_PER_CALL_MAX = 64;
/** Each call narrows down what is left; no comparison that comes to an end needs so many. */
const CALLS_MAX = 1_000;

/** Asks range by range until it is known what differs. Null where the server would not, or there was no end to it. */
export async function compareCopy(
  { copy, compare }: CompareDeps,
  collections: readonly CollectionName[],
): Promise<Difference | null> {
  const open: Omit<ClaimedRange, 'digest'>[] = collections.map((collection) => ({
    collection,
    fromId: '',
    toId: null,
  }));
  const records: RecordImage[] = [];
  const gone: RecordRef[] = [];
  let asOf = 0;
  for (let calls = 0; open.length > 0; calls++) {
    if (calls === CALLS_MAX) return null;
    const asked = claims(copy(), open.slice(0, RANGES_PER_CALL_MAX));
    const compared = await compare(asked.map(({ range }) => range));
    if (!compared.ok || compared.value.answers.length === 0) return null;
    const { answers, head } = compared.value;
    asOf = Math.max(asOf, head);
    open.splice(0, Math.min(answers.length, asked.length));
    for (const [index, { range, ids }] of asked.entries()) {
      const answer = answers[index];
      if (answer?.kind === 'split') open.push(...differing(copy(), answer.parts));
      if (answer?.kind !== 'replace') continue;
      const there = new Set(answer.records.map(({ id }) => id));
      records.push(...answer.records);
      for (const id of ids) if (!there.has(id)) gone.push({ collection: range.collection, id });
    }
  }
  return { asOf, records, gone };
}

function differing(copy: Copy, parts: readonly ClaimedRange[]): ClaimedRange[] {
  const own = claims(copy, parts);
  return parts.filter(({ digest }, index) => !sameDigest(digest, own[index]!.range.digest));
}

interface Claim {
  readonly range: ClaimedRange;
  readonly ids: readonly RecordId[];
}

function claims(copy: Copy, ranges: readonly Omit<ClaimedRange, 'digest'>[]): Claim[] {
  const sorted = new Map<CollectionName, readonly RecordId[]>();
  return ranges.map(({ collection, fromId, toId }) => {
    let all = sorted.get(collection);
    if (all === undefined) {
      all = [...(copy.collections.get(collection)?.keys() ?? [])].sort(compareUtf8);
      sorted.set(collection, all);
    }
    const ids = all.slice(firstFrom(all, fromId), toId === null ? all.length : firstFrom(all, toId));
    return { range: { collection, fromId, toId, digest: digestOf(copy, collection, ids) }, ids };
  });
}

function firstFrom(sorted: readonly RecordId[], id: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareUtf8(sorted[middle]!, id) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function digestOf(copy: Copy, collection: CollectionName, ids: readonly RecordId[]): CollectionDigest {
  const sum = digestSum();
  for (const id of ids) {
    const held = copy.collections.get(collection)?.get(id);
    if (held !== undefined) sum.add(id, held.image.version, held.contents);
  }
  return sum.result();
}
