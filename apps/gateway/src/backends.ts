import type {
  Answer,
  CheckPlan,
  ClaimedRange,
  Cursor,
  Delta,
  PageContent,
  PushResult,
  Reader,
  SpaceKey,
  Subscribe,
  Version,
} from '@syncline/core';
import type { Comparison, SpacePush } from '@syncline/flows';
import type { EncodedPush, OnBehalf } from '@syncline/wire';

export interface GatewayPush extends SpacePush, EncodedPush {
  /** W3C traceparent to go on from. */
  readonly traceparent?: string | undefined;
}

/**
 * What a gateway leaves to the merge and the delta service. Contract: whatever cannot be reached, or does not answer
 * within its deadline, is a refusal (UNAVAILABLE, DEADLINE_EXCEEDED), never an exception; an exception is a bug. A push
 * without an answer may have happened or not: sent again, it takes effect once.
 */
export interface Backends {
  readonly push: (push: GatewayPush) => Promise<PushResult>;
  /** The others are given up when the signal says that nobody waits for them any more. */
  readonly read: (
    space: SpaceKey,
    reader: Reader,
    cursor: Cursor,
    gone?: AbortSignal,
    /** The highest version that is known of the space; without it, it is read anew. */
    knownHead?: Version | null,
    /** W3C traceparent to go on from. */
    traceparent?: string,
  ) => Promise<Answer<Delta<PageContent>>>;
  readonly plan: (onBehalf: OnBehalf, subscribe: Subscribe, gone?: AbortSignal) => Promise<Answer<CheckPlan>>;
  readonly compare: (
    onBehalf: OnBehalf,
    ranges: readonly ClaimedRange[],
    gone?: AbortSignal,
  ) => Promise<Answer<Comparison>>;
}
