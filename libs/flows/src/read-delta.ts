import {
  type Answer,
  type Cursor,
  cursorObstacle,
  type Delta,
  deltaOf,
  granted,
  type Limits,
  type Reader,
  refused,
  type SpaceKey,
  type Version,
} from '@syncline/core';
import type { DeltaStore } from '@syncline/ports';
import { knownShapes } from './known-shapes';

export interface ReadDeltaDeps {
  readonly deltas: DeltaStore;
  readonly limits: Limits;
}

/** Reads on from a cursor, page by page; the space's state and the rows come from one snapshot. */
export function readDelta({ deltas, limits }: ReadDeltaDeps) {
  const shapesOf = knownShapes({ deltas });
  return async (
    space: SpaceKey,
    reader: Reader,
    cursor: Cursor,
    knownHead: Version | null = null,
  ): Promise<Answer<Delta>> => {
    const changes = await deltas.changes({
      space,
      after: cursor.position,
      collections: reader.scope.collections,
      recordsMax: limits.pageRecordsMax,
      bytesMax: limits.pageBytesMax,
      clockAfter: cursor.checkpoint,
      ...(knownHead === null ? {} : { knownHead }),
    });
    if (changes === null) return refused('SPACE_NOT_FOUND');
    const { state, rows, more, clock } = changes;
    const obstacle = cursorObstacle(cursor, state, cursor.scope);
    if (obstacle !== null) return { ok: false, refusal: obstacle };
    const { epoch, head, digests } = state;
    const shapes = await shapesOf(changes, reader.knownRules);
    return granted(deltaOf(reader, cursor, { epoch, head, digests, shapes, rows, more, clock }));
  };
}
