import { type JsonSchemaReader, NO_JSON_SCHEMAS, type PolicyRegistry } from '../rules';
import { clientWins } from './client-wins';
import { external } from './external';
import { fieldMerge } from './field-merge';
import { lastWriteWins } from './last-write-wins';
import { manual } from './manual';
import { multiValue } from './multi-value';
import type { Policy } from './policy';
import { NO_RESOLVER_HOSTS, type ResolverHosts } from './resolver-hosts';
import { serverWins } from './server-wins';

/** The policies that need no library, by the name under which a collection declares them. */
export const CORE_POLICIES = {
  'last-write-wins': lastWriteWins,
  'server-wins': serverWins,
  'client-wins': clientWins,
  'field-merge': fieldMerge,
  'multi-value': multiValue,
  manual,
  external,
} as const satisfies Readonly<Record<string, Policy>>;

/**
 * Every policy that an installation offers, by name. Without a reader no collection can declare a JSON Schema, and without hosts
 * none a resolver.
 */
export function policyRegistry(
  policies: Iterable<Policy>,
  readJsonSchema: JsonSchemaReader = NO_JSON_SCHEMAS,
  resolverHosts: ResolverHosts = NO_RESOLVER_HOSTS,
): PolicyRegistry {
  const registry = new Map<string, Policy>();
  for (const policy of policies) {
    if (registry.has(policy.name)) throw new Error(`two policies are named ${policy.name}`);
    registry.set(policy.name, policy);
  }
  return Object.assign(registry, { readJsonSchema, resolverHosts });
}
