import { concernedBy, mayWrite } from '../access';
import { type Change, type OperationsChange, payloadBytes, type Push } from '../changes';
import { isHlcTime } from '../clock';
import { type DataType, dataTypeName, type Untaken } from '../data-types';
import { collectionProblem, CONFLICTS, idProblem, isSystem, LEDGER_ID_BYTES_MAX } from '../ids';
import { isJsonPayload, parseFields } from '../json-fields';
import type { Limits } from '../limits';
import type { Policy } from '../policies/policy';
import { overLimit, type Reason, type Refusal, refusal, REASONS, type Violation } from '../refusals';
import { type ActiveRules, takesShape } from '../rules';
import { dependencyProblem } from './dependencies';
import type { MergeFacts } from './facts';
import { isDecision } from './ledger-decision';
import { unfitPayload } from './payload-rules';

/** The most contents that a record has, see `multi-value`. */
const SEEN_MAX = 100;

/** A change that is not possible at all. Its number counts as used: those behind it can go on. */
export interface Rejection {
  readonly reason: Reason;
  readonly message: string;
  readonly violations?: readonly Violation[];
}

function rejection(reason: Reason, detail: string): Rejection {
  return { reason, message: `${detail}. ${REASONS[reason]}` };
}

/** Faults of the push as a whole, found before anything is loaded; null for none. */
export function pushObstacle(push: Pick<Push, 'changes'>, limits: Limits): Refusal | null {
  const { changes } = push;
  if (changes.length === 0)
    return refusal('INVALID_ARGUMENT', { message: 'A push holds at least one change.' });
  if (changes.length > limits.pushChangesMax)
    return overLimit('PUSH_TOO_LARGE', 'pushChangesMax', limits.pushChangesMax, changes.length);
  const first = changes[0]!.number;
  if (!Number.isSafeInteger(first) || first < 1)
    return refusal('INVALID_ARGUMENT', { message: 'Change numbers are whole and begin with 1.' });
  const broken = changes.findIndex(({ number }, index) => number !== first + index);
  if (broken < 0) return null;
  return refusal('CHANGE_NUMBER_GAP', {
    message: 'Change numbers in a push follow each other without a gap.',
    facts: { expected: String(first + broken), got: String(changes[broken]!.number) },
  });
}

export function rejectionOf(
  change: Change,
  push: Push,
  { rules, limits, declaredOnly }: Pick<MergeFacts, 'rules' | 'limits' | 'declaredOnly'>,
): Rejection | null {
  const { collection, id } = change;
  const nameProblem = collectionProblem(collection);
  if (nameProblem !== null) return rejection('INVALID_ID', `the collection ${nameProblem}`);
  if (collection === CONFLICTS && push.byService === true) return decisionRejection(change, push);
  if (isSystem(collection)) return rejection('COLLECTION_RESERVED', `${collection} belongs to the system`);
  const problem = idProblem(id);
  if (problem !== null) return rejection('INVALID_ID', `the id ${problem}`);
  if (!mayWrite(push.access, collection))
    return rejection('PERMISSION_DENIED', `role ${push.access.role} may not write ${collection}`);
  if (declaredOnly && !rules.declared.has(collection))
    return rejection('COLLECTION_NOT_FOUND', `${collection} was not declared`);
  if (!isHlcTime(change.time)) return rejection('INVALID_ARGUMENT', 'the time is not a clock reading');
  if (!Number.isSafeInteger(change.baseVersion) || change.baseVersion < 0)
    return rejection('BASE_VERSION_UNKNOWN', 'the base version is not a version');
  if (!followsOrder(change))
    return rejection('INVALID_ARGUMENT', 'a change can only come after an earlier one');
  if (payloadBytes(change) > limits.recordBytesMax)
    return rejection('RECORD_TOO_LARGE', `${payloadBytes(change)} bytes, ${limits.recordBytesMax} allowed`);
  const dependency = dependencyProblem(change, push.device);
  if (dependency !== null) return rejection('INVALID_ARGUMENT', dependency);
  if (change.reliesOn !== undefined && change.reliesOn.artifacts.length > 0)
    return rejection('UNSUPPORTED_CHANGE', 'the change relies on artifacts, not served here');
  const active = rules.of(collection);
  return seenRejection(change, active) ?? contentRejection(change, active);
}

/** Who may write a record may decide its conflicts, through the service alone. */
function decisionRejection(change: Change, { access }: Push): Rejection | null {
  const problem = idProblem(change.id, LEDGER_ID_BYTES_MAX);
  if (problem !== null) return rejection('INVALID_ID', `the id ${problem}`);
  const concerned = concernedBy(change.id);
  if (!mayWrite(access, concerned))
    return rejection('PERMISSION_DENIED', `role ${access.role} may not write ${concerned}`);
  if (change.kind !== 'patch' || !isDecision(change.patch.set))
    return rejection('UNSUPPORTED_CHANGE', 'a conflict takes decisions only');
  return null;
}

