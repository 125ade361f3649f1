import type { Policy } from './policy';
import { readRule } from './rule-reader';

export interface MultiValueRule {
  /** Where there would be more, a person chooses. */
  readonly siblingsMax: number;
}

const SIBLINGS_MAX_DEFAULT = 16;
const SIBLINGS_MAX_LIMIT = 100;

export const multiValue: Policy<MultiValueRule> = {
  name: 'multi-value',
  readsPayload: false,
  needsBase: false,
  parseRule: (declared) =>
    readRule(declared, (reader) => ({
      siblingsMax: reader.integer('siblingsMax', 2, SIBLINGS_MAX_DEFAULT, SIBLINGS_MAX_LIMIT),
    })),
  orderFree: () => true,
  remember: () => null,
  resolve: () => ({ take: 'both', why: 'Written without knowledge of each other, so both are kept.' }),
  siblingsMax: ({ siblingsMax }) => siblingsMax,
};
