import { CORE_POLICIES, policyRegistry } from './registry';

test('every policy is registered under its own name', () => {
  const registry = policyRegistry(Object.values(CORE_POLICIES));
  expect([...registry.keys()].sort()).toEqual(Object.keys(CORE_POLICIES).sort());
  for (const [name, policy] of Object.entries(CORE_POLICIES)) expect(policy.name).toBe(name);
});

test('two policies of one name are a fault of the program', () => {
  const { manual } = CORE_POLICIES;
  expect(() => policyRegistry([manual, manual])).toThrow('two policies are named manual');
});
