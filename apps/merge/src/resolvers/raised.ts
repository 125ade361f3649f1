import { CONFLICTS, decodeFacts, type MergePlan } from '@syncline/core';
import type { WaitingConflict } from '@syncline/ports';

/** The conflicts of a commit that a resolver has to be asked about. */
export function raisedIn(plans: readonly MergePlan[]): WaitingConflict[] {
  return plans.flatMap(({ before: { space }, records }) =>
    records
      .filter(({ collection, meta }) => collection === CONFLICTS && meta !== null && waits(meta))
      .map(({ id }) => ({ space, id })),
  );
}

const waits = (meta: Uint8Array): boolean => decodeFacts(meta)?.waitsFor === 'resolver';
