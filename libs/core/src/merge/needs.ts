import type { Change, Push } from '../changes';
import {
  type ChangeKey,
  changeKey,
  type ChangeNumber,
  collectionProblem,
  type DeviceId,
  idProblem,
  recordKey,
  type RecordKey,
  type Version,
} from '../ids';
import { takesShape } from '../rules';
import { hasSeen } from './has-seen';
import { type MergeFacts, type SeenKey, seenKey, type SeenRequest } from './facts';
import { followsOrder } from './reject';
import { isLifted } from './shape';

/**
 * What must still be loaded before these pushes can be decided: what a device saw, wherever its change may turn
 * out to be a conflict that cannot be settled without it.
 */
export function seenNeeded(facts: Omit<MergeFacts, 'seen' | 'past'>, pushes: readonly Push[]): SeenRequest[] {
  const requests = new Map<SeenKey, SeenRequest>();
  const storedAfter = storedBefore(facts, pushes);
  // What stands when such a record is met again is not what was loaded.
  const met = new Set<RecordKey>();
  for (const { device, changes } of pushes) {
    for (const change of changes) {
      const { collection, id, baseVersion } = change;
      if (!isPossible(change, facts.space.head)) continue;
      const key = recordKey(collection, id);
      const stored = facts.records.get(key);
      const isFirst = !met.has(key);
      met.add(key);
      const rules = facts.rules.of(collection);
      const needsSeen = change.kind === 'patch' || rules.policy.needsBase || isLifted(change, rules);
      if (!needsSeen) continue;
      const after = storedAfter(device, change.after);
      // A change of unknown shape is held even when its device has seen what stands.
      const maybeClean = isFirst && takesShape(change, rules.declared);
      const nothingToSee =
        stored === undefined
          ? baseVersion === 0 && after === 0
          : hasSeen(stored, device, { ...change, after });
      if (maybeClean && nothingToSee) continue;
      // A patch may turn out to stand without the own change before it.
      for (const each of change.kind === 'patch' ? [after, 0] : [after]) {
        const request = { collection, id, device, baseVersion, after: each };
        requests.set(seenKey(request), request);
      }
    }
  }
  return [...requests.values()];
}

/** Others are rejected; a store may not even be able to look for what they name. */
function isPossible(change: Change, head: Version): boolean {
  const { collection, id, baseVersion } = change;
  const known = Number.isSafeInteger(baseVersion) && baseVersion >= 0 && baseVersion <= head;
  return known && followsOrder(change) && collectionProblem(collection) === null && idProblem(id) === null;
}

/**
 * Of the own changes that a change came after, the last one that a store can know of: those before it are part of
 * this batch, or were rejected.
 */
function storedBefore(
  { lastNumbers, receipts }: Pick<MergeFacts, 'lastNumbers' | 'receipts'>,
  pushes: readonly Push[],
): (device: DeviceId, after: ChangeNumber) => ChangeNumber {
  const afters = new Map<ChangeKey, ChangeNumber>();
  for (const { device, changes } of pushes) {
    for (const change of changes) {
      if (change.number > (lastNumbers.get(device) ?? 0) && followsOrder(change))
        afters.set(changeKey(device, change.number), change.after);
    }
  }
  const passed = (key: ChangeKey): ChangeNumber | undefined => {
    const receipt = receipts.get(key);
    return receipt?.status === 'REJECTED' ? receipt.after : afters.get(key);
  };
  return (device, after) => {
    let last = after;
    for (
      let next = passed(changeKey(device, last));
      next !== undefined;
      next = passed(changeKey(device, last))
    )
      last = next;
    return last;
  };
}
