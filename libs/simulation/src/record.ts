import type {
  Change,
  ChangeNumber,
  CollectionName,
  CollectionRules,
  HistoryEntry,
  Kept,
  MergePlan,
  Outcome,
  Receipt,
  RecordId,
  SpaceKey,
  Version,
} from '@syncline/core';
import type { ResolverAsked, ResolverQuestion, SpacePush } from '@syncline/flows';
import type { Letters } from './documents';
import type { DecisionPlan } from './plan';

/** What the world saw happen, kept apart from all that the system keeps itself: the checkers judge by it. */
export interface WorldRecord {
  readonly commits: Map<SpaceKey, Commit[]>;
  readonly edits: Edit[];
  /** By space, device and number; moves when a device numbers its changes anew. */
  readonly editOf: Map<string, Edit>;
  readonly outcomes: SeenOutcome[];
  readonly answers: SeenAnswer[];
  readonly decisions: Decision[];
  /** By space, collection and rules version. */
  readonly rules: Map<string, CollectionRules>;
  readonly checkpoints: { devices: number };
  /** By the store's method. */
  readonly reads: Map<string, { calls: number; rows: number }>;
  /** Who was read for, in the order of the reads. */
  readonly readers: { readonly space: SpaceKey; readonly device: string }[];
  /** What each device acknowledged last, by space and device. */
  readonly acknowledged: Map<string, { readonly version: Version; readonly atMs: number }>;
  /** When each device was last up to date and connected, by space and device; `now` while it is. */
  readonly online: Map<string, { readonly now: boolean; readonly atMs: number }>;
  /** Devices that went over to another scope or mode, and lost sight of what they had written. */
  readonly moved: Set<string>;
  /** Devices that write an old shape. */
  readonly oldSchemas: Set<string>;
  /** Devices that were told to send so little at once that a command may not fit one push. */
  readonly hurried: Set<string>;
  readonly shown: Map<HistoryEntry, Shown>;
  /** The last entry of each record, by space and record. */
  readonly latest: Map<string, HistoryEntry>;
  /** What a record holds beside its payload at a version at which a commit ended; null for nothing. */
  readonly kept: Map<string, Kept | null>;
  /** Letters given out so far, no two edits of a world having the same. */
  readonly letters: { given: number };
  /** What a tenant's resolver was asked, and said. */
  readonly resolverAnswers: { readonly question: ResolverQuestion; readonly asked: ResolverAsked }[];
  /** What persons asked for without a device. */
  readonly persons: PersonsDecision[];
  /** Heads at which an epoch began, by space: versions without a commit of their own. */
  readonly epochHeads: Set<string>;
  readonly failures: Failure[];
}

export interface Commit {
  readonly from: Version;
  readonly to: Version;
  readonly history: readonly HistoryEntry[];
}

/** What a commit says of one change, in the order in which it was decided. */
export interface Decision {
  readonly space: SpaceKey;
  readonly device: string;
  readonly number: ChangeNumber;
  readonly receipt: Receipt;
  /** The commit's first version is the one after `from`. */
  readonly from: Version;
  readonly to: Version;
  readonly commit: number;
  /** What it wrote, its own record and ledger entries. */
  readonly wrote: readonly HistoryEntry[];
}

/** What a version lets a device know of its record, besides what its entry says. */
export interface Shown {
  /** A merge of two sides bears the later one's time. */
  readonly times: readonly number[];
  readonly schemaVersion: number;
  readonly resurrected: boolean;
}

export interface Edit {
  readonly device: string;
  readonly space: SpaceKey;
  number: number;
  readonly collection: CollectionName;
  readonly id: RecordId;
  readonly kind: Change['kind'];
  readonly payload: Uint8Array | null;
  /** What the device showed of the record before. */
  readonly viewed: Uint8Array | null;
  /** The same for all edits of one command. */
  readonly group: number;
  /** The contents that it replaces, where several are kept: those in view, or those that it names. */
  readonly saw: readonly Written[];
  /** What operations did to a text; null where it was something else, or cannot be told. */
  readonly letters: Letters | null;
  /** What was added to a tally. */
  readonly increment: number;
  /** The checkpoint at which the device's copy stood when the edit was made. */
  readonly seenVersion: Version;
  /** What the service said, whether the device heard it or not. */
  answered: string | null;
  /** What the device was told. */
  told: { readonly status: string; readonly version: Version } | null;
  /** The application sent it again after it had failed. */
  retried: boolean;
}

/** Who wrote a content: an edit of a device, or else its device and number. */
export type Written = Edit | string;

export interface PersonsDecision {
  readonly space: SpaceKey;
  readonly what: DecisionPlan;
  readonly value: number;
  readonly collection: CollectionName;
  readonly id: RecordId;
  /** Null for a record that is restored. */
  readonly conflict: RecordId | null;
  /** That is restored; 0 for none. */
  readonly version: Version;
  readonly seenVersion: Version | null;
  /** All that was written for it, or was tried to. */
  readonly pushes: { readonly changes: readonly Change[]; readonly outcomes: readonly Outcome[] }[];
  /** Null where no answer came. */
  ended: string | null;
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
  /** The promise that was broken, by its number in the README, or what else went wrong. */
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
    decisions: [],
    rules: new Map(),
    checkpoints: { devices: 0 },
    reads: new Map(),
    readers: [],
    acknowledged: new Map(),
    online: new Map(),
    moved: new Set(),
    oldSchemas: new Set(),
    hurried: new Set(),
    shown: new Map(),
    latest: new Map(),
    kept: new Map(),
    letters: { given: 0 },
    resolverAnswers: [],
    persons: [],
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
  const { space, head: from } = plan.before;
  const { head: to } = plan.after;
  const commit = (record.decisions.at(-1)?.commit ?? 0) + 1;
  for (const receipt of plan.receipts) {
    const { device, number } = receipt;
    const wrote = plan.history.filter((entry) => entry.device === device && entry.number === number);
    record.decisions.push({ space, device, number, receipt, from, to, commit, wrote });
  }
  const commits = record.commits.get(space) ?? [];
  record.commits.set(space, commits);
  if (plan.history.length === 0) return;
  commits.push({ from, to, history: plan.history });
  for (const entry of plan.history) noteShown(record, space, entry);
  for (const { version, kept } of plan.records)
    record.kept.set(keptKey(space, version), kept === undefined ? null : toldOf(kept));
}

/** Without what led here, and without what a payload says as well. */
function toldOf(kept: Kept): Kept | null {
  if (kept.kind === 'siblings') return kept;
  return kept.state === null ? null : { ...kept, recent: [] };
}

function noteShown(record: WorldRecord, space: SpaceKey, entry: HistoryEntry): void {
  const key = `${space} ${keyText(entry.collection, entry.id)}`;
  const before = record.latest.get(key);
  const ofLedger = entry.collection === 'sys.conflicts';
  const earlier = before === undefined ? [] : record.shown.get(before)!.times;
  const clashed = !ofLedger && entry.conflict !== null;
  const times = clashed ? [entry.time, ...earlier.filter((time) => time > entry.time)] : [entry.time];
  const resurrected = clashed && entry.payload !== null && (before === undefined || before.payload === null);
  record.shown.set(entry, { times, schemaVersion: ofLedger ? 0 : entry.schemaVersion, resurrected });
  record.latest.set(key, entry);
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

export const keptKey = (space: SpaceKey, version: Version): string => `${space} ${version}`;

export const rulesKey = (space: SpaceKey, collection: string, rulesVersion: number): string =>
  `${space}\n${collection}\n${rulesVersion}`;

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
