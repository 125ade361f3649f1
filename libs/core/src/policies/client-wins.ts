import { type NoRule, parseNoRule } from './no-rule';
import type { Policy } from './policy';

export const clientWins: Policy<NoRule> = {
  name: 'client-wins',
  readsPayload: false,
  needsBase: false,
  parseRule: parseNoRule,
  orderFree: () => false,
  remember: () => null,
  resolve: () => ({ take: 'incoming', why: 'The device wins in this collection.' }),
};
