import fc from 'fast-check';
import type { CrdtEngine } from '@syncline/core';
import { bytesOf, textOf } from './policy-worlds';

/** What a person does to a document that has a text, a map and a list. Places count from the start, modulo the length. */
export type CrdtEdit =
  | { readonly kind: 'type'; readonly at: number; readonly text: string }
  | { readonly kind: 'erase'; readonly at: number; readonly count: number }
  | { readonly kind: 'set'; readonly name: string; readonly value: string | number | null }
  | { readonly kind: 'unset'; readonly name: string }
  | { readonly kind: 'insert'; readonly at: number; readonly value: string | number | null }
  | { readonly kind: 'remove'; readonly at: number };

/** A device with the engine's own library. */
export interface CrdtReplica {
  /** The update that the edit came to. */
  edit(edit: CrdtEdit): Uint8Array;
  take(update: Uint8Array): void;
  /** The text, the map and the list, as fields of an object. */
  content(): object;
}

export interface CrdtLawSubject {
  readonly engine: CrdtEngine;
  readonly newReplica: (id: number) => CrdtReplica;
  /** Whether states, too, are the same bytes in whatever order updates came. */
  readonly sameStateInAnyOrder: boolean;
}

const REPLICAS = 3;

const place = fc.nat({ max: 40 });
const name = fc.constantFrom('title', 'done', 'é😀', 'a b');
const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 4 }), fc.integer(), fc.constant(null));
const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 6 });
const edit: fc.Arbitrary<CrdtEdit> = fc.oneof(
  fc.record({ kind: fc.constant('type' as const), at: place, text }),
  fc.record({ kind: fc.constant('erase' as const), at: place, count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant('set' as const), name, value }),
  fc.record({ kind: fc.constant('unset' as const), name }),
  fc.record({ kind: fc.constant('insert' as const), at: place, value }),
  fc.record({ kind: fc.constant('remove' as const), at: place }),
);
const step = fc.record({ replica: fc.nat({ max: REPLICAS - 1 }), hears: fc.boolean(), edit });
const steps = fc.array(step, { minLength: 1, maxLength: 14 });
type Steps = typeof steps extends fc.Arbitrary<infer T> ? T : never;

/** The updates of all edits, in the order in which they were made, and the content that they come to. */
function made(subject: CrdtLawSubject, script: Steps): { updates: Uint8Array[]; content: unknown } {
  const replicas = Array.from({ length: REPLICAS }, (_, id) => subject.newReplica(id + 1));
  const updates: Uint8Array[] = [];
  for (const each of script) {
    const replica = replicas[each.replica]!;
    if (each.hears) for (const update of updates) replica.take(update);
    updates.push(replica.edit(each.edit));
  }
  const reader = subject.newReplica(REPLICAS + 1);
  for (const update of updates) reader.take(update);
  const content = Object.entries(reader.content()).filter(
    ([, root]) => Object.keys(root as object).length > 0,
  );
  return { updates, content: Object.fromEntries(content) };
}

function merged(engine: CrdtEngine, state: Uint8Array | null, update: Uint8Array) {
  const result = engine.merge(state, update);
  if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`);
  return result;
}

/** What is refused because another update is missing is sent again, as devices do. */
function inAnyOrder(engine: CrdtEngine, updates: readonly Uint8Array[]) {
  let last: ReturnType<typeof merged> | null = null;
  let waiting = [...updates];
  while (waiting.length > 0) {
    const refused: Uint8Array[] = [];
    for (const update of waiting) {
      const result = engine.merge(last?.state ?? null, update);
      if (result.ok) last = result;
      else {
        expect(result.reason).toBe('DEPENDENCY_MISSING');
        refused.push(update);
      }
    }
    if (refused.length === waiting.length) throw new Error('no update is taken any more');
    waiting = refused;
  }
  return last!;
}

/** What every engine of a registry is held to. */
export function describeCrdtLaws(subject: CrdtLawSubject): void {
  describe(`the laws of ${subject.engine.name}`, () => {
    describeMerging(subject);
    describeHostileUpdates(subject);
  });
}

function describeMerging(subject: CrdtLawSubject): void {
  const { engine } = subject;

  test('the same updates come to the same, in any order and however often they come', () => {
    const orders = steps.chain((script) => {
      const { updates, content } = made(subject, script);
      const twice = [...updates, ...updates];
      const shuffled = fc.shuffledSubarray(twice, { minLength: twice.length, maxLength: twice.length });
      return fc.tuple(fc.constant({ updates, content }), shuffled);
    });
    fc.assert(
      fc.property(orders, ([{ updates, content }, shuffled]) => {
        const straight = inAnyOrder(engine, updates);
        const mixed = inAnyOrder(engine, shuffled);
        expect(JSON.parse(textOf(straight.view))).toEqual(content);
        expect(textOf(mixed.view)).toBe(textOf(straight.view));
        if (subject.sameStateInAnyOrder) expect(mixed.state).toEqual(straight.state);
      }),
    );
  });

  test('what is in already leaves the state as it is, and nothing that was given is changed', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { updates } = made(subject, script);
        const { state, view } = inAnyOrder(engine, updates);
        const copies = structuredClone([state, ...updates]);
        for (const update of [...updates, state]) {
          const again = merged(engine, state, update);
          expect(again.state).toEqual(state);
          expect(again.view).toEqual(view);
        }
        expect([state, ...updates]).toEqual(copies);
      }),
    );
  });
}

function describeHostileUpdates({ engine, ...rest }: CrdtLawSubject): void {
  const change = fc.record({ at: fc.nat(), to: fc.nat({ max: 255 }), cut: fc.boolean() });

  function held(state: Uint8Array | null, update: Uint8Array): void {
    const result = engine.merge(state, update);
    if (!result.ok) {
      expect(result.detail).not.toBe('');
      return;
    }
    expect(JSON.parse(textOf(result.view))).toEqual(expect.any(Object));
    expect(merged(engine, null, result.state).view).toEqual(result.view);
    expect(merged(engine, result.state, result.state).state).toEqual(result.state);
  }

  test('bytes that mean nothing are refused or do no harm', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.string({ maxLength: 20 }).map((each) => bytesOf(each)),
    );
    fc.assert(
      fc.property(bytes, (update) => held(null, update)),
      { numRuns: 500 },
    );
  });

  test('so are updates that were damaged', () => {
    fc.assert(
      fc.property(steps, fc.array(change, { minLength: 1, maxLength: 3 }), (script, changes) => {
        const { updates } = made({ engine, ...rest }, script);
        const { state } = inAnyOrder(engine, updates);
        for (const update of [updates.at(-1)!, state]) {
          let damaged = Uint8Array.from(update);
          for (const { at, to, cut } of changes) {
            const where = at % (damaged.length + 1);
            if (cut) damaged = damaged.slice(0, where);
            else damaged[where] = to;
          }
          held(null, damaged);
          held(state, damaged);
        }
      }),
      { numRuns: 300 },
    );
  });
}