export function followsOrder({ number, after }: Change): boolean {
  return Number.isSafeInteger(after) && after >= 0 && after < number;
}

/** Only where several contents are kept can a change name those that it replaces. */
function seenRejection({ reliesOn }: Change, { policy, siblingsMax }: ActiveRules): Rejection | null {
  const seen = reliesOn?.seen ?? [];
  if (seen.length === 0) return null;
  if (siblingsMax === 0)
    return rejection('UNSUPPORTED_CHANGE', `policy ${policy.name} keeps no contents to choose from in seen`);
  if (seen.length > SEEN_MAX)
    return rejection(
      'INVALID_ARGUMENT',
      `a change names ${SEEN_MAX} contents in seen at most, not ${seen.length}`,
    );
  return null;
}

function contentRejection(change: Change, rules: ActiveRules): Rejection | null {
  const { declared, policy, data, siblingsMax } = rules;
  switch (change.kind) {
    case 'operations':
      return operationsRejection(change, rules);
    case 'patch':
      if (siblingsMax > 0 || data !== null)
        return rejection('UNSUPPORTED_CHANGE', `records of policy ${policy.name} take no patches`);
      if (declared.encrypted) return rejection('UNSUPPORTED_CHANGE', 'an encrypted record cannot be patched');
      return parseFields(change.patch.set) === null
        ? rejection('INVALID_PAYLOAD', 'the patch is not a JSON object with distinct names')
        : null;
    case 'create':
    case 'update':
      if (data !== null) return wholeRejection(change.payload, policy, data);
      if (policy.readsPayload && parseFields(change.payload) === null)
        return rejection('INVALID_PAYLOAD', 'the payload is not a JSON object with distinct names');
      if (declared.json && !policy.readsPayload && !isJsonPayload(change.payload))
        return rejection('INVALID_PAYLOAD', 'the payload is not JSON');
      return null;
    case 'delete':
      return null;
  }
}

function operationsRejection(change: OperationsChange, rules: ActiveRules): Rejection | null {
  const { policy, data, declared } = rules;
  if (data === null) return rejection('UNSUPPORTED_CHANGE', `policy ${policy.name} takes no operations`);
  const taken = dataTypeName(data);
  if (change.type !== taken)
    return rejection('UNSUPPORTED_CHANGE', `the collection takes operations of ${taken}`);
  if (takesShape(change, declared)) return null;
  const { oldest, current } = declared.schema;
  return rejection(
    'SCHEMA_MISMATCH',
    `operations of version ${change.schemaVersion}, ${oldest} to ${current} taken`,
  );
}

function wholeRejection(payload: Uint8Array, policy: Policy, data: DataType): Rejection | null {
  if (data.kind === 'crdt')
    return rejection(
      'UNSUPPORTED_CHANGE',
      `records of policy ${policy.name} come about and change by operations of ${data.engine.name}`,
    );
  const started = data.type.start(payload);
  return started.ok ? null : untaken(started);
}

export function unfitRejection(
  rules: ActiveRules,
  change: Pick<Change, 'schemaVersion'>,
  payload: Uint8Array | null,
): Rejection | null {
  const unfit = unfitPayload(rules, change, payload);
  if (unfit === null) return null;
  const { reason, why, violations } = unfit;
  return { ...rejection(reason, why), ...(violations && { violations }) };
}

export const untaken = ({ reason, detail }: Untaken): Rejection => rejection(reason, detail);
export const stateless = (type: string): Rejection =>
  rejection('UNSUPPORTED_CHANGE', `the record was written before its collection took operations of ${type}`);
export const recordTooLarge = (bytes: number, limits: Limits): Rejection =>
  rejection('RECORD_TOO_LARGE', `${bytes} bytes once it is applied, ${limits.recordBytesMax} allowed`);
export const conflictNotFound: Rejection = {
  reason: 'CONFLICT_NOT_FOUND',
  message: REASONS.CONFLICT_NOT_FOUND,
};
export const shapeNotTaken: Rejection = rejection(
  'SCHEMA_MISMATCH',
  'a person decides in a shape that the collection takes',
);
export const recordNotFound: Rejection = rejection('RECORD_NOT_FOUND', 'nothing to change');
export const notPatchable: Rejection = rejection(
  'INVALID_PAYLOAD',
  'the stored record is no JSON object to patch',
);
export const baseUnknown = (base: number, head: number): Rejection =>
  rejection('BASE_VERSION_UNKNOWN', `base version ${base} is above the head ${head}`);
export const changedMeanwhile = (seen: number, stands: number): Rejection =>
  rejection('CHANGED_MEANWHILE', `the record is at version ${stands}, not ${seen}`);
export const policyFailed = (policy: string): Rejection =>
  rejection('UNSUPPORTED_CHANGE', `policy ${policy} failed at this change`);
export const quotaExceeded = (what: string, allowed: number, asked: number): Rejection =>
  rejection('QUOTA_EXCEEDED', `${what} of this space: ${asked} asked, ${allowed} allowed`);
