import { type Answer, granted, type Limits } from '@syncline/core';
import type { RateLimits } from '@syncline/ports';
import { bucketsOf, type RatedSender, takenFrom } from './rated';

export interface AdmitPushDeps {
  readonly rates: RateLimits;
  readonly limits: Limits;
}

export interface PushSize {
  readonly changes: number;
  /** Of what the changes carry; see core's `payloadBytes`. */
  readonly bytes: number;
}

/** Counts a push against the limits of its device, user and tenant; tells how many more changes may follow at once. */
export function admitPush({ rates, limits }: AdmitPushDeps) {
  return async (sender: RatedSender, size: PushSize): Promise<Answer<{ remaining: number }>> => {
    const changes = bucketsOf('changes', sender, size.changes, limits);
    const bytes = bucketsOf('pushBytes', sender, size.bytes, limits);
    const taken = await takenFrom(rates, [...changes, ...bytes]);
    if (!taken.ok) return taken;
    return granted({ remaining: Math.min(...taken.value.slice(0, changes.length)) });
  };
}
