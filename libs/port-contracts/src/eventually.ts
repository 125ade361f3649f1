const ATTEMPTS_MAX = 400;
const PAUSE_MS = 10;

/**
 * Tries until the check passes, for a few seconds at most, and then fails as the check did. For facts that an
 * adapter promises without saying when.
 */
export async function eventually<Result>(check: () => Result | Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await check();
    } catch (failure) {
      if (attempt === ATTEMPTS_MAX) throw failure;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** A promise to be kept from outside. */
export interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

export function gate(): Gate {
  const parts: { open?: () => void } = {};
  const opened = new Promise<void>((resolve) => {
    parts.open = resolve;
  });
  return { opened, open: () => parts.open?.() };
}

const LOOKS_AT_ONCE = 50;

/** Looks again and again while the work goes on, and ends as the work does. */
export async function lookingDuring(work: Promise<unknown>, look: () => Promise<void>): Promise<void> {
  const state = { done: false };
  const watched = work.finally(() => {
    state.done = true;
  });
  // Awaited below; until then a failure is not unhandled.
  watched.catch(() => undefined);
  for (let looks = 1; !state.done; looks++) {
    await look();
    // An adapter that answers without waiting would otherwise leave no room for a test's time limit.
    if (looks % LOOKS_AT_ONCE === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await watched;
}
