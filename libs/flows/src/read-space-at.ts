import {
  type Access,
  type Answer,
  type CollectionName,
  granted,
  type HistoryEntry,
  type Limits,
  mayRead,
  type RecordId,
  refused,
  rightTo,
  type SpaceId,
  type SpaceKey,
  type Version,
} from '@syncline/core';
import type { Identity, PastPlace, PastStore } from '@syncline/ports';
import { findMoment, forgotten, isKept, type Moment } from './past-moment';
import { asReader } from './past-rights';
import type { SpaceRightsDeps } from './space-rights';

export interface ReadSpaceAtDeps extends SpaceRightsDeps {
  readonly past: PastStore;
  readonly limits: Pick<Limits, 'pageBytesMax'>;
}

export interface SpaceAtCall {
  readonly space: SpaceId;
  readonly at: Moment;
  /** Empty for all. */
  readonly collections: readonly CollectionName[];
}

/** A part of a space as it was. */
export interface SpacePart {
  readonly records: readonly HistoryEntry[];
  readonly version: Version;
}

const PLACES_AT_ONCE = 500;

/**
 * A space as it was, in parts: what was does not change, so they are all of one moment for as long as history reaches back
 * to it. There is one part at least.
 */
export function readSpaceAt(deps: ReadSpaceAtDeps) {
  const reader = asReader(deps);
  const find = findMoment(deps);
  return async function* (
    identity: Identity,
    call: SpaceAtCall,
  ): AsyncGenerator<Answer<SpacePart>, void, void> {
    const found = await reader(identity, call.space);
    if (!found.ok) return yield found;
    const { key, access } = found.value;
    const moment = await find(key, call.at, call.collections);
    if (!moment.ok) return yield moment;
    const { version, reach } = moment.value;
    if (!isKept(version, reach)) return yield forgotten(version, reach);
    const isHidden = (collection: CollectionName): boolean => rightTo(access, collection) === 'none';
    if (call.collections.some(isHidden)) return yield refused('PERMISSION_DENIED');
    yield granted({ records: [], version });
    const named = [...new Set(call.collections)].sort();
    const wanted = named.length > 0 ? named : await deps.past.pastCollections(key);
    for (const collection of wanted) {
      if (isHidden(collection)) continue;
      for await (const part of readCollection(deps, key, access, collection, version)) {
        yield part;
        if (!part.ok) return;
      }
    }
    // A record that was forgotten on the way is missing from its part like one that was not there.
    const end = await deps.past.reach(key, call.collections);
    if (end === null) yield refused('SPACE_NOT_FOUND');
    else if (!isKept(version, end)) yield forgotten(version, end);
  };
}

async function* readCollection(
  deps: ReadSpaceAtDeps,
  space: SpaceKey,
  access: Access,
  collection: CollectionName,
  version: Version,
): AsyncGenerator<Answer<SpacePart>, void, void> {
  for (let after: RecordId | null = null; ;) {
    const places: readonly PastPlace[] = await deps.past.placesAt(
      space,
      collection,
      version,
      after,
      PLACES_AT_ONCE,
    );
    const live = places.filter(({ id, bytes }) => bytes !== null && mayRead(access, collection, id));
    for (const group of groupsOf(live, deps.limits.pageBytesMax)) {
      const versions = group.map((place) => place.version!);
      const found = await deps.past.entriesAt(space, versions, [collection]);
      if (found === null) return yield refused('SPACE_NOT_FOUND');
      if (!isKept(version, found.reach)) return yield forgotten(version, found.reach);
      const byVersion = new Map(found.entries.map((entry) => [entry.version, entry]));
      yield granted({ records: versions.map((each) => byVersion.get(each)!), version });
    }
    if (places.length < PLACES_AT_ONCE) return;
    after = places[places.length - 1]!.id;
  }
}

/** As many as fit together; what fits nowhere goes alone. */
export function groupsOf<Item extends { readonly bytes: number | null }>(
  items: readonly Item[],
  bytesMax: number,
  itemsMax = Infinity,
): Item[][] {
  const groups: Item[][] = [];
  let bytes = 0;
  for (const item of items) {
    const group = groups[groups.length - 1];
    bytes += item.bytes ?? 0;
    if (group !== undefined && bytes <= bytesMax && group.length < itemsMax) group.push(item);
    else {
      groups.push([item]);
      bytes = item.bytes ?? 0;
    }
  }
  return groups;
}
