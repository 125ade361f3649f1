import { stringOf } from '../../json-fields';
import { compareUtf8 } from '../../utf8';
import {
  combineShaped,
  type FieldConflict,
  type FieldResult,
  TAKE_INCOMING,
  TAKE_STORED,
} from './field-rule';

type Scalar = { readonly text: string; readonly value: number | string };

const INTEGER = /^(?:0|-?[1-9][0-9]*)$/;

/** Keeps the greater (sign 1) or the smaller (sign -1) of two numbers or strings. */
export function takeExtreme(conflict: FieldConflict, sign: 1 | -1): FieldResult {
  return combineShaped(conflict, scalarOf, (_base, stored, incoming) =>
    sign * compareScalars(incoming, stored) > 0 ? TAKE_INCOMING : TAKE_STORED,
  );
}

function scalarOf(text: string): Scalar | null {
  const first = text.charAt(0);
  const value = first === '"' ? stringOf(text) : /[0-9-]/.test(first) ? Number(text) : null;
  return value === null ? null : { text, value };
}

/** Total: strings come after numbers, and values that only differ in how they are written are ordered as well. */
function compareScalars(left: Scalar, right: Scalar): number {
  if (typeof left.value === 'string') {
    if (typeof right.value !== 'string') return 1;
    return compareUtf8(left.value, right.value) || compareUtf8(left.text, right.text);
  }
  if (typeof right.value === 'string') return -1;
  if (left.value !== right.value) return left.value < right.value ? -1 : 1;
  return compareSameDouble(left.text, right.text);
}

/** Numbers too long for a double are compared by their digits if both are integers. */
function compareSameDouble(left: string, right: string): number {
  const leftIsInteger = INTEGER.test(left);
  if (leftIsInteger !== INTEGER.test(right)) return leftIsInteger ? 1 : -1;
  if (!leftIsInteger || left === right) return compareUtf8(left, right);
  const sign = left.startsWith('-') ? -1 : 1;
  return sign * (left.length - right.length || compareUtf8(left, right));
}
