/** For one push: others wait for it. */
const STEPS_MAX = 40_000;

/** What a push may still spend on transforming. */
export interface StepsLeft {
  readonly steps: number;
  /** False where that is too much; then nothing is done, and nothing spent. */
  spend(steps: number): boolean;
  /** They were needed beyond what was told beforehand. */
  pay(steps: number): void;
}

function stepsLeft(): StepsLeft {
  let left = STEPS_MAX;
  return {
    get steps() {
      return left;
    },
    spend(steps) {
      if (steps > left) return false;
      left -= steps;
      return true;
    },
    pay: (steps) => void (left = Math.max(0, left - steps)),
  };
}

/**
 * Each push has its own to spend, so that none is kept waiting or held for what others spend. A device's pushes in one
 * batch go on from each other and spend less than one by one.
 */
export interface TransformsOfPushes {
  /** Of the push that is being decided. */
  transforms(): StepsLeft;
  beginPush(): void;
}

export function transformsOfPushes(): TransformsOfPushes {
  let left = stepsLeft();
  return { transforms: () => left, beginPush: () => void (left = stepsLeft()) };
}
