import type { Change } from '../changes';
import type { ConflictKind } from '../outcomes';
import type { StoredRecord } from '../records';
import type { DeviceId } from '../ids';
import { hasSeen } from './has-seen';
import { unseenSiblings } from './siblings';

/**
 * What a change meets. `create`: there is nothing, and nothing was expected. `missing`: there is nothing, though
 * the change needs something. `gone`: a delete of what is already deleted. `clean`: the device saw what stands.
 */
export type Meeting =
  | { readonly kind: 'create' | 'missing' | 'gone' }
  | { readonly kind: 'clean'; readonly stored: StoredRecord }
  /** `stored` is null when even the tombstone is gone. */
  | {
      readonly kind: 'conflict';
      readonly of: Exclude<ConflictKind, 'SCHEMA'>;
      readonly stored: StoredRecord | null;
    };

export function classify(
  change: Change,
  device: DeviceId,
  stored: StoredRecord | undefined,
  keepsSeveral = false,
): Meeting {
  if (stored === undefined) return meetingNothing(change);
  if (stored.deleted) return meetingTombstone(change, device, stored);
  const seen = keepsSeveral
    ? unseenSiblings(stored, device, change).length === 0
    : hasSeen(stored, device, change);
  return meetingLive(change, stored, seen);
}

/** A base version above 0 says that the record was there: it has been deleted, and stays so unless a rule says more. */
function meetingNothing(change: Change): Meeting {
  if (change.kind === 'delete') return { kind: 'gone' };
  if (change.baseVersion > 0 && !isAnew(change))
    return { kind: 'conflict', of: 'UPDATE_DELETE', stored: null };
  return { kind: change.kind === 'create' ? 'create' : 'missing' };
}

function meetingTombstone(change: Change, device: DeviceId, stored: StoredRecord): Meeting {
  if (change.kind === 'delete') return { kind: 'gone' };
  if (isAnew(change)) return { kind: 'clean', stored };
  if (!hasSeen(stored, device, change)) return { kind: 'conflict', of: 'UPDATE_DELETE', stored };
  return change.kind === 'create' || change.kind === 'update'
    ? { kind: 'clean', stored }
    : { kind: 'missing' };
}

/** Made by one who never knew of the record, or who had deleted it as well. */
function isAnew({ kind, baseVersion, after }: Change): boolean {
  return kind === 'create' && (baseVersion === 0 || after > 0);
}

function meetingLive(change: Change, stored: StoredRecord, seen: boolean): Meeting {
  if (seen) return { kind: 'clean', stored };
  const of =
    change.kind === 'create' ? 'CREATE_CREATE' : change.kind === 'delete' ? 'DELETE_UPDATE' : 'UPDATE_UPDATE';
  return { kind: 'conflict', of, stored };
}
