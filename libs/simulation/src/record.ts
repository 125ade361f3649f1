import type {
  Change,
  CollectionName,
  HistoryEntry,
  MergePlan,
  Outcome,
  RecordId,
  SpaceKey,
  Version,
} from '@syncline/core';
import type { SpacePush } from '@syncline/flows';

/** What the world saw happen, kept apart from all that the system keeps itself: the checkers judge by it. */
export interface WorldRecord {
  readonly commits: Map<SpaceKey, Commit[]>;
  readonly edits: Edit[];
  /** By space, device and number; moves when a device numbers its changes anew. */
  readonly editOf: Map<string, Edit>;
  readonly outcomes: SeenOutcome[];
  readonly answers: SeenAnswer[];
  readonly checkpoints: { devices: number };
  readonly reads: { calls: number; rows: number };
  /** Heads at which an epoch began, by space: versions without a commit of their own. */
  readonly epochHeads: Set<string>;
  readonly failures: Failure[];
}

export interface Commit {
  readonly from: Version;
  readonly to: Version;
  readonly history: readonly HistoryEntry[];
}

export interface Edit {
  readonly device: string;
  readonly space: SpaceKey;
  number: number;
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly kind: 'create' | 'update' | 'patch' | 'delete';
  readonly payload: Uint8Array | null;
  /** What was added to a tally. */
  readonly increment: number;
  /** The checkpoint at which the device's copy stood when the edit was made. */
  readonly seenVersion: Version;
  /** What the service said, whether the device heard it or not. */
  answered: string | null;
  /** What the device was told. */
  told: { readonly status: string; readonly version: Version } | null;
}

export interface SeenOutcome {
  readonly space: SpaceKey;
  readonly device: string;
  readonly change: Change;
  readonly outcome: Outcome;
}

export interface SeenAnswer {
  readonly space: SpaceKey;
  readonly device: string;
  readonly change: Change;
  readonly status: Outcome['status'];
  readonly version: Version;
}

export interface Failure {
  /** The promise of the design that was broken, by its number, or what else went wrong. */
  readonly promise: string;
  readonly what: string;
}

export function newRecord(): WorldRecord {
  return {
    commits: new Map(),
    edits: [],
    editOf: new Map(),
    outcomes: [],
    answers: [],
    checkpoints: { devices: 0 },
    reads: { calls: 0, rows: 0 },
    epochHeads: new Set(),
    failures: [],
  };
}

export function editKey(space: SpaceKey, device: string, number: number): string {
  return `${space}\n${device}\n${number}`;
}

export function fail(record: WorldRecord, promise: string, what: string): void {
  record.failures.push({ promise, what });
}

export function noteCommit(record: WorldRecord, plan: MergePlan): void {
  const { space } = plan.before;
  const commits = record.commits.get(space) ?? [];
  record.commits.set(space, commits);
  if (plan.history.length === 0) return;
  commits.push({ from: plan.before.head, to: plan.after.head, history: plan.history });
}

/** What the service answered, whether the answer arrived or not. */
export function noteOutcomes(
  record: WorldRecord,
  { space, push }: SpacePush,
  outcomes: readonly Outcome[],
): void {
  outcomes.forEach((outcome, index) => {
    const change = push.changes[index]!;
    record.outcomes.push({ space, device: push.device, change, outcome });
    const edit = record.editOf.get(editKey(space, push.device, change.number));
    if (edit !== undefined && outcome.reason !== 'CHANGE_NUMBER_REUSED') edit.answered ??= outcome.status;
  });
}

/** Every version of a space, in order. */
export function historyOf(record: WorldRecord, space: SpaceKey): HistoryEntry[] {
  const commits = [...(record.commits.get(space) ?? [])].sort((left, right) => left.from - right.from);
  return commits.flatMap(({ history }) => [...history]);
}

export const keyText = (collection: string, id: string): string => `${collection}/${id}`;

/** The records of a space as of a version, rebuilt from nothing but what each version did. */
export function stateAt(record: WorldRecord, space: SpaceKey, version: Version): Map<string, HistoryEntry> {
  const state = new Map<string, HistoryEntry>();
  for (const entry of historyOf(record, space)) {
    if (entry.version > version) break;
    const key = keyText(entry.collection, entry.id);
    if (entry.payload === null) state.delete(key);
    else state.set(key, entry);
  }
  return state;
}
