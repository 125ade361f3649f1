import type { Version } from '../ids';
import type { ConflictRef, OutcomeStatus } from '../outcomes';
import type { Reason, Violation } from '../refusals';
import type { Rejection } from './reject';

/** What became of a change. */
export interface Verdict {
  readonly status: OutcomeStatus;
  readonly version: Version;
  readonly conflict: ConflictRef | null;
  readonly reason: Reason | null;
  readonly message: string;
  readonly violations?: readonly Violation[];
}

export const rejected = (rejection: Rejection): Verdict => ({
  status: 'REJECTED',
  version: 0,
  conflict: null,
  ...rejection,
});

export const verdict = (
  status: OutcomeStatus,
  version: Version,
  conflict: ConflictRef | null = null,
): Verdict => ({ status, version, conflict, reason: null, message: '' });
