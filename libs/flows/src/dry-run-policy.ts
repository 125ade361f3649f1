import {
  activate,
  type ActiveRules,
  type Answer,
  CONFLICTS,
  decodeLedger,
  granted,
  type HistoryEntry,
  type LedgerEntry,
  type LedgerSide,
  type Limits,
  type OutcomeStatus,
  type PolicyRegistry,
  type RecordId,
  refused,
  sameBytes,
  type Side,
  type SpaceKey,
  type TriedRules,
  tryRules,
  type Version,
} from '@syncline/core';
import type { ConflictLedger, Identity } from '@syncline/ports';
import { type LedgerConflict, shortContents, wholeContents } from './conflict-contents';
import type { ConflictFilter } from './conflict-filter';
import type { Contents, ConflictTold } from './conflict-told';
import { declarationViolations } from './declare-collection';
import { ledgerConflicts, type ReadConflictsDeps, tellAll } from './find-conflict';
import type { DeclaredRules } from './manage-spaces';
import { scanConflicts } from './scan-conflicts';
import { asOwner, type NamedSpace } from './space-rights';

export interface DryRunPolicyDeps extends ReadConflictsDeps {
  readonly policies: PolicyRegistry;
  readonly limits: Pick<Limits, 'pageBytesMax'>;
}

export interface DryRunPolicyCall extends NamedSpace, DeclaredRules {
  readonly filter: ConflictFilter;
  /** Null for what the server thinks fit, as below. */
  readonly conflictsMax: number | null;
  readonly examplesMax: number | null;
}

/** A conflict that would have been decided otherwise. */
export interface DryRunExample {
  readonly conflict: ConflictTold;
  readonly resolution: TriedRules['resolution'];
  /** Null for a delete. */
  readonly payload: Uint8Array | null;
  readonly asked: readonly string[];
  readonly why: string;
  readonly status: OutcomeStatus;
}

export interface DryRun {
  readonly tried: number;
  readonly same: number;
  readonly different: number;
  /** Would have waited for a person. */
  readonly open: number;
  /** Could not be tried, and are not among those tried. */
  readonly skipped: number;
  readonly examples: readonly DryRunExample[];
}

const CONFLICTS_MAX = 1_000;
const EXAMPLES_DEFAULT = 10;
const EXAMPLES_MAX = 100;
/** Each may have three contents of the largest size. */
const TRIED_AT_ONCE = 20;

/** What other rules would have decided in the recorded conflicts of a collection, for its owners. Changes nothing. */
export function dryRunPolicy(deps: DryRunPolicyDeps) {
  return async (identity: Identity, call: DryRunPolicyCall): Promise<Answer<DryRun>> => {
    const owned = await asOwner(deps, identity, call);
    if (!owned.ok) return owned;
    const violations = declarationViolations(call.rules, deps.policies);
    if (violations.length > 0) return refused('POLICY_INVALID', { violations });
    const rules = activate(call.rules, deps.policies);
    const space = owned.value;
    const ids = await wantedIds(deps.conflicts, space, call);
    const run = { tried: 0, same: 0, different: 0, open: 0, skipped: 0, examples: [] as DryRunExample[] };
    const room = { left: Math.min(call.examplesMax ?? EXAMPLES_DEFAULT, EXAMPLES_MAX), bytes: 0 };
    for (let at = 0; at < ids.length; at += TRIED_AT_ONCE) {
      const others: Tried[] = [];
      for (const tried of await tryPart(deps, space, rules, ids.slice(at, at + TRIED_AT_ONCE))) {
        run[tried.verdict]++;
        if (tried.verdict !== 'skipped') run.tried++;
        if (!tried.isOther || room.left === 0 || room.bytes >= deps.limits.pageBytesMax) continue;
        room.left--;
        room.bytes += tried.conflict.record.payload!.length + (tried.tried!.payload?.length ?? 0);
        others.push(tried);
      }
      run.examples.push(...(await examplesOf(deps, space, others)));
    }
    return granted(run);
  };
}

async function wantedIds(
  conflicts: ConflictLedger,
  space: SpaceKey,
  { rules: { collection }, filter, conflictsMax }: DryRunPolicyCall,
): Promise<RecordId[]> {
  const { collections } = filter;
  const ids: RecordId[] = [];
  if (collections.length > 0 && !collections.includes(collection)) return ids;
  const limit = Math.min(conflictsMax ?? CONFLICTS_MAX, CONFLICTS_MAX);
  const access = { role: 'owner', collections: new Map() } as const;
  const wanted = { ...filter, collections: [collection] };
  await scanConflicts(
    conflicts,
    { space, access, filter: wanted, waiting: false, before: null },
    ({ id }) => ids.push(id) < limit,
  );
  return ids;
}

