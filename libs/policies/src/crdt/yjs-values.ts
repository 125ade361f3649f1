import * as Y from 'yjs';

/**
 * How many values items hold, with those in lists and objects, and each byte for one, as readers see numbers; text and
 * nested types aside. Counted until there are more than `most`.
 */
export function countValues(structs: Iterable<object>, most: number): number {
  let count = 0;
  for (const struct of structs) {
    const lists = [struct instanceof Y.Item ? valuesOf(struct.content) : []];
    for (const list of lists) {
      count += list.length;
      if (count > most) return count;
      if (list instanceof Uint8Array) continue;
      for (const each of list) if (typeof each === 'object' && each !== null) lists.push(valuesIn(each));
    }
  }
  return count;
}

type Values = readonly unknown[] | Uint8Array;

function valuesOf(content: Y.Item['content']): Values {
  if (content instanceof Y.ContentAny || content instanceof Y.ContentJSON) return content.arr as unknown[];
  if (content instanceof Y.ContentBinary) return content.content;
  if (content instanceof Y.ContentEmbed) return [content.embed];
  if (content instanceof Y.ContentFormat) return [content.value];
  return content instanceof Y.ContentDoc ? [content.opts as unknown] : [];
}

function valuesIn(value: object): Values {
  if (value instanceof Uint8Array) return value;
  return Array.isArray(value) ? (value as unknown[]) : Object.values(value as Record<string, unknown>);
}
