import {
  type Access,
  type Answer,
  type CollectionRules,
  external,
  type ExternalRule,
  fieldsOf,
  granted,
  type LedgerDecision,
  type Reason,
  refused,
  sameBytes,
} from '@syncline/core';
import type { ConflictLedger, DeltaStore, WaitingConflict } from '@syncline/ports';
import { wholeContents } from './conflict-contents';
import type { Contents } from './conflict-told';
import { decideInLedger, type DecideInLedgerDeps, type Met, type Planned } from './decide-in-ledger';
import { fallbackDecision } from './fallback-decision';
import {
  questionOf,
  type ResolverAnswer,
  type ResolverAsked,
  type ResolverQuestion,
} from './resolver-question';

export interface AskResolverDeps extends DecideInLedgerDeps {
  readonly deltas: Pick<DeltaStore, 'heads' | 'records' | 'collections'>;
  readonly conflicts: Pick<ConflictLedger, 'seenBy' | 'writtenAt'>;
  /** Never rejects. */
  readonly ask: (question: ResolverQuestion) => Promise<ResolverAsked>;
}

/**
 * What became of a conflict: the resolver decided it, the policy declared for when it does not answer did, it was left to a
 * person, there was nothing left to decide, or it waits for an answer still.
 */
export type ResolverEnd = 'resolver' | 'fallback' | 'person' | 'gone' | 'waits';

/** A policy decides, whatever may have become of the rights of the user whose change it decides about. */
const OF_THE_POLICY: Access = { role: 'owner', collections: new Map() };

/** These come of the answer itself: the same one would be refused again. */
const UNFIT: readonly Reason[] = [
  'INVALID_PAYLOAD',
  'RECORD_TOO_LARGE',
  'SCHEMA_MISMATCH',
  'UNSUPPORTED_CHANGE',
];
const GONE: readonly Reason[] = ['CONFLICT_STATE', 'CONFLICT_NOT_FOUND', 'SPACE_NOT_FOUND'];

/** Has a conflict decided by the resolver of its tenant, as a decision of the policy. */
export function askResolver(deps: AskResolverDeps) {
  return async (conflict: WaitingConflict): Promise<ResolverEnd> => {
    const asked = await decideBy(deps, conflict, (met, question) => askedOf(deps, met, question));
    if (asked.ok) return asked.value;
    const { reason, message } = asked.refusal;
    if (!UNFIT.includes(reason)) return GONE.includes(reason) ? 'gone' : 'waits';
    const because = `Its answer cannot be taken: ${message}`;
    const fallen = await decideBy(deps, conflict, async (met, question) => fallback(met, question, because));
    return fallen.ok ? fallen.value : 'waits';
  };
}

/** Null leaves it as it is. */
type Decide = (met: Met, question: Question) => Promise<Made | null>;

async function decideBy(
  deps: AskResolverDeps,
  { space: key, id }: WaitingConflict,
  decide: Decide,
): Promise<Answer<ResolverEnd>> {
  const ends: ResolverEnd[] = [];
  const decided = await decideInLedger(deps, { key, access: OF_THE_POLICY, id }, async (met) => {
    const situation = await situationOf(deps, met);
    if (situation.kind === 'gone') return refused('CONFLICT_STATE');
    const made = situation.kind === 'clear' ? situation : await decide(met, situation);
    if (made === null) return refused('UNAVAILABLE');
    ends.push(made.end);
    return granted(made.planned);
  });
  return decided.ok ? granted(ends.at(-1)!) : decided;
}

interface Made {
  readonly end: 'resolver' | 'fallback' | 'person';
  readonly planned: Planned;
}

type Situation =
  | { readonly kind: 'gone' }
  | ({ readonly kind: 'clear' } & Made)
  | {
      readonly kind: 'question';
      readonly rules: CollectionRules;
      readonly rule: ExternalRule;
      readonly contents: Contents;
      readonly incoming: Uint8Array | null;
    };

type Question = Extract<Situation, { kind: 'question' }>;

