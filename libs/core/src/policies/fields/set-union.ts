import { joinArray, splitArray } from '../../json-fields';
import {
  combineShaped,
  type FieldRuleKind,
  type NoOptions,
  TAKE_INCOMING,
  TAKE_STORED,
  takeLaterField,
} from './field-rule';

type Elements = ReadonlySet<string>;

const NONE: Elements = new Set();

/** An array as a set: what either side added is in, what either side took out is out. */
export const setUnion: FieldRuleKind<NoOptions> = {
  orderFree: true,
  readOptions: () => ({}),
  merge: (conflict) =>
    combineShaped(conflict, elementsOf, (base, stored, incoming) => {
      const before = base ?? NONE;
      // A side that only wrote the same elements in another way gives way to one that changed them.
      if (sameElements(before, incoming)) {
        return sameElements(before, stored) ? takeLaterField(conflict) : TAKE_STORED;
      }
      if (sameElements(before, stored)) return TAKE_INCOMING;
      if (conflict.stored === conflict.incoming) return TAKE_STORED;
      return { take: 'merged', text: joinArray(unite(before, stored, incoming)), elements: null };
    }),
};

function elementsOf(text: string): Elements | null {
  const elements = splitArray(text);
  return elements === null ? null : new Set(elements);
}

function sameElements(left: Elements, right: Elements): boolean {
  if (left.size !== right.size) return false;
  for (const element of left) if (!right.has(element)) return false;
  return true;
}

/** In an order that tells nothing of who came first: that of the base, then that of the texts. */
function unite(base: Elements, stored: Elements, incoming: Elements): string[] {
  const kept = [...base].filter((element) => stored.has(element) && incoming.has(element));
  const added = new Set<string>();
  for (const element of stored) if (!base.has(element)) added.add(element);
  for (const element of incoming) if (!base.has(element)) added.add(element);
  return [...kept, ...[...added].sort()];
}
