import { type NoRule, parseNoRule } from './no-rule';
import type { Policy } from './policy';

export const serverWins: Policy<NoRule> = {
  name: 'server-wins',
  readsPayload: false,
  needsBase: false,
  parseRule: parseNoRule,
  orderFree: () => false,
  remember: () => null,
  resolve: () => ({ take: 'stored', why: 'The server wins in this collection.' }),
};
