import * as Y from 'yjs';

type Type = Y.ContentType['type'];

/**
 * Whether every item stands at the same place in both documents, deleted in both or in none, where the second was read
 * from what the first one writes. Items are told by their ids, so that large ones take no longer than small ones.
 */
export function haveSameItems(one: Y.Doc, other: Y.Doc): boolean {
  const pairs: [Type, Type | undefined][] = [];
  for (const [name, root] of one.share) pairs.push([root, other.share.get(name)]);
  for (const [type, twin] of pairs) {
    if (twin === undefined || type._map.size !== twin._map.size) return false;
    if (!isSameRow(type._start, twin._start, pairs)) return false;
    for (const [name, last] of type._map) {
      const its = twin._map.get(name);
      if (its === undefined || !isSameEnd(last, its)) return false;
      if (!isSameRow(firstOf(last), firstOf(its), pairs)) return false;
    }
  }
  return one.share.size === other.share.size;
}

/** What stands under a name need not be the last of its row, once an update has put things where they cannot be. */
const isSameEnd = (one: Y.Item, other: Y.Item): boolean =>
  one.deleted === other.deleted && Y.compareIDs(one.lastId, other.lastId);

function firstOf(last: Y.Item): Y.Item {
  let first = last;
  while (first.left !== null) first = first.left;
  return first;
}

/** Neighbours may be one item here and several there. Adds the types that are nested in them to what is left to compare. */
function isSameRow(one: Y.Item | null, other: Y.Item | null, pairs: [Type, Type | undefined][]): boolean {
  let [passed, otherPassed] = [0, 0];
  while (one !== null && other !== null) {
    if (one.id.client !== other.id.client || one.deleted !== other.deleted) return false;
    if (one.id.clock + passed !== other.id.clock + otherPassed) return false;
    if (one.content instanceof Y.ContentType) pairs.push([one.content.type, typeOf(other)]);
    const both = Math.min(one.length - passed, other.length - otherPassed);
    [passed, otherPassed] = [passed + both, otherPassed + both];
    if (passed === one.length) [one, passed] = [one.right, 0];
    if (otherPassed === other.length) [other, otherPassed] = [other.right, 0];
  }
  return one === other;
}

const typeOf = ({ content }: Y.Item): Type | undefined =>
  content instanceof Y.ContentType ? content.type : undefined;