/** What there is to do about a conflict, as the rules of its collection are now. */
async function situationOf(deps: AskResolverDeps, met: Met): Promise<Situation> {
  const { key, entry, stands } = met;
  if (entry.state !== 'open' || entry.waitsFor !== 'resolver') return { kind: 'gone' };
  const rules = (await deps.deltas.collections(key))?.rules.get(entry.collection);
  const parsed = rules?.policy === external.name ? external.parseRule(rules.rule) : null;
  if (rules === undefined || parsed?.ok !== true)
    return clear(met, leftToPerson('The collection does not ask a resolver any more.'));
  const [contents] = await wholeContents(deps.conflicts, key, [met]);
  const { incoming } = contents!;
  if (incoming === undefined) return clear(met, leftToPerson('What the device sent is not known any more.'));
  if (sameContent(stands?.payload ?? null, incoming)) {
    const planned = plan(met, { state: 'resolved', resolution: 'stored', why: 'Both sides hold the same.' });
    return { kind: 'clear', end: 'resolver', planned };
  }
  return { kind: 'question', rules, rule: parsed.rule, contents: contents!, incoming };
}

async function askedOf(deps: AskResolverDeps, met: Met, question: Question): Promise<Made | null> {
  const asked = await deps.ask(questionOf(met, question.contents, question.rule));
  switch (asked.kind) {
    case 'not-asked':
      return null;
    case 'failed':
      return fallback(met, question, `It ${asked.problem}.`);
    case 'answered': {
      const problem = problemOf(asked.answer);
      if (problem !== null) return fallback(met, question, `It ${problem}.`);
      const end = asked.answer.take === 'neither' ? 'person' : 'resolver';
      return { end, planned: planAnswer(met, question, asked.answer) };
    }
  }
}

function problemOf(answer: ResolverAnswer): string | null {
  if (answer.take !== 'merged' || answer.asked.length === 0) return null;
  return fieldsOf(answer.payload) === null ? 'left fields to a person in what is no JSON object' : null;
}

function planAnswer(met: Met, { incoming, rules }: Question, answer: ResolverAnswer): Planned {
  const { why } = answer;
  const schemaVersion = rules.schema.current;
  switch (answer.take) {
    case 'neither':
      return plan(met, { state: 'open', why });
    case 'stored':
      return plan(met, { state: 'resolved', resolution: 'stored', why });
    case 'incoming':
      return planIncoming(met, incoming, why);
    case 'delete':
      return plan(met, { state: 'resolved', resolution: 'deleted', why }, { payload: null, schemaVersion });
    case 'merged': {
      const { payload, asked } = answer;
      const state = asked.length > 0 ? 'open' : 'resolved';
      return plan(met, { state, resolution: 'merged', asked, why }, { payload, schemaVersion });
    }
  }
}

/** Null where nothing is declared to decide. */
function fallback(met: Met, { rule, incoming }: Question, because: string): Made | null {
  if (rule.fallbackPolicy === '') return null;
  const decided = fallbackDecision(rule.fallbackPolicy, met, incoming);
  const why = `The tenant's resolver did not decide. ${because} ${decided.why}`;
  const planned =
    decided.take === 'incoming'
      ? planIncoming(met, incoming, why)
      : plan(met, { state: 'resolved', resolution: 'stored', why });
  return { end: 'fallback', planned };
}

function planIncoming(met: Met, payload: Uint8Array | null, why: string): Planned {
  const { schemaVersion } = met.entry.incoming;
  return plan(met, { state: 'resolved', resolution: 'incoming', why }, { payload, schemaVersion });
}

const leftToPerson = (why: string) => ({ state: 'open', why }) as const;

function clear(met: Met, decision: Omit<LedgerDecision, 'standing'>): Situation {
  return { kind: 'clear', end: 'person', planned: plan(met, decision) };
}

/** As other policies have it, the record is written in the name of the user whose change met the conflict. */
function plan(
  { entry, stands }: Met,
  decision: Omit<LedgerDecision, 'standing' | 'byPolicy'>,
  wanted: Planned['wanted'] = 'as-it-is',
): Planned {
  const standing = stands?.version ?? 0;
  return { decision: { ...decision, standing, byPolicy: true }, wanted, again: true, user: entry.user };
}

function sameContent(left: Uint8Array | null, right: Uint8Array | null): boolean {
  return left === null || right === null ? left === right : sameBytes(left, right);
}
