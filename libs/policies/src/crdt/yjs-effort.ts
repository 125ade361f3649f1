import * as Y from 'yjs';

/** A second at most, on a slow machine. Documents that people write together take a few for each edit. */
const STEPS_MAX = 1_000_000;

/** For an item of which a part is there already: its place is looked for elsewhere than can be told beforehand. */
const STEPS_OF_A_PART = 1_000;

export class TooMuchEffort extends Error {}

type Integrate = (this: Y.Item, transaction: Y.Transaction, offset: number) => void;

/**
 * Runs Yjs, and ends it by TooMuchEffort when it would take too many steps to find the places of items. Where many
 * items were put at the same place, each may have to be compared with all others, and Yjs itself knows no end. Its
 * method is replaced for as long as this runs.
 */
export function withinEffort<T>(run: () => T): T {
  const own = Object.getOwnPropertyDescriptor(Y.Item.prototype, 'integrate')!;
  const integrate = own.value as Integrate;
  let left = STEPS_MAX;
  const counted: Integrate = function (transaction, offset) {
    left -= offset > 0 ? STEPS_OF_A_PART : stepsTo(this, transaction.doc.store, left);
    if (left <= 0) throw new TooMuchEffort();
    integrate.call(this, transaction, offset);
  };
  Object.defineProperty(Y.Item.prototype, 'integrate', { ...own, value: counted });
  try {
    return run();
  } finally {
    Object.defineProperty(Y.Item.prototype, 'integrate', own);
  }
}

/** Goes the way that Yjs is about to go for an item's place. */
function stepsTo(item: Y.Item, store: Y.Doc['store'], stepsMax: number): number {
  const { left, right, parent } = item;
  const isContested = left === null ? right === null || right.left !== null : left.right !== right;
  if (!isContested || !(parent instanceof Y.AbstractType)) return 0;
  const passed = new Set<Y.Item | Y.GC>();
  for (let other = firstOf(item, parent); other !== null && other !== right; other = other.right) {
    passed.add(other);
    if (passed.size >= stepsMax) break;
    if (Y.compareIDs(item.origin, other.origin)) {
      const isBehind = other.id.client >= item.id.client;
      if (isBehind && Y.compareIDs(item.rightOrigin, other.rightOrigin)) break;
    } else if (other.origin === null || !passed.has(Y.getItem(store, other.origin))) break;
  }
  return passed.size;
}

function firstOf({ left, parentSub }: Y.Item, parent: Y.AbstractType<unknown>): Y.Item | null {
  if (left !== null) return left.right;
  if (parentSub === null) return parent._start;
  let first = parent._map.get(parentSub) ?? null;
  while (first?.left) first = first.left;
  return first;
}
