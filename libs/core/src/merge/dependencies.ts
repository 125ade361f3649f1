import type { Change, Push } from '../changes';
import { type ChangeNumber, type DeviceId, idProblem } from '../ids';
import type { StoredRecord } from '../records';
import { type Refusal, refusal } from '../refusals';

export const DEPENDENCIES_MAX = 100;

const NONE: ReadonlyMap<DeviceId, ChangeNumber> = new Map();

/** What changes of other devices this one builds on, of those devices that gave it theirs. */
export function dependenciesOf({ reliesOn }: Change): ReadonlyMap<DeviceId, ChangeNumber> {
  return reliesOn?.dependencies ?? NONE;
}

/** In words for its sender; null for none. */
export function dependencyProblem(change: Change, by: DeviceId): string | null {
  const dependencies = dependenciesOf(change);
  if (dependencies.size > DEPENDENCIES_MAX)
    return `a change depends on ${DEPENDENCIES_MAX} devices at most, not ${dependencies.size}`;
  for (const [device, number] of dependencies) {
    const problem = idProblem(device);
    if (problem !== null) return `a device in the dependencies ${problem}`;
    if (!Number.isSafeInteger(number) || number < 1) return 'a dependency is on a change number from 1 on';
    if (device === by && number >= change.number)
      return 'a change can only depend on earlier ones of its device';
  }
  return null;
}

/** A push waits with its device until the changes that it builds on are decided; null when they are. */
export function missingDependency(
  push: Push,
  lastNumber: (device: DeviceId) => ChangeNumber,
): Refusal | null {
  for (const change of push.changes) {
    if (change.number <= lastNumber(push.device) || dependencyProblem(change, push.device) !== null) continue;
    for (const [device, number] of dependenciesOf(change)) {
      const decided = lastNumber(device);
      // Its own earlier changes are decided before this one in any case.
      if (device === push.device || decided >= number) continue;
      const facts = {
        change: String(change.number),
        device,
        number: String(number),
        decided: String(decided),
      };
      return refusal('DEPENDENCY_MISSING', { facts });
    }
  }
  return null;
}

/** Whether the device got what stands from the device that wrote it. What was merged exists at the server only. */
export function gotFromWriter({ merged, device, number }: StoredRecord, change: Change): boolean {
  return !merged && (dependenciesOf(change).get(device) ?? 0) >= number;
}
