import { type HistoryEntry, sameBytes, type StoredRecord } from '@syncline/core';
import type { ServiceChange } from './change-as-service';

/** What makes a record what an entry of its history left; null where it is that already. */
export function restoredChange(
  {
    collection,
    id,
    payload,
    schemaVersion,
  }: Pick<HistoryEntry, 'collection' | 'id' | 'payload' | 'schemaVersion'>,
  stored: StoredRecord | null,
): ServiceChange | null {
  const now = stored?.payload ?? null;
  const base = {
    collection,
    id,
    baseVersion: stored?.version ?? 0,
    schemaVersion,
    resolves: [],
    trace: '',
  };
  if (payload === null) return now === null ? null : { ...base, kind: 'delete' };
  if (now === null) return { ...base, kind: 'create', payload };
  const isSame = stored?.schemaVersion === schemaVersion && sameBytes(now, payload);
  return isSame ? null : { ...base, kind: 'update', payload };
}

/** Others may write to a record again and again; whoever restores it is told so in the end. */
export const RESTORE_ATTEMPTS = 5;
