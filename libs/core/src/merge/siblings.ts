import type { Change, Push } from '../changes';
import type { DeviceId, Version } from '../ids';
import { compareWrites } from '../policies/order';
import type { Side } from '../policies/policy';
import { sameContent } from '../policies/same-content';
import type { Kept, Sibling, StoredRecord } from '../records';
import { dependenciesOf } from './dependencies';

/** The contents of a live record: most have one, which is their payload. */
export function siblingsOf(stored: StoredRecord): readonly Sibling[] {
  if (stored.kept?.kind === 'siblings') return stored.kept.siblings;
  const { deleted, payload, time, device, number, user, schemaVersion, version } = stored;
  return [{ deleted, payload, time, device, number, user, schemaVersion, version }];
}

/** Those that stay beside what this change writes: whoever made it had not seen them, or did not name them. */
export function unseenSiblings(stored: StoredRecord, device: DeviceId, change: Change): Sibling[] {
  return siblingsOf(stored).filter((sibling) => !replaces(change, device, sibling));
}

function replaces(change: Change, device: DeviceId, sibling: Sibling): boolean {
  const named = change.reliesOn?.seen ?? [];
  if (named.length > 0)
    return named.some((dot) => dot.device === sibling.device && dot.number === sibling.number);
  const isOwn = sibling.device === device && sibling.number === change.after;
  const gotIt = (dependenciesOf(change).get(sibling.device) ?? 0) >= sibling.number;
  // An own change hides the copy: what came there since then was never shown beside it.
  const inView = change.after === 0 && sibling.version <= change.baseVersion;
  return isOwn || gotIt || inView;
}

/** What a record holds once another content is put beside those that stay. */
export interface Beside {
  /** Null where every one of them deletes the record. */
  readonly payload: Uint8Array | null;
  /** That the payload is written in. */
  readonly schemaVersion: number;
  /** Undefined where one is left. */
  readonly kept?: Kept;
  readonly count: number;
  /** There is nothing to write. */
  readonly isAsBefore: boolean;
}

/** The order is that of writes, the latest first and deletes behind, so that it tells nothing of what came first. */
export function putBeside(
  stored: StoredRecord,
  { user, device }: Push,
  change: Change,
  incoming: Side,
  version: Version,
): Beside {
  const stay = unseenSiblings(stored, device, change);
  const isThere = stay.some((sibling) => sameContent(sibling, incoming));
  const { deleted, payload, time, number } = incoming;
  const { schemaVersion } = change;
  const added = { deleted, payload, time, device, number, user, schemaVersion, version };
  const siblings = (isThere ? stay : [...stay, added]).sort(
    (left, right) => Number(left.deleted) - Number(right.deleted) || compareWrites(right, left, 1),
  );
  const first = siblings[0]!;
  const several = !first.deleted && siblings.length > 1;
  return {
    payload: first.payload,
    schemaVersion: first.schemaVersion,
    ...(several ? { kept: { kind: 'siblings', siblings } } : {}),
    count: siblings.length,
    isAsBefore: isThere && stay.length === siblingsOf(stored).length,
  };
}
