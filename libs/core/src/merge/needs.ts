import type { Push } from '../changes';
import { type DeviceId, recordKey, type RecordKey } from '../ids';
import { hasSeen } from './draft';
import { type MergeFacts, type SeenKey, seenKey, type SeenRequest } from './facts';

/**
 * What must still be loaded before these pushes can be decided: what a device saw, wherever its change may turn
 * out to be a conflict that cannot be settled without it.
 */
export function seenNeeded(facts: Omit<MergeFacts, 'seen'>, pushes: readonly Push[]): SeenRequest[] {
  const requests = new Map<SeenKey, SeenRequest>();
  // Null once several devices have written a record in this batch.
  const writers = new Map<RecordKey, DeviceId | null>();
  for (const { device, changes } of pushes) {
    for (const change of changes) {
      const { collection, id, baseVersion } = change;
      const key = recordKey(collection, id);
      const stored = facts.records.get(key);
      const writer = writers.get(key);
      writers.set(key, writer === undefined || writer === device ? device : null);
      if (baseVersion === 0 && stored === undefined) continue;
      if (change.kind !== 'patch' && !facts.rules.of(collection).policy.needsBase) continue;
      const undisturbed = writer === undefined || writer === device;
      if (stored !== undefined && undisturbed && hasSeen(stored, device, baseVersion)) continue;
      const request = { collection, id, device, baseVersion };
      requests.set(seenKey(request), request);
    }
  }
  return [...requests.values()];
}
