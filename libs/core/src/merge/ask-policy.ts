import type { CleanWrite, Conflict, Policy, Resolution, Side } from '../policies/policy';
import type { ActiveRules } from '../rules';

/**
 * A policy that throws must not hold up whoever is behind: its change is rejected, and the others go on. So a policy is
 * asked before anything is written, and undefined stands for its failing.
 */
export function askPolicy(
  { policy, rule }: ActiveRules,
  conflict: Asked<Conflict<unknown>>,
): Decided<Resolution> {
  return attempt(() => policy.resolve({ ...conflict, rule }));
}

export function askBookkeeping(
  { policy, rule }: ActiveRules,
  { stored, incoming }: Asked<CleanWrite<unknown>>,
): Decided<Uint8Array | null> {
  return incoming.deleted ? null : attempt(() => policy.remember({ stored, incoming, rule }));
}

/** Of a policy that fails at it, the bookkeeping stays as it is. */
export function carriedBookkeeping(policy: Policy, record: Side, payload: Uint8Array): Uint8Array | null {
  const carried = attempt(() => (policy.carry === undefined ? record.meta : policy.carry(record, payload)));
  return carried === undefined ? record.meta : carried;
}

type Asked<Question> = Omit<Question, 'rule'>;
type Decided<Answer> = Answer | undefined;

function attempt<Answer>(decide: () => Answer): Decided<Answer> {
  try {
    return decide();
  } catch {
    return undefined;
  }
}
