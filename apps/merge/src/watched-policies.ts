import { type Policy, policyRegistry, type PolicyRegistry } from '@syncline/core';
import type { Log } from '@syncline/telemetry';
import { failureFacts } from './failure-facts';
import type { MergeMetrics } from './merge-metrics';

/** Policies that an operator hears of when they throw; to the rules they are what they were. */
export function watchedPolicies(
  registry: PolicyRegistry,
  { metrics, log }: { readonly metrics: MergeMetrics; readonly log: Log },
): PolicyRegistry {
  return policyRegistry([...registry.values()].map(watched), registry.readJsonSchema, registry.resolverHosts);

  function watched(policy: Policy): Policy {
    const tell = <Answer>(decide: () => Answer): Answer => {
      try {
        return decide();
      } catch (error) {
        metrics.policyFailed(policy.name);
        // What a policy throws may quote what it was given.
        const { failure, at } = failureFacts(error);
        log.error('a policy failed at a change', { policy: policy.name, failure, at });
        throw error;
      }
    };
    return {
      ...policy,
      remember: (write) => tell(() => policy.remember(write)),
      resolve: (conflict) => tell(() => policy.resolve(conflict)),
    };
  }
}
