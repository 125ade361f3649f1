import fc from 'fast-check';
import { CORE_POLICIES, FIELD_RULE_KINDS } from '@syncline/core';
import { describePolicyLaws } from './policy-laws';

const noRule = fc.constantFrom<unknown>(null, {});
const windowMs = fc.constantFrom(1, 2, 3, 1_000);
const windows = fc.oneof(noRule, fc.record({ windowMs }), fc.record({ windowMs }));

const kinds = fc.constantFrom(...Object.keys(FIELD_RULE_KINDS));
const anyFieldRule = fc.oneof(
  kinds,
  kinds.map((kind) => ({ kind })),
  fc.constant({ kind: 'list-by-id', idField: 'v' }),
);
/** Mostly the rule that fits a field's usual values, so that the rules have something to combine. */
const mostly = (...usual: readonly string[]) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom<unknown>(...usual) },
    { weight: 1, arbitrary: anyFieldRule },
  );
const fieldMergeRules = fc.record(
  {
    windowMs,
    default: mostly('last-write'),
    fields: fc.record({
      count: mostly('counter'),
      top: mostly('max', 'min'),
      tags: mostly('set-union'),
      items: mostly('list-by-id'),
      title: mostly('text', 'last-write'),
    }),
  },
  { requiredKeys: ['fields'] },
);

const externalRules = fc.record(
  {
    endpoint: fc.constantFrom('resolver.example.org:7500', '10.0.0.7:80', '[::1]:65535'),
    deadlineMs: fc.integer({ min: 10, max: 30_000 }),
    settings: fc.constantFrom('', '{}', '{"n":1.50}', '[1]'),
    plaintext: fc.boolean(),
    tokenSecret: fc.constantFrom('', 'wards', 'a-1_b'),
    fallbackPolicy: fc.constantFrom('', 'last-write-wins', 'server-wins', 'client-wins'),
  },
  { requiredKeys: ['endpoint'] },
);

describePolicyLaws({
  policy: CORE_POLICIES['last-write-wins'],
  declaredRules: windows,
  claimsOrderFree: 'every rule',
});
describePolicyLaws({
  policy: CORE_POLICIES['field-merge'],
  declaredRules: fieldMergeRules,
  claimsOrderFree: 'some rules',
});
describePolicyLaws({
  policy: CORE_POLICIES.external,
  declaredRules: externalRules,
  claimsOrderFree: 'no rule',
  needsRule: true,
});
for (const name of ['server-wins', 'client-wins', 'manual'] as const) {
  describePolicyLaws({
    policy: CORE_POLICIES[name],
    declaredRules: noRule,
    claimsOrderFree: 'no rule',
  });
}
