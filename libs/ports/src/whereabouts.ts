import type { DeviceId, Moments, SpaceKey, Trail, Version } from '@syncline/core';

/** How far have the changes of a space come? */
export interface WhereaboutsQuestion {
  readonly space: SpaceKey;
  /** Whoever made the changes: that it was sent them itself says nothing. */
  readonly author: DeviceId;
  /** Those that are to be told of one by one. */
  readonly devices: readonly DeviceId[];
}

/** What one process remembers. */
export interface WhereaboutsAnswer {
  /** When it heard that the space had moved on; null for never. */
  readonly announced: Moments | null;
  /** The furthest that any device but the author was sent; 0 for nothing. */
  readonly sentUpTo: Version;
  /** Only devices that were asked about, each as often as it was here. */
  readonly devices: readonly DeviceTrail[];
}

export interface DeviceTrail {
  readonly device: DeviceId;
  readonly trail: Trail;
}

/**
 * What gateways remember of the way of changes to devices, which is stored nowhere: it is asked for when somebody wants to
 * know. Contract: best effort. `ask` never rejects, and does not take long. Those who answer in this process are always
 * among those who are heard; others are missing where they cannot be reached, and the same one may be heard twice.
 */
export interface Whereabouts {
  ask(question: WhereaboutsQuestion): Promise<readonly WhereaboutsAnswer[]>;
  /** Returns the way to stop. */
  answer(answerer: WhereaboutsAnswerer): () => void;
}

export type WhereaboutsAnswerer = (question: WhereaboutsQuestion) => WhereaboutsAnswer;
