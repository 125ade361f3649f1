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
for (const name of ['server-wins', 'client-wins', 'manual'] as const) {
  describePolicyLaws({
    policy: CORE_POLICIES[name],
    declaredRules: noRule,
    claimsOrderFree: 'no rule',
  });
}
