import { type Change, type Outcomes, OutcomeStatus } from '@syncline/proto';
import type { Session } from './session';

/** Of one session, as the gateway lets them wait. */
const UNANSWERED_MAX = 8;

/** Pushes one change at a time without waiting for answers; beyond what the gateway lets wait, they wait here. */
export interface SteadyWriter {
  write(change: Change): void;
  readonly written: number;
  readonly applied: number;
  /** The session has failed. */
  readonly failure: Error | null;
}

export function steadyWriter(session: Session): SteadyWriter {
  const waiting: Change[] = [];
  const state = { written: 0, applied: 0, failure: null as Error | null };
  let unanswered = 0;
  const answered = ({ outcomes }: Outcomes): void => {
    unanswered--;
    state.applied += outcomes.filter(({ status }) => status === OutcomeStatus.APPLIED).length;
    goOn();
  };
  const goOn = (): void => {
    for (; unanswered < UNANSWERED_MAX && waiting.length > 0; unanswered++)
      session.push([waiting.shift()!]).then(answered, (why: Error) => (state.failure ??= why));
  };
  return Object.assign(state, {
    write(change: Change): void {
      state.written++;
      waiting.push(change);
      goOn();
    },
  });
}
