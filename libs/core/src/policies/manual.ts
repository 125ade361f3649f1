import { type NoRule, parseNoRule } from './no-rule';
import type { Policy } from './policy';
import { sameContent } from './same-content';

export const manual: Policy<NoRule> = {
  name: 'manual',
  readsPayload: false,
  needsBase: false,
  parseRule: parseNoRule,
  orderFree: () => false,
  remember: () => null,
  resolve: ({ stored, incoming }) =>
    sameContent(stored, incoming)
      ? { take: 'stored', why: 'Both sides hold the same.' }
      : { take: 'neither', why: 'A person decides in this collection.' },
};
