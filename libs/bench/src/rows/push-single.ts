import { newFleet } from '../fleet';
import { besideInserts, openPusher } from '../pusher';
import { atLeast, type Row } from '../row';
import { nowMs } from '../stopwatch';

const SIZE = { spaces: 8, devicesPerSpace: 8 };

export const pushSingle: Row = {
  name: 'push-single',
  what: `${SIZE.spaces * SIZE.devicesPerSpace} devices in ${SIZE.spaces} spaces push one change after the other`,
  async measure(bench) {
    const forMs = bench.quick ? 1_000 : 4_000;
    const { spaces, members } = await newFleet(bench, 'single', SIZE, ({ space, device }) =>
      openPusher(bench, space, device),
    );
    const push = () => {
      const untilMs = nowMs() + forMs;
      return Promise.all(members.map((pusher) => pusher.pushSinglesUntil(untilMs)));
    };
    const figure = await besideInserts(bench, {
      name: 'push-single',
      spaces,
      pushers: members,
      push,
      floor: { rows: bench.quick ? 1_000 : 4_000, transactionRows: 1, connections: 8 },
      goal: atLeast(3),
    });
    return [figure];
  },
};
