import { type WaitingPush, waitingPushes } from './waiting-pushes';

/** Commits what waits, one batch after the other; the next one gathers meanwhile. */
export interface Lane<Push extends WaitingPush> {
  add(push: Push): void;
  /** Resolves when nothing waits and nothing is under way. */
  idle(): Promise<void>;
}

export interface LaneDeps<Push extends WaitingPush> {
  readonly batchChangesMax: number;
  readonly batchBytesMax: number;
  /** Never rejects. */
  readonly commit: (batch: readonly Push[]) => Promise<void>;
}

export function mergeLane<Push extends WaitingPush>(deps: LaneDeps<Push>): Lane<Push> {
  const pushes = waitingPushes<Push>();
  let going: Promise<void> | null = null;

  const run = async (): Promise<void> => {
    // What arrives in the same moment goes into the first commit as well.
    await Promise.resolve();
    while (pushes.length > 0) await deps.commit(pushes.take(deps.batchChangesMax, deps.batchBytesMax));
    going = null;
  };

  return {
    add(push) {
      pushes.add(push);
      going ??= run();
    },
    idle: () => going ?? Promise.resolve(),
  };
}
