import type { PushResult, Reason } from '@syncline/core';
import { refusal } from '@syncline/core';

/** What became of a push. */
export interface Decided {
  readonly result: PushResult;
  /** The space's head after the commit; 0 when refused. */
  readonly head: number;
  /** How long the commit took that held the push. */
  readonly commitMs: number;
}

export function refusedPush(
  reason: Reason,
  retryAfterMs: number | null = null,
  facts: Readonly<Record<string, string>> = {},
): Decided {
  const details = retryAfterMs === null ? { facts } : { facts, retryAfterMs };
  return { result: { kind: 'refused', refusal: refusal(reason, details) }, head: 0, commitMs: 0 };
}
