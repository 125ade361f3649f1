import {
  type Answer,
  type CollectionName,
  granted,
  refused,
  type SpaceKey,
  type Version,
} from '@syncline/core';
import type { PastStore, Reach } from '@syncline/ports';

/** A moment of a space, as a call names it. */
export type Moment =
  | { readonly kind: 'version'; readonly version: Version }
  | { readonly kind: 'time'; readonly timeMs: number };

export interface FoundMoment {
  /** The version that the moment stands for. */
  readonly version: Version;
  /** Of the collections that were named, or of all. */
  readonly reach: Reach;
}

export function findMoment({ past }: { readonly past: Pick<PastStore, 'reach' | 'versionAt'> }) {
  return async (
    space: SpaceKey,
    moment: Moment,
    collections: readonly CollectionName[] = [],
  ): Promise<Answer<FoundMoment>> => {
    const version = moment.kind === 'version' ? moment.version : await past.versionAt(space, moment.timeMs);
    const reach = await past.reach(space, collections);
    if (reach === null) return refused('SPACE_NOT_FOUND');
    return version > reach.head ? notYet(version, reach) : granted({ version, reach });
  };
}

/** Nothing of what records held then is forgotten. */
export function isKept(version: Version, { keptFrom }: Reach): boolean {
  return version >= keptFrom;
}

export function forgotten(version: Version, { keptFrom }: Reach): Answer<never> {
  const facts = { version: String(version), kept_from: String(keptFrom) };
  return refused('VERSION_NOT_FOUND', {
    message: `History tells everything only as of version ${keptFrom}. Ask for that one or a later one.`,
    facts,
  });
}

export function notYet(version: Version, { head }: Pick<Reach, 'head'>): Answer<never> {
  return refused('VERSION_NOT_FOUND', {
    message: `The space has not come to version ${version}: its last one is ${head}.`,
    facts: { version: String(version), head: String(head) },
  });
}
