import { type Outcome, OutcomeStatus } from '@syncline/proto';
import { creating, payloadOf } from './changes';
import { runFloor } from './floor';
import { times } from './numbers';
import { type Bench, type Figure, type Goal, insist } from './row';
import { openSession } from './session';
import { nowMs, timed } from './stopwatch';
import { recordCount } from './store-facts';

const PAYLOAD_BYTES = 214;
/** Until the services answer about as fast as they ever will: their code is compiled in the course of it. */
const WARM_UP_MS = 2_500;

/** A device that uploads new records. */
export interface Pusher {
  /** So many in one push; comes back when each is answered APPLIED. */
  push(changes: number): Promise<void>;
  /** One after the other, each when the last one is answered. */
  pushSinglesUntil(untilMs: number): Promise<void>;
  /** Changes, from the beginning on. */
  readonly pushed: number;
  readonly close: () => void;
}

export async function openPusher({ stack }: Bench, space: string, device: string): Promise<Pusher> {
  const session = await openSession({
    address: stack.gateway,
    token: stack.tokenFor(space),
    device,
    space,
    uploadOnly: true,
  });
  let number = 0;
  const next = () => creating(++number, `${device}-${number}`, payloadOf(PAYLOAD_BYTES, number));
  const push = async (changes: number): Promise<void> => {
    const { outcomes } = await session.push(Array.from({ length: changes }, next));
    insist(outcomes.length === changes && outcomes.every(isApplied), `${device}: a change was not applied`);
  };
  return {
    push,
    async pushSinglesUntil(untilMs) {
      while (nowMs() < untilMs) await push(1);
    },
    get pushed() {
      return number;
    },
    close: session.close,
  };
}

const isApplied = ({ status }: Outcome): boolean => status === OutcomeStatus.APPLIED;

export const changesOf = (pushers: readonly Pusher[]): number =>
  pushers.reduce((sum, { pushed }) => sum + pushed, 0);

export interface Pushing {
  readonly name: string;
  readonly spaces: readonly string[];
  readonly pushers: readonly Pusher[];
  /** What is done in each repeat. */
  readonly push: () => Promise<unknown>;
  readonly floor: { readonly rows: number; readonly transactionRows: number; readonly connections: number };
  readonly goal: Goal;
}

/** The rate of pushing beside that of bare inserts; at the end, every record has to be there. */
export async function besideInserts({ stack, repeats }: Bench, pushing: Pushing): Promise<Figure> {
  const { name, spaces, pushers, push, floor, goal } = pushing;
  const warmFromMs = nowMs();
  while (nowMs() - warmFromMs < WARM_UP_MS) await push();
  const floors: number[] = [];
  const values = await times(repeats, async () => {
    const { perSecond } = await runFloor<{ perSecond: number }>('insert-rows', {
      ...floor,
      warmUpRows: Math.ceil(floor.rows / 2),
      payloadBytes: PAYLOAD_BYTES,
      url: stack.postgresUrl,
    });
    floors.push(perSecond);
    const before = changesOf(pushers);
    const ms = await timed(push);
    return ((changesOf(pushers) - before) / ms) * 1_000;
  });
  for (const pusher of pushers) pusher.close();
  const stored = await recordCount(stack, spaces);
  const acknowledged = changesOf(pushers);
  insist(stored === acknowledged, `${stored} of ${acknowledged} acknowledged records are stored`);
  const checked = 'each change answered APPLIED, and every record counted in Postgres';
  return { name, unit: 'changes/s', values, floors, goal, checked };
}
