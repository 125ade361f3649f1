import { hlcTime } from '@syncline/core';
import { systemClock } from '@syncline/memory';
import { Change } from '@syncline/proto';

export const COLLECTION = 'tasks';

/** A change that makes a new record; the time is the machine's. */
export function creating(number: number, id: string, payload: Uint8Array): Change {
  return { ...changing(number, id), kind: { $case: 'create', create: { payload } } };
}

/** A change of the whole record by one who has seen it at this version. */
export function updating(number: number, id: string, payload: Uint8Array, baseVersion: number): Change {
  return { ...changing(number, id), baseVersion, kind: { $case: 'update', update: { payload } } };
}

function changing(number: number, id: string): Change {
  return {
    ...Change.create(),
    number,
    collection: COLLECTION,
    id,
    time: hlcTime(systemClock().nowMs()),
  };
}

/** JSON of just so many bytes. */
export function payloadOf(bytes: number, seed: number): Uint8Array {
  const start = `{"title":"task ${seed}","done":false,"text":"`;
  const rest = bytes - start.length - '"}'.length;
  return Buffer.from(`${start}${'lorem ipsum dolor sit amet '.repeat(1 + rest / 27).slice(0, rest)}"}`);
}
