import * as Y from 'yjs';
import { type Json, NESTING_MAX, wellFormed } from '../canonical-json';
import { plainObject, plainValue, TooDeep } from './plain';

/**
 * One field for each root that has content. An update does not tell of what kind a root is, so its content decides:
 * characters make a text, elements make XML, other items a list, names a map. Formats of text are left out.
 */
export function yjsView(doc: Y.Doc): Json {
  const roots: [string, Root][] = [];
  for (const name of doc.share.keys()) {
    const root = rootOf(doc, name);
    if (root !== null) roots.push([name, root]);
  }
  return plainObject(roots, (root) => seen(root, NESTING_MAX));
}

type Root = Y.Text | Y.XmlFragment | Y.Array<unknown> | Y.Map<unknown>;

function rootOf(doc: Y.Doc, name: string): Root | null {
  const { _start, _map } = doc.share.get(name)!;
  for (let item = _start; item !== null; item = item.right) {
    if (item.deleted || !item.countable) continue;
    const { content } = item;
    if (content instanceof Y.ContentString) return doc.getText(name);
    if (content instanceof Y.ContentType && isXml(content.type)) return doc.getXmlFragment(name);
    return doc.getArray(name);
  }
  return [..._map.values()].some(({ deleted }) => !deleted) ? doc.getMap(name) : null;
}

const isXml = (type: unknown): boolean =>
  type instanceof Y.XmlFragment || type instanceof Y.XmlText || type instanceof Y.XmlHook;

function seen(value: unknown, depthLeft: number): Json {
  if (value instanceof Y.Doc) return plainValue({ guid: value.guid }, depthLeft);
  if (value instanceof Y.Text) return wellFormed(charactersOf(value));
  if (!(value instanceof Y.AbstractType)) return plainValue(value, depthLeft);
  if (value instanceof Y.XmlElement) return elementOf(value as Y.XmlElement, depthLeft);
  if (depthLeft === 0) throw new TooDeep();
  const below = (each: unknown): Json => seen(each, depthLeft - 1);
  if (value instanceof Y.Map) return plainObject(value.entries(), below);
  return value instanceof Y.Array || value instanceof Y.XmlFragment ? value.toArray().map(below) : null;
}

/** Its attributes and its children stand one level below it, and what they are another one. */
function elementOf(element: Y.XmlElement, depthLeft: number): Json {
  if (depthLeft <= 1) throw new TooDeep();
  const below = (each: unknown): Json => seen(each, depthLeft - 2);
  const attributes = plainObject(Object.entries(element.getAttributes()), below);
  return { tag: wellFormed(element.nodeName), attributes, children: element.toArray().map(below) };
}

/** Joined in one go: adding them to a text one by one would make a rope as deep as there are items. */
function charactersOf({ _start }: Y.Text): string {
  const parts: string[] = [];
  for (let item = _start; item !== null; item = item.right) {
    if (!item.deleted && item.content instanceof Y.ContentString) parts.push(item.content.str);
  }
  return parts.join('');
}
