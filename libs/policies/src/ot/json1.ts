import { type Doc, type JSONOp, type as library } from 'ot-json1';
import type { OtType } from '@syncline/core';
import { canonicalJson, isList, type Json, problemIn, readJson } from '../canonical-json';
import { invalid } from '../untaken';
import { json1Operation } from './json1-operation';
import { libraryPlace, written } from './written';

/** Each is settled by going through both operations some times more. */
const COLLISIONS_MAX = 100;

const tooLongAsOne = invalid('both together are more than one operation may hold');

/** A JSON object whose fields and lists are edited, moved and removed: the operations of ot-json1. */
export const json1: OtType = {
  name: 'json1',
  start(payload) {
    const read = readJson(payload);
    if (!read.ok) return invalid(`the payload cannot be edited: ${read.detail}`);
    const { value } = read;
    return typeof value === 'object' && value !== null && !isList(value)
      ? { ok: true, snapshot: canonicalJson(value) }
      : invalid('the payload is no JSON object');
  },
  check(operation) {
    const read = readJson(operation);
    if (!read.ok) return invalid(`the operation cannot be read: ${read.detail}`);
    const checked = json1Operation(read.value);
    return checked.ok
      ? { ok: true, operation: canonicalJson(checked.operation) }
      : invalid(`the operation cannot be taken: ${checked.detail}`);
  },
  apply(snapshot, operation) {
    try {
      const result = library.apply(written(snapshot) as Doc, written(operation) as JSONOp) as Json;
      const problem = problemIn(result);
      return problem === null
        ? { ok: true, snapshot: canonicalJson(result) }
        : invalid(`the operation does not fit the record: ${problem}`);
    } catch {
      return invalid('the operation does not fit the record');
    }
  },
  transform(operation, over, place) {
    try {
      const [moved, under] = [written(operation), written(over)] as JSONOp[];
      let collisions = 0;
      const bounded = library.typeAllowingConflictsPred(() => ++collisions <= COLLISIONS_MAX);
      const result = bounded.transform(moved!, under!, libraryPlace[place]);
      return { ok: true, operation: canonicalJson(result ?? null), collisions };
    } catch {
      return invalid('the operation collides with one that came before it in too many places');
    }
  },
  compose(first, next) {
    try {
      const [before, behind] = [written(first), written(next)] as JSONOp[];
      const both = json1Operation((library.compose(before!, behind!) ?? null));
      return both.ok ? { ok: true, operation: canonicalJson(both.operation) } : tooLongAsOne;
    } catch {
      return invalid('the second operation does not fit what the first one leaves');
    }
  },
};
