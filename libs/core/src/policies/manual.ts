import { type NoRule, parseNoRule } from './no-rule';
import type { Policy, Side } from './policy';

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

function sameContent(left: Side, right: Side): boolean {
  if (left.payload === null || right.payload === null) return left.payload === right.payload;
  if (left.payload.length !== right.payload.length) return false;
  return left.payload.every((byte, at) => byte === right.payload![at]);
}
