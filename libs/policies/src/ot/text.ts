import { type TextOp, type as textUnicode } from 'ot-text-unicode';
import { encodeUtf8, type OtType } from '@syncline/core';
import { canonicalJson, readJson } from '../canonical-json';
import { invalid } from '../untaken';
import { COMPONENTS_MAX, reachOf, textOperation } from './text-operation';
import { libraryPlace, written } from './written';

/** Plain text: the payload is one JSON string, operations are those of ot-text-unicode. */
export const text: OtType = {
  name: 'text',
  effort: (bytes) => 1 + bytes / 1_024,
  start(payload) {
    const read = readJson(payload);
    if (!read.ok) return invalid(`the payload is no text: ${read.detail}`);
    return typeof read.value === 'string'
      ? { ok: true, snapshot: canonicalJson(read.value) }
      : invalid('the payload is no JSON string');
  },
  check(operation) {
    const read = readJson(operation);
    if (!read.ok) return invalid(`the operation cannot be read: ${read.detail}`);
    const checked = textOperation(read.value);
    return checked === null
      ? invalid(`the operation is no list of at most ${COMPONENTS_MAX} skips, inserts and deletes`)
      : { ok: true, operation: canonicalParts(checked) };
  },
  apply(snapshot, operation) {
    const content = written(snapshot) as string;
    const components = written(operation) as TextOp;
    if (reachOf(components) > codePointsIn(content)) return invalid('the operation goes beyond the text');
    return { ok: true, snapshot: canonicalJson(textUnicode.apply(content, components)) };
  },
  transform(operation, over, place) {
    const result = textUnicode.transform(
      written(operation) as TextOp,
      written(over) as TextOp,
      libraryPlace[place],
    );
    return { ok: true, operation: canonicalParts(result), collisions: 0 };
  },
  compose(first, next) {
    const both = textUnicode.compose(written(first) as TextOp, written(next) as TextOp);
    return both.length <= COMPONENTS_MAX
      ? { ok: true, operation: canonicalParts(both) }
      : invalid('both together are more than one operation may hold');
  },
};

/** A part has one field at most, so that there is nothing to put in order. */
const canonicalParts = (parts: TextOp): Uint8Array => encodeUtf8(JSON.stringify(parts));

function codePointsIn(content: string): number {
  let points = 0;
  for (const _ of content) points++;
  return points;
}
