import {
  CORE_POLICIES,
  type Outcome,
  type OutcomeStatus,
  planMerge,
  type Policy,
  type Resolution,
  sameBytes,
} from '@syncline/core';
import { type Contest, CONTEST_CHANGES, contestOf, isLater, POLICY_NAMES, type PolicyName } from '../contest';
import { times } from '../numbers';
import { OPERATION_CONTESTS, type OperationContest } from '../operation-contests';
import { type Figure, type Goal, insist, least, type Row } from '../row';
import { nowMs } from '../stopwatch';

type Take = Resolution['take'];

const TAKES: Record<PolicyName, (at: number) => Take> = {
  'last-write-wins': (at) => (isLater(at) ? 'incoming' : 'stored'),
  'server-wins': () => 'stored',
  'client-wins': () => 'incoming',
  'field-merge': () => 'merged',
  'multi-value': () => 'both',
  manual: () => 'neither',
  external: () => 'neither',
};
const STATUS: Record<Take, OutcomeStatus> = {
  incoming: 'APPLIED',
  stored: 'LOST',
  merged: 'MERGED',
  both: 'MERGED',
  neither: 'HELD',
};
const GOALS: Partial<Record<PolicyName, Goal>> = {
  'last-write-wins': least(500_000),
  'field-merge': least(100_000),
};

const WARM_UP_MS = 400;

export const mergeRate: Row = {
  name: 'merge-rate',
  what: `conflicts settled in this process, ${CONTEST_CHANGES} in a row, on records of eight fields`,
  async measure({ quick, repeats }) {
    const forMs = quick ? 100 : 600;
    const settled = POLICY_NAMES.map((name) => settling(name, contestOf(name)));
    const planned = POLICY_NAMES.map((name) => planning(name, contestOf(name)));
    const operated = OPERATION_CONTESTS.map(operating);
    const all = [...settled, ...planned, ...operated];
    for (const work of all) perSecond(work, WARM_UP_MS);
    // A promise between them, so that the rest of this process is not held up for seconds.
    const rates = await times(repeats, () => times(all.length, async (at) => perSecond(all[at]!, forMs)));
    return all.map(({ name, goal, checked }, at): Figure => ({
      name: `merge-rate ${name}`,
      unit: '/s',
      values: rates.map((each) => each[at]!),
      floors: null,
      goal,
      checked,
    }));
  },
};

/** A batch of resolutions, to be made again and again. */
interface Work {
  readonly name: string;
  readonly goal: Goal | null;
  readonly checked: string;
  readonly run: () => void;
  /** Looks at what the last run came to. */
  readonly check: () => void;
}

/** What the policy itself does for each conflict: from payloads and bookkeeping to payload and bookkeeping. */
function settling(name: PolicyName, { conflicts, merged }: Contest): Work {
  const policy = CORE_POLICIES[name] as Policy;
  let resolutions: readonly Resolution[] = [];
  return {
    name,
    goal: GOALS[name] ?? null,
    checked: 'every resolution, and what fields were merged to, byte for byte',
    run: () => (resolutions = conflicts.map((conflict) => policy.resolve(conflict))),
    check() {
      insist(resolutions.length === CONTEST_CHANGES, `${name} settled ${resolutions.length} conflicts`);
      for (const [at, resolution] of resolutions.entries()) {
        const { take } = resolution;
        insist(take === TAKES[name](at), `${name} took ${take} for conflict ${at}`);
        if (resolution.take === 'merged')
          insist(sameBytes(resolution.payload, merged[at]!), `conflict ${at} was merged to something else`);
      }
    },
  };
}

/** All that merging does around it: records, digests, history, receipts and the ledger of conflicts. */
function planning(name: PolicyName, { facts, push, merged }: Contest): Work {
  let outcomes: readonly Outcome[] = [];
  return {
    name: `plan ${name}`,
    goal: null,
    checked: 'every outcome, its conflict, and what fields were merged to, byte for byte',
    run() {
      const [result] = planMerge(facts, [push]).results;
      outcomes = result?.kind === 'outcomes' ? result.outcomes : [];
    },
    check() {
      insist(outcomes.length === CONTEST_CHANGES, `${name} planned ${outcomes.length} changes`);
      for (const [at, { status, conflict, record }] of outcomes.entries()) {
        insist(status === STATUS[TAKES[name](at)], `${name}: change ${at} is ${status}`);
        insist(conflict?.kind === 'UPDATE_UPDATE', `${name}: change ${at} met no conflict`);
        if (TAKES[name](at) === 'merged')
          insist(sameBytes(record!.payload, merged[at]!), `change ${at} was merged to something else`);
      }
    },
  };
}

/** The same where the devices send operations of a data type, which are merged without a conflict. */
function operating({ name, contest }: OperationContest): Work {
  const { facts, push, merged } = contest();
  let outcomes: readonly Outcome[] = [];
  return {
    name: `plan ${name}`,
    goal: null,
    checked: 'every outcome, and what it was merged to, byte for byte',
    run() {
      const [result] = planMerge(facts, [push]).results;
      outcomes = result?.kind === 'outcomes' ? result.outcomes : [];
    },
    check() {
      insist(outcomes.length === CONTEST_CHANGES, `${name} planned ${outcomes.length} changes`);
      for (const [at, { status, record }] of outcomes.entries()) {
        insist(status === 'MERGED', `${name}: change ${at} is ${status}`);
        insist(sameBytes(record!.payload, merged[at]!), `${name}: change ${at} was merged to something else`);
      }
    },
  };
}

/** Only the runs are timed. */
function perSecond({ run, check }: Work, forMs: number): number {
  let runs = 0;
  let spentMs = 0;
  while (spentMs < forMs) {
    const from = nowMs();
    run();
    spentMs += nowMs() - from;
    runs++;
    check();
  }
  return ((runs * CONTEST_CHANGES) / spentMs) * 1_000;
}
