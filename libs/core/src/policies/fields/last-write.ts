import { type FieldRuleKind, type NoOptions, takeLaterField } from './field-rule';

export const lastWrite: FieldRuleKind<NoOptions> = {
  orderFree: true,
  readOptions: () => ({}),
  merge: takeLaterField,
};
