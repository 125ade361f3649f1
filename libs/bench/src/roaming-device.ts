import { DEFAULT_CLIENT_LIMITS, retryDelayMs } from '@syncline/client';
import { systemChance, systemTimer } from '@syncline/memory';
import type { Checkpoint, Page } from '@syncline/proto';
import { type Copy, newCopy } from './copy';
import type { Place } from './fleet';
import { openSession, type Session } from './session';
import { nowMs } from './stopwatch';
import { lossOf } from './why-lost';

/** A device that comes back by itself whenever its session ends, with its last cursor and after the pauses of our own client. */
export interface RoamingDevice {
  readonly place: Place;
  /** Of the last whole checkpoint. */
  readonly version: number;
  /** When that came, and when the attempt began that brought it. */
  readonly reachedMs: number;
  readonly dialledMs: number;
  /** Sessions that were begun. */
  readonly dials: number;
  /** What a user would have to be told of. */
  readonly errors: readonly string[];
  /** All that it received so far has to be what its last checkpoint stands for. Gives the number of records. */
  insistOnCopy(): number;
  close(): void;
}

interface State {
  readonly address: string;
  readonly place: Place;
  readonly copy: Copy;
  /** Of whole checkpoints; looked at when there is time for it. */
  readonly pages: Page[];
  /** Of a checkpoint that is still to come. */
  staged: Page[];
  checkpoint: Checkpoint | null;
  session: Session | null;
  reachedMs: number;
  dialledMs: number;
  dials: number;
  /** In a row. */
  failures: number;
  readonly errors: string[];
  isClosed: boolean;
}

const { greetingMsMax: greetingMs, answerMsMax: answerMs } = DEFAULT_CLIENT_LIMITS;
const PATIENCE = { greetingMs, answerMs };

export function roamingDevice(address: string, place: Place): RoamingDevice {
  const state: State = {
    address,
    place,
    copy: newCopy(),
    pages: [],
    staged: [],
    checkpoint: null,
    session: null,
    reachedMs: 0,
    dialledMs: 0,
    dials: 0,
    failures: 0,
    errors: [],
    isClosed: false,
  };
  dial(state);
  return {
    place,
    get version() {
      return state.checkpoint?.version ?? -1;
    },
    get reachedMs() {
      return state.reachedMs;
    },
    get dialledMs() {
      return state.dialledMs;
    },
    get dials() {
      return state.dials;
    },
    errors: state.errors,
    insistOnCopy() {
      for (const page of state.pages.splice(0)) state.copy.take(page);
      if (state.checkpoint !== null) state.copy.insistOn(state.checkpoint);
      return state.copy.records();
    },
    close() {
      state.isClosed = true;
      state.session?.close();
    },
  };
}

function dial(state: State): void {
  const { address, place, checkpoint } = state;
  state.dials++;
  state.dialledMs = nowMs();
  openSession({
    ...place,
    address,
    capabilities: [],
    patience: PATIENCE,
    ...(checkpoint === null ? {} : { cursor: checkpoint.cursor }),
    onPage: (page) => state.staged.push(page),
    onCheckpoint: (reached) => reach(state, reached),
    onEnd: (why) => lose(state, why),
  }).then(
    (session) => {
      state.session = session;
      if (state.isClosed) session.close();
    },
    // Told by `onEnd` as well.
    () => undefined,
  );
}

function reach(state: State, checkpoint: Checkpoint): void {
  state.pages.push(...state.staged.splice(0));
  state.checkpoint = checkpoint;
  state.reachedMs = nowMs();
  state.failures = 0;
  state.session?.acknowledge(checkpoint.cursor);
}

function lose(state: State, why: Error): void {
  if (state.isClosed) return;
  state.session = null;
  state.staged = [];
  const { isError, retryAfterMs } = lossOf(why);
  if (isError) state.errors.push(why.message);
  state.failures++;
  const delayMs = retryDelayMs(state.failures, systemChance().fraction(), retryAfterMs);
  // Waiting for that keeps no program from its end.
  systemTimer().after(delayMs, () => {
    if (!state.isClosed) dial(state);
  });
}
