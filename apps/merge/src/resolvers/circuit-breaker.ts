export interface BreakerSettings {
  /** In a row. */
  readonly breakerFailures: number;
  readonly breakerPauseMs: number;
}

export type BreakerState = 'closed' | 'open' | 'trying';

/** Spares a service that does not answer, and those who wait for it. */
export interface CircuitBreaker {
  readonly state: BreakerState;
  /** Calls are turned away now. Once the pause is over, the next one is tried. */
  refuses(nowMs: number): boolean;
  /** Whether a call may be made now. Whoever is told so says what became of it. */
  mayCall(nowMs: number): boolean;
  succeeded(): void;
  failed(nowMs: number): void;
  /** The call said nothing of the service. */
  leftOff(): void;
}

/** Opens after some failures in a row. After a pause one call is tried: it closes again, or stays open for as long once more. */
export function circuitBreaker({ breakerFailures, breakerPauseMs }: BreakerSettings): CircuitBreaker {
  const known = { state: 'closed' as BreakerState, failures: 0, openedAtMs: 0 };
  // A clock that was set back must not keep it open.
  const hasPaused = (nowMs: number) => nowMs < known.openedAtMs || nowMs - known.openedAtMs >= breakerPauseMs;

  return {
    get state() {
      return known.state;
    },
    refuses: (nowMs) => known.state === 'trying' || (known.state === 'open' && !hasPaused(nowMs)),
    mayCall(nowMs) {
      if (known.state === 'closed') return true;
      if (known.state === 'trying' || !hasPaused(nowMs)) return false;
      known.state = 'trying';
      return true;
    },
    succeeded() {
      Object.assign(known, { state: 'closed', failures: 0 });
    },
    failed(nowMs) {
      known.failures++;
      if (known.state === 'closed' && known.failures < breakerFailures) return;
      Object.assign(known, { state: 'open', openedAtMs: nowMs });
    },
    leftOff() {
      if (known.state === 'trying') known.state = 'open';
    },
  };
}
