import { type FieldRuleKind, type NoOptions, TAKE_STORED } from './field-rule';

/** The stored value stays until a person has decided. */
export const ask: FieldRuleKind<NoOptions> = {
  orderFree: false,
  readOptions: () => ({}),
  merge: ({ stored, incoming }) => (stored === incoming ? TAKE_STORED : { take: 'asked' }),
};
