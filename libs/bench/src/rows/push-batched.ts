import type { Outcome } from '@syncline/proto';
import { creating, payloadOf } from '../changes';
import { runFloor } from '../floor';
import { times, together } from '../numbers';
import { atLeast, type Bench, type Figure, insist, type Row } from '../row';
import { openSession, type Session } from '../session';
import { timed } from '../stopwatch';
import { recordCount } from '../store-facts';

const DEVICES = 8;
const BATCH = 500;
const PAYLOAD_BYTES = 214;
const FLOOR = { transactionRows: 1_000, connections: 2, payloadBytes: PAYLOAD_BYTES };

export const pushBatched: Row = {
  name: 'push-batched',
  what: `${DEVICES} devices in ${DEVICES} spaces push batches of ${BATCH} changes`,
  async measure(bench) {
    const batches = bench.quick ? 6 : 20;
    const changes = DEVICES * batches * BATCH;
    const spaces = await together(DEVICES, () => bench.stack.newSpace('batched'));
    const pushers = await Promise.all(spaces.map((space, at) => open(bench, space, `pusher-${at}`)));
    const floors: number[] = [];
    const values = await times(bench.repeats, async () => {
      const floor = await runFloor<{ perSecond: number }>('insert-rows', {
        ...FLOOR,
        url: bench.stack.postgresUrl,
        rows: changes,
      });
      floors.push(floor.perSecond);
      const ms = await timed(() => Promise.all(pushers.map((pusher) => pusher.pushAll(batches))));
      return (changes / ms) * 1_000;
    });
    for (const pusher of pushers) pusher.session.close();
    const expected = changes * bench.repeats;
    const stored = await recordCount(bench.stack, spaces);
    insist(stored === expected, `${stored} of ${expected} acknowledged records are stored`);
    return [figure(values, floors)];
  },
};

const figure = (values: readonly number[], floors: readonly number[]): Figure => ({
  name: 'push-batched',
  unit: 'changes/s',
  values,
  floors,
  goal: atLeast(0.6),
  checked: 'each change answered APPLIED, and every record counted in Postgres',
});

async function open(bench: Bench, space: string, device: string) {
  const session = await openSession({
    address: bench.stack.gateway,
    token: bench.stack.tokenFor(space),
    device,
    space,
    uploadOnly: true,
  });
  let number = 0;
  const next = () => creating(++number, `record-${number}`, payloadOf(PAYLOAD_BYTES, number));
  return { session, pushAll: (batches: number) => pushAll(session, batches, next) };
}

async function pushAll(
  session: Session,
  batches: number,
  next: () => ReturnType<typeof creating>,
): Promise<void> {
  for (let batch = 0; batch < batches; batch++) {
    const { outcomes } = await session.push(Array.from({ length: BATCH }, next));
    insist(outcomes.length === BATCH && outcomes.every(isApplied), 'a change of a batch was not applied');
  }
}

const isApplied = ({ status }: Outcome): boolean => status === 1;
