import { DEFAULT_LIMITS } from '@syncline/core';

/** What the device holds itself to; the server's own limits arrive in Welcome and Pace. */
export interface ClientLimits {
  /** Largest payload that a local change may carry or lead to. */
  readonly recordBytesMax: number;
  /** Most edits in one command, so that they can travel in one push. */
  readonly editsMax: number;
  /** Pending and failed changes of one space together. */
  readonly changesHeldMax: number;
  readonly spacesMax: number;
  /** How far ahead of this device's clock another reading is believed. */
  readonly clockSkewMsMax: number;
  /** A connection on which Welcome takes longer than this is given up. */
  readonly greetingMsMax: number;
  /** A connection on which an awaited answer takes longer than this is given up. */
  readonly answerMsMax: number;
}

export const DEFAULT_CLIENT_LIMITS: ClientLimits = {
  recordBytesMax: DEFAULT_LIMITS.recordBytesMax,
  editsMax: DEFAULT_LIMITS.pushChangesMax,
  changesHeldMax: 100_000,
  spacesMax: DEFAULT_LIMITS.spacesPerSessionMax,
  clockSkewMsMax: DEFAULT_LIMITS.clockSkewMsMax,
  greetingMsMax: DEFAULT_LIMITS.helloWithinMs,
  answerMsMax: 30_000,
};
