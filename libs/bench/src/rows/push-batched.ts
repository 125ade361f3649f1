import { times, together } from '../numbers';
import { besideInserts, openPusher } from '../pusher';
import { atLeast, type Row } from '../row';

const DEVICES = 8;
const BATCH = 500;

export const pushBatched: Row = {
  name: 'push-batched',
  what: `${DEVICES} devices in ${DEVICES} spaces push batches of ${BATCH} changes`,
  async measure(bench) {
    const batches = bench.quick ? 6 : 20;
    const spaces = await together(DEVICES, () => bench.stack.newSpace('batched'));
    const pushers = await together(DEVICES, (at) => openPusher(bench, spaces[at]!, `pusher-${at}`));
    const figure = await besideInserts(bench, {
      name: 'push-batched',
      spaces,
      pushers,
      push: () => Promise.all(pushers.map((pusher) => times(batches, () => pusher.push(BATCH)))),
      floor: { rows: DEVICES * batches * BATCH, transactionRows: 1_000, connections: 2 },
      goal: atLeast(0.6),
    });
    return [figure];
  },
};
