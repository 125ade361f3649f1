import { compareWrites } from './order';
import type { Policy, Resolution, Side } from './policy';
import { type RuleReader, readRule } from './rule-reader';

export interface LastWriteWinsRule {
  /** Writes in the same window count as made at the same time. */
  readonly windowMs: number;
}

const WINDOW_MS_DEFAULT = 1;

export function readWindowMs(reader: RuleReader): number {
  return reader.integer('windowMs', 1, WINDOW_MS_DEFAULT);
}

/** The later of two whole records, by the total order of writes. */
export function takeLater(stored: Side, incoming: Side, windowMs: number): Resolution {
  return compareWrites(incoming, stored, windowMs) > 0
    ? { take: 'incoming', why: `The device's ${nameOf(incoming)} is the later write.` }
    : { take: 'stored', why: `The stored ${nameOf(stored)} is the later write.` };
}

function nameOf(side: Side): string {
  return side.deleted ? 'delete' : 'record';
}

export const lastWriteWins: Policy<LastWriteWinsRule> = {
  name: 'last-write-wins',
  readsPayload: false,
  needsBase: false,
  parseRule: (declared) => readRule(declared, (reader) => ({ windowMs: readWindowMs(reader) })),
  orderFree: () => true,
  remember: () => null,
  resolve: ({ stored, incoming, rule }) => takeLater(stored, incoming, rule.windowMs),
};
