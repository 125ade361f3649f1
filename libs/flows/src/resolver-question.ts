import {
  type CollectionName,
  type ConflictKind,
  type ExternalRule,
  type RecordId,
  type SpaceKey,
} from '@syncline/core';
import type { Contents, RecordTold } from './conflict-told';
import { tellConflict, tellRecord } from './conflict-told';
import type { Met } from './decide-in-ledger';

/** What the resolver of a tenant is asked. */
export interface ResolverQuestion {
  /** The same for the same conflict of the same contents, whoever asks and however often. */
  readonly id: string;
  readonly space: SpaceKey;
  readonly collection: CollectionName;
  readonly record: RecordId;
  readonly kind: ConflictKind;
  /** Null where the device had seen nothing, or where that is not known any more. */
  readonly base: RecordTold | null;
  /** As it stands now; null where nothing does. */
  readonly stored: RecordTold | null;
  readonly incoming: RecordTold;
  readonly rule: ExternalRule;
}

export type ResolverAnswer =
  | { readonly take: 'stored' | 'incoming' | 'neither' | 'delete'; readonly why: string }
  | {
      readonly take: 'merged';
      readonly payload: Uint8Array;
      /** Top-level fields that wait for a person. */
      readonly asked: readonly string[];
      readonly why: string;
    };

/** What came of asking. */
export type ResolverAsked =
  | { readonly kind: 'answered'; readonly answer: ResolverAnswer }
  /** In words that go on after "It", for the ledger. */
  | { readonly kind: 'failed'; readonly problem: string }
  /** It was not the resolver's fault, and says nothing of it. */
  | { readonly kind: 'not-asked' };

export function questionOf(met: Met, contents: Contents, rule: ExternalRule): ResolverQuestion {
  const { key: space, record, entry, stands } = met;
  const standing = stands?.version ?? 0;
  const told = tellConflict({ record, entry, contents, standing, names: new Map() });
  return {
    id: `${space}/${record.id}@${standing}`,
    space,
    collection: entry.collection,
    record: entry.id,
    kind: entry.kind,
    base: told.base?.record ?? null,
    stored: stands === undefined ? null : tellRecord(stands),
    incoming: told.incoming.record,
    rule,
  };
}
