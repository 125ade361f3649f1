import fc from 'fast-check';
import type { OtPlace, OtTransformed, OtType, Untaken } from '@syncline/core';
import { bytesOf, textOf } from './policy-worlds';

export interface OtLawSubject {
  readonly type: OtType;
  /** JSON text of a payload. */
  readonly payloads: fc.Arbitrary<string>;
  /** JSON text of an operation that fits the payload. */
  readonly operationsOn: (payload: string) => fc.Arbitrary<string>;
}

const COLLISIONS_MAX = 1_000;
const PLACES: readonly OtPlace[] = ['later', 'earlier'];

/** What every type of a registry is held to. */
export function describeOtLaws(subject: OtLawSubject): void {
  describe(`the laws of ${subject.type.name}`, () => {
    describeOperations(subject);
    describeTransforming(subject);
    describeComposing(subject);
    describeHostileOperations(subject);
  });
}

type Taken = Extract<OtTransformed, { readonly ok: true }>;

function taken<T extends { readonly ok: true }>(result: T | Untaken): T {
  if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`);
  return result;
}

function tools({ type }: OtLawSubject) {
  const start = (payload: string) => taken(type.start(bytesOf(payload))).snapshot;
  const check = (operation: string) => taken(type.check(bytesOf(operation))).operation;
  const apply = (snapshot: Uint8Array, operation: Uint8Array) =>
    taken(type.apply(snapshot, operation)).snapshot;
  const transform = (operation: Uint8Array, over: Uint8Array, place: OtPlace) =>
    taken<Taken>(type.transform(operation, over, place, COLLISIONS_MAX)).operation;
  const compose = (first: Uint8Array, next: Uint8Array) => taken(type.compose(first, next)).operation;
  return { start, check, apply, transform, compose };
}

function describeOperations(subject: OtLawSubject): void {
  const { type, payloads, operationsOn } = subject;
  const { start, check, apply } = tools(subject);
  const fitting = payloads.chain((payload) => fc.tuple(fc.constant(payload), operationsOn(payload)));

  test('what was written once is read as the same again', () => {
    fc.assert(
      fc.property(fitting, ([payload, text]) => {
        const snapshot = start(payload);
        expect(JSON.parse(textOf(snapshot))).toEqual(JSON.parse(payload));
        expect(start(textOf(snapshot))).toEqual(snapshot);
        const operation = check(text);
        expect(check(textOf(operation))).toEqual(operation);
        const after = apply(snapshot, operation);
        expect(start(textOf(after))).toEqual(after);
      }),
    );
  });

  test('nothing that was given is changed', () => {
    fc.assert(
      fc.property(fitting, ([payload, text]) => {
        const given = [bytesOf(payload), bytesOf(text), start(payload), check(text)] as const;
        const copies = structuredClone(given);
        type.start(given[0]);
        type.check(given[1]);
        type.apply(given[2], given[3]);
        type.transform(given[3], given[3], 'later', COLLISIONS_MAX);
        expect(given).toEqual(copies);
      }),
    );
  });
}

function describeTransforming(subject: OtLawSubject): void {
  const { payloads, operationsOn } = subject;
  const { start, check, apply, transform } = tools(subject);
  const concurrent = payloads.chain((payload) =>
    fc.tuple(fc.constant(payload), operationsOn(payload), operationsOn(payload)),
  );

  test('both ways around end in the same snapshot', () => {
    fc.assert(
      fc.property(concurrent, ([payload, first, second]) => {
        const snapshot = start(payload);
        const [earlier, later] = [check(first), check(second)];
        const onServer = apply(apply(snapshot, earlier), transform(later, earlier, 'later'));
        const onDevice = apply(apply(snapshot, later), transform(earlier, later, 'earlier'));
        expect(textOf(onDevice)).toBe(textOf(onServer));
      }),
      { numRuns: 1_000 },
    );
  });

  test('an operation goes behind all that came since, one after the other', () => {
    const chains = payloads.chain((payload) =>
      fc.tuple(
        fc.constant(payload),
        operationsOn(payload),
        fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
      ),
    );
    fc.assert(
      fc.property(chains, ([payload, text, seeds]) => {
        let snapshot = start(payload);
        let late = check(text);
        for (const seed of seeds) {
          const past = check(fc.sample(operationsOn(textOf(snapshot)), { seed, numRuns: 1 })[0]!);
          snapshot = apply(snapshot, past);
          late = transform(late, past, 'later');
        }
        expect(start(textOf(apply(snapshot, late)))).toEqual(apply(snapshot, late));
      }),
    );
  });
}

/** Operations made one on top of the other, from a snapshot on. */
function chainOf(subject: OtLawSubject, snapshot: Uint8Array, seeds: readonly number[]): Uint8Array[] {
  const { check, apply } = tools(subject);
  let last = snapshot;
  return seeds.map((seed) => {
    const each = check(fc.sample(subject.operationsOn(textOf(last)), { seed, numRuns: 1 })[0]!);
    last = apply(last, each);
    return each;
  });
}

function describeComposing(subject: OtLawSubject): void {
  const { payloads } = subject;
  const { start, apply, transform, compose } = tools(subject);
  const seeds = fc.array(fc.nat(), { minLength: 2, maxLength: 5 });

  test('operations as one do what they do one after the other', () => {
    fc.assert(
      fc.property(payloads, seeds, (payload, made) => {
        const chain = chainOf(subject, start(payload), made);
        const oneByOne = chain.reduce(apply, start(payload));
        expect(textOf(apply(start(payload), chain.reduce(compose)))).toBe(textOf(oneByOne));
      }),
      { numRuns: 500 },
    );
  });

  test('both ways around end in the same snapshot, also past operations as one', () => {
    fc.assert(
      fc.property(payloads, seeds, seeds, (payload, made, madeElsewhere) => {
        const snapshot = start(payload);
        let bridge = chainOf(subject, snapshot, made).reduce(compose);
        let onServer = apply(snapshot, bridge);
        let onDevice = snapshot;
        for (const own of chainOf(subject, snapshot, madeElsewhere)) {
          onServer = apply(onServer, transform(own, bridge, 'later'));
          bridge = transform(bridge, own, 'earlier');
          onDevice = apply(onDevice, own);
        }
        expect(textOf(apply(onDevice, bridge))).toBe(textOf(onServer));
      }),
      { numRuns: 500 },
    );
  });
}

const part = fc.oneof(
  fc.constantFrom('a', 'list', '__proto__', 'constructor', '\ud800', ''),
  fc.constantFrom(0, 1, 2, -1, 0.5, 1e300, 4_294_967_296),
  fc.record(
    {
      i: fc.jsonValue({ maxDepth: 2 }),
      r: fc.constantFrom(true, 'x', null),
      p: fc.constantFrom(0, 1, -1, 'x'),
      d: fc.constantFrom(0, 1, 5, 'text', null),
      es: fc.constantFrom([], ['x'], [1, { d: 1 }], 'x', null),
      e: fc.constant(1),
      et: fc.constantFrom('valueOf', 'number', 'text-unicode'),
      ena: fc.constantFrom(1, 0.1, 'x', null),
    },
    { requiredKeys: [] },
  ),
);
const { list } = fc.letrec<{ list: unknown[] }>((tie) => ({
  list: fc.array(fc.oneof({ depthSize: 'small', withCrossShrink: true }, part, tie('list')), {
    maxLength: 5,
  }),
}));
/** What nobody would write. */
const hostileOperations = fc.oneof(
  list.map((each) => bytesOf(JSON.stringify(each))),
  fc.jsonValue().map((each) => bytesOf(JSON.stringify(each))),
  fc.uint8Array({ maxLength: 30 }),
  fc.constantFrom(bytesOf('['.repeat(100_000)), bytesOf(`[${'['.repeat(5_000)}${']'.repeat(5_000)}]`)),
);

function describeHostileOperations(subject: OtLawSubject): void {
  const { type, payloads } = subject;
  const { start } = tools(subject);
  test('operations that mean nothing, or fit nothing, get an answer', () => {
    fc.assert(
      fc.property(
        payloads,
        hostileOperations,
        hostileOperations,
        fc.constantFrom(...PLACES),
        (payload, left, right, place) => {
          const snapshot = start(payload);
          const answers = [type.check(left), type.check(right)];
          for (const answer of answers) if (!answer.ok) expect(answer.detail).not.toBe('');
          const [first, second] = answers.map((answer) => (answer.ok ? answer.operation : null));
          for (const operation of [first, second]) {
            const applied = operation ? type.apply(snapshot, operation) : null;
            if (applied?.ok) expect(start(textOf(applied.snapshot))).toEqual(applied.snapshot);
          }
          if (!first || !second) return;
          for (const result of [
            type.transform(first, second, place, COLLISIONS_MAX),
            type.compose(first, second),
          ])
            if (result.ok) expect(type.check(result.operation).ok).toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('so do payloads', () => {
    const payload = fc.oneof(fc.uint8Array({ maxLength: 30 }), hostileOperations);
    fc.assert(
      fc.property(payload, (bytes) => {
        const answer = type.start(bytes);
        if (answer.ok) expect(start(textOf(answer.snapshot))).toEqual(answer.snapshot);
        else expect(answer.detail).not.toBe('');
      }),
      { numRuns: 500 },
    );
  });
}
