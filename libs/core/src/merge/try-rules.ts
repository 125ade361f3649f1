import type { ConflictKind, OutcomeStatus } from '../outcomes';
import type { Seen, Side } from '../policies/policy';
import { type ActiveRules, takesShape } from '../rules';
import { isAsMade, STATUS_OF } from './clash';
import type { LedgerResolution } from './ledger';
import { settle } from './settle';

/** A conflict that was decided once. The bookkeeping of its sides is not kept, nor whether the change was a patch. */
export interface RecordedConflict {
  readonly kind: ConflictKind;
  /** Null where it is not known any more; a policy that needs it then decides without. */
  readonly base: Seen | null;
  readonly stored: Side;
  readonly incoming: Side & { readonly schemaVersion: number };
}

/** What rules make of a conflict. */
export interface TriedRules {
  readonly resolution: LedgerResolution;
  /** What would stand; null for a delete. */
  readonly payload: Uint8Array | null;
  readonly asked: readonly string[];
  readonly why: string;
  readonly status: OutcomeStatus;
}

/** What other rules would have decided; null where they fail, or where it cannot be told. */
export function tryRules(rules: ActiveRules, conflict: RecordedConflict): TriedRules | null {
  const { kind, base, stored, incoming } = conflict;
  if (!incoming.deleted && !takesShape(incoming, rules.declared)) {
    const why = 'The collection does not take the schema version of the change.';
    return { resolution: 'none', payload: stored.payload, asked: [], why, status: 'HELD' };
  }
  // What it would have met, had its shape been taken, is not known.
  if (kind === 'SCHEMA') return null;
  const resolution = settle(kind, kind === 'CREATE_CREATE' ? null : base, stored, incoming, rules);
  if (resolution === undefined) return null;
  const { take, why } = resolution;
  const asMade = isAsMade(resolution, incoming);
  const status = asMade ? 'APPLIED' : STATUS_OF[take];
  switch (take) {
    case 'incoming':
      return { resolution: 'incoming', payload: incoming.payload, asked: [], why, status };
    case 'stored':
      return { resolution: 'stored', payload: stored.payload, asked: [], why, status };
    case 'both':
      return { resolution: 'both', payload: stored.payload ?? incoming.payload, asked: [], why, status };
    case 'neither':
      return { resolution: 'none', payload: stored.payload, asked: [], why, status };
    case 'merged': {
      const { payload, asked } = resolution;
      return { resolution: asMade ? 'incoming' : 'merged', payload, asked, why, status };
    }
  }
}
