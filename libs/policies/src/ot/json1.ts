import { type JSONOp, type as library } from 'ot-json1';
import type { OtType } from '@syncline/core';
import { canonicalJson, isList, problemIn, readJson } from '../canonical-json';
import { invalid } from '../untaken';
import { applyTo, type Draft } from './json1-apply';
import { json1Operation } from './json1-operation';
import { libraryPlace, written } from './written';

/** Each is settled by going through both operations once more. */
const COLLISIONS_MAX = 100;

const collidesTooOften = invalid('the operation collides with one that came before it in too many places');
const tooLongAsOne = invalid('both together are more than one operation may hold');

/** A JSON object whose fields and lists are edited, moved and removed: the operations of ot-json1. */
export const json1: OtType = {
  name: 'json1',
  effort: (bytes) => 4 + bytes / 32,
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
      const parts = written(operation) as JSONOp;
      const document = written(snapshot) as Draft;
      const result = parts === null ? document : applyTo(document, parts);
      const problem = problemIn(result);
      return problem === null
        ? { ok: true, snapshot: canonicalJson(result) }
        : invalid(`the operation does not fit the record: ${problem}`);
    } catch {
      return invalid('the operation does not fit the record');
    }
  },
  transform(operation, over, place, collisionsMax) {
    let collisions = 0;
    try {
      const [moved, under] = [written(operation), written(over)] as JSONOp[];
      const most = Math.min(collisionsMax, COLLISIONS_MAX);
      const bounded = library.typeAllowingConflictsPred(() => ++collisions <= most);
      const result = bounded.transform(moved!, under!, libraryPlace[place]);
      return { ok: true, operation: canonicalJson(result ?? null), collisions };
    } catch {
      return { ...collidesTooOften, collisions };
    }
  },
  compose(first, next) {
    try {
      const [before, behind] = [written(first), written(next)] as JSONOp[];
      const both = json1Operation(library.compose(before!, behind!) ?? null);
      return both.ok ? { ok: true, operation: canonicalJson(both.operation) } : tooLongAsOne;
    } catch {
      return invalid('the second operation does not fit what the first one leaves');
    }
  },
};
