import {
  type Access,
  ANSWER_WORK_MAX,
  type Answer,
  type ClaimedRange,
  compareRange,
  contentBytes,
  granted,
  holdsWhole,
  overLimit,
  type RangeAnswer,
  refused,
  type SchemaVersions,
  type SpaceKey,
  spaceShapes,
  type Version,
  WHOLE_SPACE,
} from '@syncline/core';
import type { DeltaStore } from '@syncline/ports';

export interface CompareRangesDeps {
  readonly deltas: DeltaStore;
}

export interface Comparing {
  readonly space: SpaceKey;
  readonly access: Access;
  readonly schemaVersions?: SchemaVersions | undefined;
}

export interface Comparison {
  readonly answers: readonly RangeAnswer[];
  /** The device may show what it was given once it holds a checkpoint of this version. */
  readonly head: Version;
}

export const RANGES_MAX = 64;
/** Payloads of all answers together; the first answer always goes. */
export const ANSWERS_BYTES_MAX = 1024 * 1024;

/**
 * Finds where a device's copy differs, range by range, and says what belongs there. Ranges at the end are left out where
 * the answers would be too much at once, or the space has moved on meanwhile; the device asks for them again.
 */
export function compareRanges({ deltas }: CompareRangesDeps) {
  return async (
    { space, access, schemaVersions }: Comparing,
    claimed: readonly ClaimedRange[],
  ): Promise<Answer<Comparison>> => {
    if (claimed.length > RANGES_MAX) {
      return { ok: false, refusal: overLimit('INVALID_ARGUMENT', 'rangesMax', RANGES_MAX, claimed.length) };
    }
    const answers: RangeAnswer[] = [];
    let head: Version | null = null;
    let bytes = 0;
    const declared = await deltas.collections(space);
    const spent = { work: 0 };
    const shapes = declared === null ? undefined : spaceShapes(declared.rules);
    const wanted = { shapes, schemaVersions, spent };
    for (const range of claimed) {
      const { collection, fromId, toId } = range;
      if (!holdsWhole(WHOLE_SPACE, access, collection)) return refused('PERMISSION_DENIED');
      const found = await deltas.range({ space, collection, fromId, toId });
      if (found === null) return refused('SPACE_NOT_FOUND');
      // All answers speak of one moment; what belongs to a later one is asked for again.
      if (head !== null && found.state.head !== head) break;
      const answer = compareRange(range, found.rows, wanted);
      bytes += bytesOf(answer);
      if (answers.length > 0 && bytes > ANSWERS_BYTES_MAX) break;
      head = found.state.head;
      answers.push(answer);
      if (spent.work > ANSWER_WORK_MAX) break;
    }
    return granted({ answers, head: head ?? 0 });
  };
}

function bytesOf(answer: RangeAnswer): number {
  return answer.kind === 'replace'
    ? answer.records.reduce((sum, record) => sum + contentBytes(record), 0)
    : 0;
}
