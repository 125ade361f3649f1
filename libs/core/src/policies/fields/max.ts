import { type FieldRuleKind, type NoOptions } from './field-rule';
import { takeExtreme } from './scalar-order';

export const max: FieldRuleKind<NoOptions> = {
  orderFree: true,
  readOptions: () => ({}),
  merge: (conflict) => takeExtreme(conflict, 1),
};
