import {
  applyPatch,
  entryKey,
  type OperationsEntry,
  type OwnEntry,
  type PageEntry,
  type PatchEntry,
  type RecordImage,
  recordKey,
} from '@syncline/core';
import { changedContent, type Content, operated } from './content';
import { copyRecord } from './copy';
import { changeUnder } from './overlay';
import type { EngineState, Space, Staging } from './state';
import { stagedRef, type StagedEntry } from './store';

/** Why a page cannot be continued from: the space has to start over. */
export interface Broken {
  readonly why: string;
}

/** Works out what each entry makes of its record and stages it; entries that say nothing new are left out. */
export function stageEntries(
  state: EngineState,
  space: Space,
  staging: Staging,
  entries: readonly PageEntry[],
): StagedEntry[] | Broken {
  const staged: StagedEntry[] = [];
  for (const entry of entries) {
    const { collection, id, version } = entryKey(entry);
    const held = heldEntry(space, staging, entry);
    if (held !== null && stagedRef(held).version >= version) continue;
    const result = resultOf(state, space, entry, held);
    if ('why' in result) return result;
    staging.entries.set(recordKey(collection, id), result);
    staged.push(result);
  }
  return staged;
}

/** What the entry meets: an earlier staged one, else the copy, unless a new copy is being built. */
function heldEntry(space: Space, staging: Staging, entry: PageEntry): StagedEntry | null {
  const { collection, id } = entryKey(entry);
  const staged = staging.entries.get(recordKey(collection, id));
  if (staged !== undefined) return staged;
  const record = staging.fresh ? null : copyRecord(space.copy, collection, id);
  return record === null ? null : { kind: 'live', record };
}

function resultOf(
  state: EngineState,
  space: Space,
  entry: PageEntry,
  held: StagedEntry | null,
): StagedEntry | Broken {
  switch (entry.kind) {
    case 'put':
      return { kind: 'live', record: entry.record };
    case 'delete':
    case 'gone':
      return { kind: 'gone', collection: entry.collection, id: entry.id, version: entry.version };
    case 'patch':
      return patchResult(entry, held);
    case 'operations':
      return operationsResult(space, entry, held);
    case 'own':
      return ownResult(state, space, entry, held);
  }
}

function patchResult(entry: PatchEntry, held: StagedEntry | null): StagedEntry | Broken {
  const { collection, id } = entry;
  if (held?.kind !== 'live' || held.record.version !== entry.previousVersion)
    return {
      why: `version ${entry.previousVersion} of ${collection}/${id}, which a patch needs, is not held`,
    };
  // From before the application knew the newer version: fields of two shapes would be mixed.
  if (held.record.schemaVersion !== entry.schemaVersion)
    return { why: `${collection}/${id} is held in another schema version than it was patched in` };
  const payload = applyPatch(held.record.payload, entry.patch);
  if (payload === null) return { why: `${collection}/${id} is not an object, but was patched` };
  return live(entry, { payload });
}

function operationsResult(
  { dataTypes }: Space,
  entry: OperationsEntry,
  held: StagedEntry | null,
): StagedEntry | Broken {
  const { collection, id, previousVersion, type, operations } = entry;
  if (held?.kind !== 'live' || held.record.version !== previousVersion)
    return { why: `version ${previousVersion} of ${collection}/${id}, which operations need, is not held` };
  const content = operated(held.record, type, operations, dataTypes);
  return content === null
    ? { why: `operations of ${type} cannot be applied to ${collection}/${id}` }
    : live(entry, content);
}

function live(
  {
    collection,
    id,
    version,
    time,
    device,
    number,
    user,
    schemaVersion,
  }: Omit<RecordImage, keyof Content | 'resurrected'>,
  content: Content,
): StagedEntry {
  const stamp = { time, device, number, user, schemaVersion };
  return { kind: 'live', record: { collection, id, version, ...content, ...stamp, resurrected: false } };
}

/** The change is the one that this device keeps under the number; one that was never sent cannot be meant. */
function ownResult(
  { config, owner: user }: EngineState,
  space: Space,
  { collection, id, version, number }: OwnEntry,
  held: StagedEntry | null,
): StagedEntry | Broken {
  const change = number <= space.sentUpTo ? changeUnder(space, number) : null;
  if (change === null || change.collection !== collection || change.id !== id)
    return { why: `own change ${number} of ${collection}/${id} is not held` };
  const content = changedContent(held?.kind === 'live' ? held.record : null, change, space.dataTypes);
  if (content === undefined) return { why: `own change ${number} of ${collection}/${id} cannot be applied` };
  if (content === null) return { kind: 'gone', collection, id, version };
  const { time, schemaVersion } = change;
  const { device } = config;
  return live({ collection, id, version, time, device, number, user, schemaVersion }, content);
}
