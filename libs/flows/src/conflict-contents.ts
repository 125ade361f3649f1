import {
  CONFLICTS,
  type HistoryEntry,
  type LedgerEntry,
  ledgerContent,
  type Seen,
  seenKey,
  type SeenKey,
  type SeenRequest,
  type SpaceKey,
  type StoredRecord,
  type Version,
} from '@syncline/core';
import type { ConflictLedger } from '@syncline/ports';
import type { Contents } from './conflict-told';

/** A conflict as the ledger has it. */
export interface LedgerConflict {
  readonly record: StoredRecord;
  readonly entry: LedgerEntry;
}

/** What the ledger itself has of the contents. */
export function shortContents({ record, entry }: LedgerConflict): Contents {
  const of = (side: 'stored' | 'incoming'): Uint8Array | null | undefined => {
    if (entry[side].deleted) return null;
    // What operations would have made of the record is not known.
    if (entry[side].operations !== undefined) return undefined;
    return ledgerContent(record.payload!, side) ?? undefined;
  };
  return { base: undefined, stored: of('stored'), incoming: of('incoming') };
}

/** All contents, with those from the history that the ledger left out; in the order of the conflicts. */
export async function wholeContents(
  conflicts: Pick<ConflictLedger, 'seenBy' | 'writtenAt'>,
  space: SpaceKey,
  asked: readonly LedgerConflict[],
): Promise<Contents[]> {
  const short = asked.map(shortContents);
  const bases = asked.map(baseOf);
  const [seen, written] = await Promise.all([
    conflicts.seenBy(
      space,
      bases.filter((base) => base !== null),
    ),
    conflicts.writtenAt(
      space,
      asked.flatMap((conflict, index) => versionsWanted(conflict, short[index]!)),
    ),
  ]);
  return asked.map((conflict, index) => ({
    base: contentSeen(seen, bases[index]!),
    stored: storedContent(conflict, short[index]!, written),
    incoming: incomingContent(conflict, short[index]!, written),
  }));
}

/** Null where the device had seen nothing. */
function baseOf({ entry }: LedgerConflict): SeenRequest | null {
  const { collection, id, device, baseVersion, after, kind } = entry;
  if (kind === 'CREATE_CREATE' || (baseVersion === 0 && after === 0)) return null;
  return { collection, id, device, baseVersion, after };
}

function contentSeen(
  seen: ReadonlyMap<SeenKey, Seen>,
  base: SeenRequest | null,
): Uint8Array | null | undefined {
  return base === null ? undefined : seen.get(seenKey(base))?.payload;
}

function versionsWanted(
  { record, entry }: LedgerConflict,
  { stored, incoming }: Pick<Contents, 'stored' | 'incoming'>,
): Version[] {
  return [
    ...(stored === undefined ? [entry.stored.version] : []),
    ...(incoming === undefined ? [record.createdVersion] : []),
  ];
}

type Written = ReadonlyMap<Version, HistoryEntry>;

function storedContent(
  { entry: { collection, id, stored } }: LedgerConflict,
  short: Contents,
  written: Written,
): Uint8Array | null | undefined {
  if (short.stored !== undefined) return short.stored;
  const found = written.get(stored.version);
  return found?.collection === collection && found.id === id ? found.payload : undefined;
}

/** What the device sent is kept beside the version that entered the conflict. */
function incomingContent(
  { record }: LedgerConflict,
  short: Contents,
  written: Written,
): Uint8Array | null | undefined {
  if (short.incoming !== undefined) return short.incoming;
  const found = written.get(record.createdVersion);
  return found?.collection === CONFLICTS && found.id === record.id && found.incoming !== null
    ? found.incoming
    : undefined;
}
