import { type TextOp, type as textUnicode } from 'ot-text-unicode';
import { isList, type Json } from '../canonical-json';

/** Beyond it, transforming one operation over another takes too long. */
export const COMPONENTS_MAX = 1_000;

/**
 * The one form of a text's operation; null where it is none. Positions count code points. What a delete says of the
 * content that it removes is dropped, only its length counts.
 */
export function textOperation(operation: Json): TextOp | null {
  if (!isList(operation) || operation.length > COMPONENTS_MAX) return null;
  const components: TextOp = [];
  for (const each of operation) {
    const component = componentOf(each);
    if (component === null) return null;
    components.push(component);
  }
  return textUnicode.normalize(components);
}

function componentOf(component: Json): TextOp[number] | null {
  if (typeof component === 'string') return component === '' ? null : component;
  if (typeof component === 'number') return isCount(component) ? component : null;
  if (component === null || typeof component !== 'object' || isList(component)) return null;
  const names = Object.keys(component);
  const deleted = Object.hasOwn(component, 'd') ? component['d'] : undefined;
  if (names.length !== 1 || deleted === undefined) return null;
  const length = typeof deleted === 'string' ? [...deleted].length : deleted;
  return typeof length === 'number' && isCount(length) ? { d: length } : null;
}

const COUNT_MAX = 2 ** 31 - 1;
const isCount = (count: number): boolean => Number.isInteger(count) && count > 0 && count <= COUNT_MAX;

/** How many code points of the text the operation reaches over. */
export function reachOf(operation: TextOp): number {
  let reach = 0;
  for (const component of operation) {
    if (typeof component === 'number') reach += component;
    else if (typeof component === 'object') reach += component.d as number;
  }
  return reach;
}
