import type { Change } from '../changes';
import type { HlcTime } from '../clock';
import { applyPatch } from '../json-fields';
import type { ConflictKind } from '../outcomes';
import type { Resolution, Seen, Side } from '../policies/policy';
import type { StoredRecord } from '../records';
import type { ActiveRules } from '../rules';
import type { DeviceId } from '../ids';
import { askPolicy } from './ask-policy';

/** A delete whose time is no longer known counts as later than any change. */
const LONG_AGO_DELETED = {
  deleted: true,
  payload: null,
  meta: null,
  time: Number.MAX_SAFE_INTEGER as HlcTime,
  device: '' as DeviceId,
  number: 0,
} as const satisfies Side;

/**
 * The change as a whole record: a patch is applied to what its device saw, or, if that is no longer known, to
 * what stands. Undefined when there is nothing to apply it to.
 */
export function wholePayload(
  change: Change,
  seen: Seen | null,
  stored: StoredRecord | null,
): Uint8Array | null | undefined {
  switch (change.kind) {
    case 'create':
    case 'update':
      return change.payload;
    case 'patch': {
      const under = seen?.payload ?? stored?.payload ?? null;
      return under === null ? undefined : (applyPatch(under, change.patch) ?? undefined);
    }
    case 'delete':
      return null;
    case 'operations':
      throw new TypeError('operations are rejected before they can meet a conflict');
  }
}

/** Settles a conflict: by the collection's rule for deletes where it has one, else by its policy, which may fail. */
export function settle(
  kind: Exclude<ConflictKind, 'SCHEMA'>,
  base: Seen | null,
  stored: Side | null,
  incoming: Side,
  rules: ActiveRules,
): Resolution | undefined {
  const against: Side = stored ?? LONG_AGO_DELETED;
  if (against.deleted || incoming.deleted) {
    const deleteTakes = incoming.deleted ? 'incoming' : 'stored';
    const updateTakes = incoming.deleted ? 'stored' : 'incoming';
    switch (rules.declared.deletes) {
      case 'delete-wins':
        return {
          take: deleteTakes,
          why: 'The collection declares that deletes win over concurrent updates.',
        };
      case 'resurrect':
        return {
          take: updateTakes,
          why: 'The collection declares that a concurrent update outlives a delete.',
        };
      case 'ask':
        return {
          take: 'neither',
          why: 'The collection declares that a person decides between delete and update.',
        };
      case 'policy':
        break;
    }
  }
  return askPolicy(rules, { kind, base, stored: against, incoming });
}
