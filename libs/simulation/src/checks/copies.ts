import { copyRecords, type Space } from '@syncline/client';
import {
  decodeUtf8,
  type HistoryEntry,
  type RecordImage,
  sameBytes,
  type SpaceKey,
  type Version,
} from '@syncline/core';
import { NEW_SHAPE, OLD_SHAPE, PEOPLE } from '../people';
import type { ScopePlan } from '../plan';
import { fail, keptKey, keyText, type Shown, stateAt, type WorldRecord } from '../record';
import { otherKept } from './kept';
import { showsPerson } from './people';

/** What a device is meant to hold, said anew and naively: the system's own idea of scopes has no part in it. */
export function belongs(scope: ScopePlan, entry: HistoryEntry): boolean {
  switch (scope) {
    case 'whole':
      return true;
    case 'collections':
      return ['notes', 'forms', 'tallies', 'shifting', 'legal'].includes(entry.collection);
    case 'prefix':
      return entry.id.startsWith('r1');
    case 'field': {
      if (!['notes', 'forms', 'config'].includes(entry.collection)) return false;
      return /^\{.*"kind": ?"k0".*\}$/s.test(decodeUtf8(entry.payload!));
    }
  }
}

/**
 * Promises 3 and 4: at every checkpoint a device's copy is exactly what the space held at that version, and the
 * version is one at which a commit ended.
 */
export function checkCopy(
  record: WorldRecord,
  space: SpaceKey,
  device: string,
  held: Space,
  version: Version,
  scope: ScopePlan,
  hidden: ReadonlySet<string>,
): void {
  const commits = record.commits.get(space) ?? [];
  const ends = commits.some(({ to }) => to === version) || record.epochHeads.has(`${space} ${version}`);
  if (version > 0 && !ends) {
    fail(record, '4', `${device} stands at version ${version} of ${space}, inside of a commit`);
  }
  const expected = new Map([...stateAt(record, space, version)].filter(([, entry]) => belongs(scope, entry)));
  const copy = new Map(
    [...copyRecords(held.copy)].map((image) => [keyText(image.collection, image.id), image]),
  );
  for (const [key, entry] of expected) {
    if (isHidden(hidden, key)) continue;
    const image = copy.get(key);
    if (image === undefined)
      return fail(record, '3', `${device} lacks ${key} at ${version}, written at ${entry.version}`);
    if (image.version !== entry.version) {
      return fail(
        record,
        '3',
        `${device} holds ${key} at ${image.version} instead of ${entry.version} (checkpoint ${version})`,
      );
    }
    const isOld = record.oldSchemas.has(device);
    const isSame =
      entry.collection === PEOPLE
        ? showsPerson(isOld, image.payload, entry.payload!)
        : sameBytes(image.payload, entry.payload!);
    if (!isSame) return fail(record, '3', `${device} holds other content of ${key} at ${version}`);
    const kept = record.kept.get(keptKey(space, entry.version)) ?? undefined;
    const other =
      otherFact(image, entry, shownTo(isOld, entry, record.shown.get(entry)!)) ?? otherKept(image.kept, kept);
    if (other !== null) return fail(record, '3', `${device} holds ${key} at ${version} with ${other}`);
  }
  for (const key of copy.keys()) {
    if (!expected.has(key) && !isHidden(hidden, key))
      return fail(record, '3', `${device} holds ${key} at ${version}, which it should not`);
  }
}

/** Where devices of two shapes meet, each sees its own. */
function shownTo(isOld: boolean, { collection }: HistoryEntry, shown: Shown): Shown {
  return collection === PEOPLE ? { ...shown, schemaVersion: isOld ? OLD_SHAPE : NEW_SHAPE } : shown;
}

/** Who wrote it, when and how, as the device tells it. */
function otherFact(image: RecordImage, entry: HistoryEntry, shown: Shown): string | null {
  const facts = {
    user: [image.user, entry.user],
    device: [image.device, entry.device],
    number: [image.number, entry.number],
    schemaVersion: [image.schemaVersion, shown.schemaVersion],
    resurrected: [image.resurrected, shown.resurrected],
  };
  for (const [name, [held, due]] of Object.entries(facts))
    if (held !== due) return `${name} ${held}, not ${due}`;
  if (!shown.times.includes(image.time)) return `time ${image.time}, not ${shown.times.join(' or ')}`;
  return null;
}

/** Collections that access was taken from and given back to while the device was on its way. */
function isHidden(hidden: ReadonlySet<string>, key: string): boolean {
  if (hidden.size === 0) return false;
  const [collection, ledgerOf] = key.split('/');
  return hidden.has(collection!) || (collection === 'sys.conflicts' && hidden.has(ledgerOf!));
}
