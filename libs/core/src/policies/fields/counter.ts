import { combineShaped, type FieldRuleKind, type NoOptions, takeLaterField } from './field-rule';

const COUNTER_DIGITS_MAX = 100;
const INTEGER = /^(?:0|-?[1-9][0-9]*)$/;

/** What each side added to the base is added up; a base without the field counts as 0. */
export const counter: FieldRuleKind<NoOptions> = {
  orderFree: true,
  readOptions: () => ({}),
  merge(conflict) {
    // Without the base nobody knows how much was added.
    if (conflict.base === undefined) return takeLaterField(conflict);
    return combineShaped(conflict, integerText, (base, stored, incoming) => ({
      take: 'merged',
      text: addUp(base ?? '0', stored, incoming),
      elements: null,
    }));
  },
};

function integerText(text: string): string | null {
  return text.length <= COUNTER_DIGITS_MAX && INTEGER.test(text) ? text : null;
}

function addUp(base: string, stored: string, incoming: string): string {
  const added = Number(incoming) - Number(base);
  const sum = Number(stored) + added;
  const parts = [Number(base), Number(stored), Number(incoming), added, sum];
  if (parts.every(Number.isSafeInteger)) return String(sum);
  return String(BigInt(stored) + (BigInt(incoming) - BigInt(base)));
}
