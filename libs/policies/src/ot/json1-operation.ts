import { type JSONOp, type as library } from 'ot-json1';
import { isList, type Json } from '../canonical-json';
import { textOperation } from './text-operation';

export type CheckedOperation =
  { readonly ok: true; readonly operation: JSONOp } | { readonly ok: false; readonly detail: string };

/**
 * The one form of an operation of json1: what a remove says of the content that it removes is dropped. Edits of
 * registered subtypes are not taken but those of texts and numbers, which every server has.
 */
export function json1Operation(value: Json): CheckedOperation {
  if (value === null) return { ok: true, operation: null };
  if (!isList(value)) return refused('it is no list');
  // The root is an object and stays one; records are created and deleted by changes of those kinds.
  if (isComponent(value[0])) return refused('it replaces or edits the record as a whole');
  try {
    const operation = new Rewriting().list(value);
    library.checkValidOp(operation);
    return { ok: true, operation: library.normalize(operation) };
  } catch (fault) {
    return refused(fault instanceof Unfit ? fault.message : 'it is no operation of json1');
  }
}

const refused = (detail: string): CheckedOperation => ({ ok: false, detail });

/** The more parts, the longer each conflict takes to be settled. */
const PARTS_MAX = 250;

class Unfit extends Error {}

type Component = { readonly [name: string]: Json };

const isComponent = (part: Json | undefined): part is Component =>
  typeof part === 'object' && part !== null && !isList(part);

class Rewriting {
  #parts = 0;

  list(list: readonly Json[]): NonNullable<JSONOp> {
    return list.map((part) => {
      if (isList(part)) return this.list(part);
      if (isComponent(part)) return this.component(part);
      if (typeof part === 'string') return fieldName(part);
      if (typeof part === 'number') return part;
      throw new Unfit('it names neither a field nor a place in a list');
    });
  }

  component(component: Component): object {
    this.#parts++;
    if (this.#parts > PARTS_MAX) throw new Unfit(`it has more than ${PARTS_MAX} parts`);
    return Object.fromEntries(
      Object.entries(component).map(([name, value]) => [name, this.#partOf(name, value)]),
    );
  }

  #partOf(name: string, value: Json): unknown {
    switch (name) {
      case 'i':
      case 'p':
      case 'd':
        return value;
      case 'r':
        return true;
      case 'es': {
        const edit = textOperation(value);
        this.#parts += edit?.length ?? 0;
        if (edit === null) throw new Unfit('it edits a text by what is no operation of a text');
        return edit;
      }
      case 'ena':
        // Sums of whole numbers are the same in every order.
        if (!Number.isSafeInteger(value)) throw new Unfit('it adds what is no whole number');
        return value;
      default:
        throw new Unfit(`it has a part ${JSON.stringify(name.slice(0, 20))}, which is not served`);
    }
  }
}

/** Objects of JavaScript have some names of their own, which the library would take for fields that are there. */
function fieldName(name: string): string {
  if (name in Object.prototype) throw new Unfit(`it goes to a field ${JSON.stringify(name)}`);
  return name;
}
