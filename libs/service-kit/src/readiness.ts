import type { KitLog } from './kit-log';
import { within } from './lifecycle';

/** Something without which the service cannot do its work. */
export interface ReadyPart {
  readonly name: string;
  /** Rejects, or answers with the reason, when the part is not ready; null when it is. */
  readonly check: () => Promise<string | null>;
}

export interface ReadyState {
  readonly ready: boolean;
  readonly failing: readonly { readonly part: string; readonly reason: string }[];
}

export interface Readiness {
  /** As of the last check. Not ready before the first one. */
  state(): ReadyState;
  /** Checks now; calls at the same time share one check. */
  check(): Promise<ReadyState>;
  /** Called at once with the state, and again whenever ready turns into not ready or back. */
  onChange(listener: (state: ReadyState) => void): () => void;
  /** From now on not ready, whatever the parts say: the service is about to end. */
  drain(): void;
  close(): void;
}

export interface ReadinessOptions {
  readonly parts: readonly ReadyPart[];
  readonly everyMs?: number;
  readonly checkWithinMs?: number;
  readonly log?: KitLog;
}

const DRAINING: ReadyState = { ready: false, failing: [{ part: 'service', reason: 'is about to end' }] };

export function readiness(options: ReadinessOptions): Readiness {
  const { parts, everyMs = 2_000, checkWithinMs = 2_000, log } = options;
  const listeners = new Set<(state: ReadyState) => void>();
  let state: ReadyState = {
    ready: false,
    failing: parts.map(({ name }) => ({ part: name, reason: 'has not been checked yet' })),
  };
  let checking: Promise<ReadyState> | null = null;
  let draining = false;

  const become = (next: ReadyState): ReadyState => {
    const changed = next.ready !== state.ready;
    state = next;
    if (!changed) return state;
    if (!draining)
      log?.[next.ready ? 'info' : 'warn'](next.ready ? 'ready' : 'not ready', { failing: next.failing });
    for (const listener of [...listeners]) listener(next);
    return state;
  };

  const checkAll = async (): Promise<ReadyState> => {
    const reasons = await Promise.all(parts.map((part) => reasonOf(part, checkWithinMs)));
    checking = null;
    if (draining) return state;
    const failing = parts.flatMap(({ name }, index) => {
      const reason = reasons[index] ?? null;
      return reason === null ? [] : [{ part: name, reason }];
    });
    return become({ ready: failing.length === 0, failing });
  };

  const check = (): Promise<ReadyState> => {
    if (draining) return Promise.resolve(state);
    return (checking ??= checkAll());
  };
  const timer = setInterval(() => void check(), everyMs);
  timer.unref();
  void check();

  return {
    state: () => state,
    check,
    onChange(listener) {
      listeners.add(listener);
      listener(state);
      return () => void listeners.delete(listener);
    },
    drain() {
      draining = true;
      become(DRAINING);
    },
    close: () => clearInterval(timer),
  };
}

async function reasonOf(part: ReadyPart, withinMs: number): Promise<string | null> {
  const answer: { reason: string | null } = { reason: null };
  const asked = Promise.resolve()
    .then(part.check)
    .then(
      (reason) => void (answer.reason = reason),
      (error: unknown) => void (answer.reason = error instanceof Error ? error.message : String(error)),
    );
  return (await within(withinMs, asked)) ? answer.reason : `gave no answer within ${withinMs} ms`;
}
