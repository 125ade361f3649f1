import { type Access, decodeFacts, type RecordId, type SpaceKey, type Version } from '@syncline/core';
import type { ConflictLedger } from '@syncline/ports';
import { type ConflictFilter, fits } from './conflict-filter';

/** However few conflicts fit, no call looks at more than these. */
const SCANNED_MAX = 10_000;
const READ_AT_ONCE = 1_000;

export interface ScannedConflict {
  readonly id: RecordId;
  readonly version: Version;
}

export interface Scan {
  readonly space: SpaceKey;
  readonly access: Access;
  readonly filter: ConflictFilter;
  /** Nothing but conflicts that wait. */
  readonly waiting: boolean;
  /** Exclusive; null to begin with the newest. */
  readonly before: Version | null;
}

/**
 * Walks over conflicts, the newest first, and shows those that fit until the visitor has enough. Tells where it was left off:
 * null when there are no more.
 */
export async function scanConflicts(
  conflicts: Pick<ConflictLedger, 'conflicts'>,
  { space, access, filter, waiting, before }: Scan,
  visit: (conflict: ScannedConflict) => boolean,
): Promise<Version | null> {
  let from = before;
  for (let scanned = 0; scanned < SCANNED_MAX; scanned += READ_AT_ONCE) {
    const rows = await conflicts.conflicts({ space, before: from, waiting, limit: READ_AT_ONCE });
    for (const { id, version, facts: bytes } of rows) {
      const facts = decodeFacts(bytes);
      const isWanted = facts !== null && fits(filter, access, id, facts);
      if (isWanted && !visit({ id, version })) return from;
      from = version;
    }
    if (rows.length < READ_AT_ONCE) return null;
  }
  return from;
}
