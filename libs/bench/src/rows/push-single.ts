import { creating, payloadOf } from '../changes';
import { runFloor } from '../floor';
import { times, together } from '../numbers';
import { atLeast, type Bench, insist, type Row } from '../row';
import { openSession } from '../session';
import { nowMs, timed } from '../stopwatch';
import { recordCount } from '../store-facts';

const SPACES = 8;
const DEVICES_PER_SPACE = 8;
const PAYLOAD_BYTES = 214;
const FLOOR = { transactionRows: 1, connections: 8, payloadBytes: PAYLOAD_BYTES };

export const pushSingle: Row = {
  name: 'push-single',
  what: `${SPACES * DEVICES_PER_SPACE} devices in ${SPACES} spaces push one change after the other`,
  async measure(bench) {
    const forMs = bench.quick ? 1_000 : 4_000;
    const floorRows = bench.quick ? 1_000 : 4_000;
    const spaces = await together(SPACES, () => bench.stack.newSpace('single'));
    const pushers = await Promise.all(
      spaces.flatMap((space) =>
        Array.from({ length: DEVICES_PER_SPACE }, (_, at) => open(bench, space, `${space}-pusher-${at}`)),
      ),
    );
    const pushFor = async (ms: number): Promise<number> => {
      const untilMs = nowMs() + ms;
      const counts = await Promise.all(pushers.map((pusher) => pusher.pushUntil(untilMs)));
      return counts.reduce((sum, count) => sum + count, 0);
    };
    let acknowledged = await pushFor(forMs / 4);
    const floors: number[] = [];
    const values = await times(bench.repeats, async () => {
      const floor = await runFloor<{ perSecond: number }>('insert-rows', {
        ...FLOOR,
        url: bench.stack.postgresUrl,
        rows: floorRows,
      });
      floors.push(floor.perSecond);
      let pushed = 0;
      const ms = await timed(async () => (pushed = await pushFor(forMs)));
      acknowledged += pushed;
      return (pushed / ms) * 1_000;
    });
    for (const pusher of pushers) pusher.close();
    const stored = await recordCount(bench.stack, spaces);
    insist(stored === acknowledged, `${stored} of ${acknowledged} acknowledged records are stored`);
    return [
      {
        name: 'push-single',
        unit: 'changes/s',
        values,
        floors,
        goal: atLeast(3),
        checked: 'each change answered APPLIED, and every record counted in Postgres',
      },
    ];
  },
};

async function open(bench: Bench, space: string, device: string) {
  const session = await openSession({
    address: bench.stack.gateway,
    token: bench.stack.tokenFor(space),
    device,
    space,
    uploadOnly: true,
  });
  let number = 0;
  return {
    close: () => session.close(),
    /** The next one goes out when the last one is answered. */
    async pushUntil(untilMs: number): Promise<number> {
      const before = number;
      while (nowMs() < untilMs) {
        const change = creating(++number, `${device}-${number}`, payloadOf(PAYLOAD_BYTES, number));
        const { outcomes } = await session.push([change]);
        insist(outcomes.length === 1 && outcomes[0]!.status === 1, 'a change was not applied');
      }
      return number - before;
    },
  };
}
