import {
  type Answer,
  granted,
  type HistoryEntry,
  isSystem,
  mayWrite,
  type Outcome,
  recordKey,
  refused,
  type SpaceKey,
  type StoredRecord,
  type Version,
} from '@syncline/core';
import type { DeltaStore, Identity, PastStore } from '@syncline/ports';
import type { changeAsService } from './change-as-service';
import { forgotten, notYet } from './past-moment';
import { asReader, type PastAccess } from './past-rights';
import type { NamedRecord } from './read-past';
import { RESTORE_ATTEMPTS, restoredChange } from './restored-change';
import type { SpaceRightsDeps } from './space-rights';

export interface RestoreRecordDeps extends SpaceRightsDeps {
  readonly deltas: Pick<DeltaStore, 'heads' | 'records'>;
  readonly past: Pick<PastStore, 'entriesAt'>;
  readonly change: ReturnType<typeof changeAsService>;
}

export interface RestoreRecordCall extends NamedRecord {
  readonly version: Version;
  /** The version that the user saw; null to restore whatever it is now. */
  readonly seenVersion: Version | null;
}

/** Makes an earlier content of a record the newest one, by a change as any other. */
export function restoreRecord(deps: RestoreRecordDeps) {
  const reader = asReader(deps);
  return async (identity: Identity, call: RestoreRecordCall): Promise<Answer<StoredRecord | null>> => {
    const { collection, id, seenVersion } = call;
    const found = await reader(identity, call.space);
    if (!found.ok) return found;
    if (isSystem(collection)) return refused('COLLECTION_RESERVED');
    const { key, access } = found.value;
    if (!mayWrite(access, collection)) return refused('PERMISSION_DENIED');
    const entry = await entryOf(deps, key, call);
    if (!entry.ok) return entry;
    for (let attempt = 1; ; attempt++) {
      const stored = await standing(deps, key, { collection, id });
      if (seenVersion !== null && seenVersion !== (stored?.version ?? 0)) return refused('CHANGED_MEANWHILE');
      const change = restoredChange(entry.value, stored);
      if (change === null) return granted(stored);
      const made = await makeIt(deps, found.value, identity, change);
      if (made.ok) return granted(await standing(deps, key, { collection, id }));
      const isOver = made.refusal.reason !== 'CHANGED_MEANWHILE' || seenVersion !== null;
      if (isOver || attempt >= RESTORE_ATTEMPTS) return made;
    }
  };
}

async function entryOf(
  { past }: RestoreRecordDeps,
  space: SpaceKey,
  { collection, id, version }: RestoreRecordCall,
): Promise<Answer<HistoryEntry>> {
  const found = await past.entriesAt(space, [version], [collection]);
  if (found === null) return refused('SPACE_NOT_FOUND');
  const { reach } = found;
  if (version > reach.head) return notYet(version, reach);
  const entry = found.entries.find((each) => each.collection === collection && each.id === id);
  if (entry !== undefined) return granted(entry);
  if (found.entries.length === 0 && version < reach.keptFrom) return forgotten(version, reach);
  return refused('VERSION_NOT_FOUND', { message: `The record has no version ${version}.` });
}

async function standing(
  { deltas }: RestoreRecordDeps,
  space: SpaceKey,
  name: Pick<NamedRecord, 'collection' | 'id'>,
): Promise<StoredRecord | null> {
  const key = recordKey(name.collection, name.id);
  return (await deltas.records(space, [{ ...name, key }]))?.get(key) ?? null;
}

async function makeIt(
  { change }: RestoreRecordDeps,
  { key, access }: PastAccess,
  { user }: Identity,
  wanted: NonNullable<ReturnType<typeof restoredChange>>,
): Promise<Answer<null>> {
  const made = await change(key, { user, access, changes: [wanted] });
  return made.ok ? answerOf(made.value[0]!) : made;
}

/** Whoever restores has seen what stands, so there is no conflict: it is applied, or not possible at all. */
export function answerOf({ status, reason, message }: Outcome): Answer<null> {
  return status === 'REJECTED' ? refused(reason ?? 'INTERNAL', { message }) : granted(null);
}
