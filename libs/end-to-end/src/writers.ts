import { creates, deletes, patches, updates } from '@syncline/client-node';
import { decodeUtf8 } from '@syncline/core';
import { systemTimer } from '@syncline/memory';
import type { Member } from './pool';
import type { Random } from './random';

/** How much was counted up, which no crash may change. */
export interface Tally {
  total: number;
}

export const RECORDS = 40;
const TALLY = 'tallies';

/** What the collections of the busy space declare. */
export const BUSY_RULES = [
  { collection: 'notes', json: true },
  { collection: 'forms', json: true, fieldMerge: { otherwise: 'FIELD_STRATEGY_LAST_WRITE' } },
  {
    collection: TALLY,
    json: true,
    fieldMerge: { fields: [{ field: 'count', strategy: 'FIELD_STRATEGY_COUNTER' }] },
  },
];

/** One step of a user: an edit, rarely several at once. */
export function editSomething(member: Member, space: string, random: Random, tally: Tally): void {
  const device = member.device();
  const what = random.fraction();
  if (what < 0.25 && countUp(member, space, random, tally)) return;
  const edits = Array.from({ length: random.fraction() < 0.1 ? 5 : 1 }, (_, index) => {
    const collection = random.pick(['notes', 'forms']);
    const id = `r${(random.between(0, RECORDS - 1) + index * RECORDS) % (RECORDS * 5)}`;
    const content = { by: member.name, n: random.between(0, 1e6), text: 'x'.repeat(random.between(0, 300)) };
    const held = device.get(space, collection, id) !== null;
    if (!held) return creates(collection, id, content);
    if (random.fraction() < 0.1) return deletes(collection, id);
    return random.fraction() < 0.5
      ? updates(collection, id, content)
      : patches(collection, id, { [`f${random.between(0, 5)}`]: content.n });
  });
  device.change(space, ...edits);
}

function countUp(member: Member, space: string, random: Random, tally: Tally): boolean {
  const device = member.device();
  const record = device.get(space, TALLY, 't');
  if (record === null) return false;
  const by = random.between(1, 5);
  const { count } = JSON.parse(decodeUtf8(record.payload)) as { count: number };
  device.change(space, patches(TALLY, 't', { count: count + by }));
  tally.total += by;
  return true;
}

export const tallyOf = (member: Member, space: string): number => {
  const record = member.device().get(space, TALLY, 't');
  return record === null ? NaN : (JSON.parse(decodeUtf8(record.payload)) as { count: number }).count;
};

export const startTally = (member: Member, space: string): void =>
  void member.device().change(space, creates(TALLY, 't', { count: 0 }));

export interface Work {
  /** Resolves when the last edit is made; what was made is not answered by then. */
  stop(): Promise<void>;
}

/** Edits again and again, as fast as a busy person with several hands; not while too much waits. */
export function work(
  members: readonly Member[],
  space: string,
  random: Random,
  tally: Tally,
  pauseMs = 40,
): Work {
  const state = { isOn: true };
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => void systemTimer().after(ms, resolve));
  const loops = members.map(async (member) => {
    while (state.isOn) {
      if (member.device().pending(space).length < PENDING_MAX) editSomething(member, space, random, tally);
      await pause(random.between(1, 2 * pauseMs));
    }
  });
  return {
    async stop() {
      state.isOn = false;
      await Promise.all(loops);
    },
  };
}

const PENDING_MAX = 200;
