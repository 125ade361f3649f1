import {
  type Access,
  type CollectionName,
  concernedBy,
  CONFLICTS,
  type ConflictKind,
  type ConflictState,
  type DeviceId,
  type LedgerFacts,
  mayRead,
  type RecordId,
  type UserId,
} from '@syncline/core';

/** Which conflicts; null and empty lists for all. */
export interface ConflictFilter {
  readonly collections: readonly CollectionName[];
  readonly record: RecordId | null;
  readonly state: ConflictState | null;
  readonly kinds: readonly ConflictKind[];
  /** Of one of the sides, as `user`. */
  readonly device: DeviceId | null;
  readonly user: UserId | null;
  readonly policy: string | null;
  readonly detectedFromMs: number | null;
  /** Exclusive. */
  readonly detectedToMs: number | null;
}

export const ALL_CONFLICTS: ConflictFilter = {
  collections: [],
  record: null,
  state: null,
  kinds: [],
  device: null,
  user: null,
  policy: null,
  detectedFromMs: null,
  detectedToMs: null,
};

/** Nothing but conflicts that wait can fit. */
export const wantsWaiting = ({ state }: ConflictFilter): boolean => state === 'open' || state === 'reopened';

/** What a filter has nothing to look at for: every conflict fits that someone may see. */
export function takesAll(filter: ConflictFilter, access: Access): boolean {
  const { collections, record, state, kinds, device, user, policy, detectedFromMs, detectedToMs } = filter;
  const single = [record, state, device, user, policy, detectedFromMs, detectedToMs];
  const isEmpty = collections.length === 0 && kinds.length === 0 && single.every((each) => each === null);
  return isEmpty && access.collections.size === 0;
}

/** A conflict is seen by those who may read its record. */
export function fits(filter: ConflictFilter, access: Access, id: RecordId, facts: LedgerFacts): boolean {
  const { collections, record, state, kinds, device, user, policy, detectedFromMs, detectedToMs } = filter;
  return (
    mayRead(access, CONFLICTS, id) &&
    (collections.length === 0 || collections.includes(concernedBy(id))) &&
    (record === null || facts.id === record) &&
    (state === null || facts.state === state) &&
    (kinds.length === 0 || kinds.includes(facts.kind)) &&
    (device === null || facts.devices.includes(device)) &&
    (user === null || facts.users.includes(user)) &&
    (policy === null || facts.policy === policy) &&
    (detectedFromMs === null || facts.detectedAtMs >= detectedFromMs) &&
    (detectedToMs === null || facts.detectedAtMs < detectedToMs)
  );
}
