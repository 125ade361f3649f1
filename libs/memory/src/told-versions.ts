import {
  CONFLICTS,
  factsOfEntry,
  type HistoryEntry,
  type Version,
  type VersionFacts,
  type VersionSetting,
} from '@syncline/core';
import { firstWhere } from './first-where';
import { sha256 } from './sha256';

/** With the bytes of the contents that are kept. */
type KeptFacts = VersionFacts & { readonly keptBytes: number };
type VersionAbout = Pick<VersionFacts, 'version' | 'collection' | 'device' | 'number' | 'previousVersion'>;

/** What is told of every version for good, also of those that are not in the history any more. */
export interface ToldVersions {
  /** In order. */
  append(version: Version): void;
  /** Its contents are forgotten. */
  prune(entry: HistoryEntry): void;
  readonly settingOf: (version: VersionAbout) => VersionSetting;
  /** The last version that was committed up to a time; 0 for none. */
  readonly committedBy: (timeMs: number) => Version;
  /** The versions above `after`, the oldest first. */
  readonly facts: (after: Version, upTo: Version, limit: number) => KeptFacts[];
}

/** `kept` is the history by version. */
export function toldVersions(kept: ReadonlyMap<Version, HistoryEntry>): ToldVersions {
  const pruned = new Map<Version, VersionFacts>();
  const versions: Version[] = [];
  return {
    append: (version) => void versions.push(version),
    prune: (entry) => void pruned.set(entry.version, factsOfEntry(entry, sha256)),
    settingOf({ version, collection, device, number, previousVersion }) {
      const before = kept.get(previousVersion);
      const next = kept.get(version + 1) ?? pruned.get(version + 1);
      const isSettled =
        next !== undefined &&
        next.device === device &&
        next.number === number &&
        next.collection === CONFLICTS &&
        next.previousVersion > 0 &&
        collection !== CONFLICTS;
      return {
        replacesDelete:
          before === undefined ? pruned.get(previousVersion)?.deleted === true : before.payload === null,
        settles: isSettled ? next.id : null,
      };
    },
    committedBy(timeMs) {
      const later = versions.findIndex(
        (version) => (kept.get(version) ?? pruned.get(version)!).committedAtMs > timeMs,
      );
      return (later < 0 ? versions.at(-1) : versions[later - 1]) ?? 0;
    },
    facts(after, upTo, limit) {
      const found: KeptFacts[] = [];
      const first = firstWhere(versions.length, (at) => versions[at]! > after);
      for (let at = first; at < versions.length && found.length < limit; at++) {
        const version = versions[at]!;
        if (version > upTo) break;
        const entry = kept.get(version);
        const facts = entry === undefined ? pruned.get(version)! : factsOfEntry(entry, sha256);
        found.push({ ...facts, keptBytes: (entry?.payload?.length ?? 0) + (entry?.incoming?.length ?? 0) });
      }
      return found;
    },
  };
}
