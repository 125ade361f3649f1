import type { SpaceKey } from '@syncline/core';
import type { ConflictLedger } from '@syncline/ports';
import type { Wanted } from './conflict-choice';
import type { LedgerConflict } from './conflict-contents';
import type { Contents } from './conflict-told';

/**
 * What stands once a decision is taken back: what was there before it, or the other side where it left the record as it was.
 * Null where that is not known any more.
 */
export async function undone(
  conflicts: Pick<ConflictLedger, 'writtenAt'>,
  space: SpaceKey,
  { entry }: LedgerConflict,
  contents: Contents,
): Promise<Wanted | 'as-it-is' | null> {
  const { resolution, resultVersion, stored, incoming, standing } = entry;
  if (resultVersion === 0) {
    if (resolution === 'stored') return known(contents.incoming, incoming.schemaVersion);
    return 'as-it-is';
  }
  // A policy that decided at once did so against what the ledger has as the stored side.
  if (standing === undefined) return known(contents.stored, stored.schemaVersion);
  return before(conflicts, space, entry, resultVersion);
}

function known(payload: Uint8Array | null | undefined, schemaVersion: number): Wanted | null {
  return payload === undefined ? null : { payload, schemaVersion };
}

async function before(
  conflicts: Pick<ConflictLedger, 'writtenAt'>,
  space: SpaceKey,
  { collection, id }: LedgerConflict['entry'],
  version: number,
): Promise<Wanted | null> {
  const written = (await conflicts.writtenAt(space, [version])).get(version);
  if (written === undefined) return null;
  if (written.previousVersion === 0) return { payload: null, schemaVersion: written.schemaVersion };
  const { previousVersion } = written;
  const previous = (await conflicts.writtenAt(space, [previousVersion])).get(previousVersion);
  if (previous?.collection !== collection || previous.id !== id) return null;
  return { payload: previous.payload, schemaVersion: previous.schemaVersion };
}