interface Tried {
  readonly conflict: LedgerConflict;
  readonly verdict: 'same' | 'different' | 'open' | 'skipped';
  /** It would have ended otherwise. */
  readonly isOther: boolean;
  readonly tried: TriedRules | null;
}

async function tryPart(
  deps: DryRunPolicyDeps,
  space: SpaceKey,
  rules: ActiveRules,
  ids: readonly RecordId[],
): Promise<Tried[]> {
  const found = await ledgerConflicts(deps, space, ids);
  const contents = await wholeContents(deps.conflicts, space, found);
  const entered = await deps.conflicts.writtenAt(
    space,
    found.map(({ record }) => record.createdVersion),
  );
  const first = found.map((conflict) => firstDecision(conflict, entered));
  const results = await deps.conflicts.writtenAt(
    space,
    first.flatMap((entry) => (entry?.resolution === 'merged' ? [entry.resultVersion] : [])),
  );
  return found.map((conflict, index) => {
    const recorded = recordedResult(first[index]!, contents[index]!, results);
    return tryOne(rules, conflict, contents[index]!, first[index]!, recorded);
  });
}

/** What the policy decided, before persons did; null where that is not known any more. */
function firstDecision(
  { record, entry }: LedgerConflict,
  entered: ReadonlyMap<Version, HistoryEntry>,
): LedgerEntry | null {
  const found = entered.get(record.createdVersion);
  if (found?.collection === CONFLICTS && found.id === record.id && found.payload !== null)
    return decodeLedger(found.payload);
  return record.version === record.createdVersion ? entry : null;
}

/** The content that stood after the policy's decision; undefined where it is not known any more. */
function recordedResult(
  entry: LedgerEntry | null,
  { stored, incoming }: Contents,
  results: ReadonlyMap<Version, HistoryEntry>,
): Uint8Array | null | undefined {
  switch (entry?.resolution ?? null) {
    case 'stored':
    case 'none':
      return stored;
    case 'incoming':
      return incoming;
    case 'merged':
    case 'both':
      return results.get(entry!.resultVersion)?.payload;
    // No policy decides like that.
    case 'replaced':
    case 'deleted':
    case null:
      return undefined;
  }
}

function tryOne(
  rules: ActiveRules,
  conflict: LedgerConflict,
  contents: Contents,
  first: LedgerEntry | null,
  recorded: Uint8Array | null | undefined,
): Tried {
  const skipped: Tried = { conflict, verdict: 'skipped', isOther: false, tried: null };
  const { stored, incoming, base } = contents;
  const { entry } = conflict;
  if (first === null || recorded === undefined || stored === undefined || incoming === undefined)
    return skipped;
  const { kind } = entry;
  const hadBase = kind !== 'CREATE_CREATE' && (entry.baseVersion > 0 || entry.after > 0);
  if (rules.policy.needsBase && hadBase && base === undefined) return skipped;
  const tried = tryRules(rules, {
    kind,
    base: base === undefined ? null : { deleted: base === null, payload: base },
    stored: sideOf(entry.stored, stored),
    incoming: { ...sideOf(entry.incoming, incoming), schemaVersion: entry.incoming.schemaVersion },
  });
  if (tried === null) return skipped;
  const waited = first.state === 'open';
  const isSame = sameContent(tried.payload, recorded);
  if (tried.resolution === 'none' || tried.asked.length > 0)
    return { conflict, verdict: 'open', isOther: !waited || !isSame, tried };
  const verdict = isSame && !waited ? 'same' : 'different';
  return { conflict, verdict, isOther: verdict === 'different', tried };
}

/** A delete whose maker is not known any more counts as later than any change, as it does when a change meets it. */
function sideOf({ time, device, number }: LedgerSide, payload: Uint8Array | null): Side {
  const made = { time: time ?? (Number.MAX_SAFE_INTEGER as Side['time']), number: number ?? 0 };
  return {
    ...made,
    deleted: payload === null,
    payload,
    meta: null,
    device: device ?? ('' as Side['device']),
  };
}

function sameContent(left: Uint8Array | null, right: Uint8Array | null): boolean {
  return left === null || right === null ? left === right : sameBytes(left, right);
}

async function examplesOf(
  deps: DryRunPolicyDeps,
  space: SpaceKey,
  others: readonly Tried[],
): Promise<DryRunExample[]> {
  const found = others.map(({ conflict }) => conflict);
  const told = await tellAll(deps, space, found, found.map(shortContents));
  return others.map(({ tried }, index) => {
    const { resolution, payload, asked, why, status } = tried!;
    return { conflict: told[index]!, resolution, payload, asked, why, status };
  });
}
