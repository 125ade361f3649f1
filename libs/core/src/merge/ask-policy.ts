import type { CleanWrite, Conflict, Resolution } from '../policies/policy';
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

type Asked<Question> = Omit<Question, 'rule'>;
type Decided<Answer> = Answer | undefined;

function attempt<Answer>(decide: () => Answer): Decided<Answer> {
  try {
    return decide();
  } catch {
    return undefined;
  }
}
