import fc from 'fast-check';
import { type Conflict, type Policy, type Side, splitObject } from '@syncline/core';
import {
  arrive,
  baseSide,
  bytesOf,
  conflictKind,
  incomingSide,
  permutations,
  textOf,
  type World,
  worlds,
} from './policy-worlds';

export interface PolicyLawSubject {
  readonly policy: Policy;
  /** Rules as a tenant would declare them; all must parse. */
  readonly declaredRules: fc.Arbitrary<unknown>;
  /** Whether it claims to be free of the order of arrival: for every rule, for some, for none. */
  readonly claimsOrderFree: 'every rule' | 'some rules' | 'no rule';
  /** There is something that a rule has to say. */
  readonly needsRule?: true;
}

/** What every policy of a registry is held to. */
export function describePolicyLaws(subject: PolicyLawSubject): void {
  describe(`the laws of ${subject.policy.name}`, () => {
    describeRuleLaws(subject);
    describeDecisionLaws(subject);
    describeOrderLaws(subject);
    describeHostileLaws(subject);
  });
}

function parsed(policy: Policy, declared: unknown): unknown {
  const result = policy.parseRule(declared);
  if (!result.ok) throw new Error(`${JSON.stringify(declared)}: ${JSON.stringify(result.problems)}`);
  return result.rule;
}

function describeRuleLaws({ policy, declaredRules, needsRule }: PolicyLawSubject): void {
  test('a rule that was parsed, or stored as JSON, parses into itself', () => {
    fc.assert(
      fc.property(declaredRules, (declared) => {
        const rule = parsed(policy, declared);
        expect(parsed(policy, rule)).toEqual(rule);
        expect(parsed(policy, JSON.parse(JSON.stringify(rule)))).toEqual(rule);
      }),
    );
    expect(policy.parseRule(null).ok).toBe(needsRule !== true);
  });

  test('all unknown members of a rule are told at once', () => {
    fc.assert(
      fc.property(declaredRules, (declared) => {
        const result = policy.parseRule({ ...(declared as object), 'no such': 1, 'nor this': {} });
        if (result.ok) throw new Error('it was taken');
        const fields = result.problems.map((problem) => problem.field);
        expect(fields).toEqual(expect.arrayContaining(['no such', 'nor this']));
      }),
    );
  });

  test('any JSON value as a rule gets an answer', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (declared) => {
        const result = policy.parseRule(declared);
        if (!result.ok) expect(result.problems.length).toBeGreaterThan(0);
        else expect(parsed(policy, result.rule)).toEqual(result.rule);
      }),
    );
  });
}

/** The last change of a world meets what the others have made of the record. */
function lastConflict(policy: Policy, rule: unknown, world: World): Conflict<unknown> {
  const sides = world.changes.map((change) => incomingSide(world, change));
  const incoming = sides.at(-1)!;
  const stored = arrive(policy, rule, world, sides.slice(0, -1));
  const base = baseSide(policy, rule, world);
  const kind = conflictKind(base, stored, incoming);
  return { kind, base: kind === 'CREATE_CREATE' ? null : base, stored, incoming, rule };
}

function describeDecisionLaws({ policy, declaredRules }: PolicyLawSubject): void {
  test('the same conflict is decided in the same way, and nothing that was given is changed', () => {
    fc.assert(
      fc.property(worlds, declaredRules, (world, declared) => {
        const conflict = lastConflict(policy, parsed(policy, declared), world);
        const copy = structuredClone(conflict);
        const first = policy.resolve(conflict);
        const remembered = policy.remember(conflict);
        expect(conflict).toEqual(copy);
        expect(policy.resolve(copy)).toEqual(first);
        expect(policy.remember(copy)).toEqual(remembered);
        expect(first.why).toMatch(/\.$/);
      }),
    );
  });

  test('what is merged is a JSON object', () => {
    fc.assert(
      fc.property(worlds, declaredRules, (world, declared) => {
        const resolution = policy.resolve(lastConflict(policy, parsed(policy, declared), world));
        if (!policy.readsPayload) expect(resolution.take).not.toBe('merged');
        if (resolution.take !== 'merged') return;
        expect(JSON.parse(textOf(resolution.payload))).toEqual(expect.any(Object));
        expect(splitObject(textOf(resolution.payload))).not.toBeNull();
      }),
    );
  });

  test('a change that brings nothing new leaves the record as it is', () => {
    fc.assert(
      fc.property(worlds, declaredRules, (world, declared) => {
        const rule = parsed(policy, declared);
        const stored = baseSide(policy, rule, world);
        if (stored === null) return;
        const later = incomingSide(world, { ...world.changes[0]!, edits: {}, canonical: true });
        const resolution = policy.resolve({
          kind: 'UPDATE_UPDATE',
          base: stored,
          stored,
          incoming: later,
          rule,
        });
        expect(['stored', 'incoming']).toContain(resolution.take);
        expect(later.payload).toEqual(stored.payload);
      }),
    );
  });
}

function describeOrderLaws({ policy, declaredRules, claimsOrderFree }: PolicyLawSubject): void {
  test(`it claims to be free of the order of arrival for ${claimsOrderFree}`, () => {
    const claims = fc
      .sample(declaredRules, 200)
      .map((declared) => policy.orderFree(parsed(policy, declared)));
    if (claimsOrderFree !== 'no rule') expect(claims).toContain(true);
    if (claimsOrderFree !== 'every rule') expect(claims).toContain(false);
  });

  if (claimsOrderFree === 'no rule') return;
  test('changes made on one base end in the same record in whatever order they arrive', () => {
    const claiming = declaredRules.filter((declared) => policy.orderFree(parsed(policy, declared)));
    fc.assert(
      fc.property(worlds, claiming, (world, declared) => {
        const rule = parsed(policy, declared);
        const sides = world.changes.map((change) => incomingSide(world, change));
        const bytesCount = world.changes.every((change) => change.canonical) || !policy.readsPayload;
        const contentOf = bytesCount ? payloadText : fieldsText;
        const expected = contentOf(arrive(policy, rule, world, sides));
        for (const order of permutations(sides)) {
          expect(contentOf(arrive(policy, rule, world, order))).toBe(expected);
        }
      }),
      { numRuns: 600 },
    );
  });
}

const payloadText = (side: Side): string | null => (side.payload === null ? null : textOf(side.payload));

/** Fields in the order of their names: how an object is laid out is not part of what it says. */
function fieldsText(side: Side): string | null {
  const text = payloadText(side);
  if (text === null) return null;
  return JSON.stringify([...splitObject(text)!].sort(([left], [right]) => (left < right ? -1 : 1)));
}

const hostileBytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .string({ unit: fc.constantFrom(...'{}[]",:\\u0a1-+e. \n'.split('')), maxLength: 30 })
    .map((text) => bytesOf(`{"a":${text}`)),
  fc.string({ unit: fc.constantFrom(...'[]",:1234567890'.split('')), maxLength: 40 }).map(bytesOf),
  fc.constantFrom(
    ...[
      '{"title":"\\x","top":-z,"tags":[}',
      '{"items":[{"id":"\\q"}]}',
      '[1,[0,"d",1],["a",99],["b",7]]',
      '[1,[5,"d",1],["a","b"],["b",["x"],0]]',
    ].map(bytesOf),
  ),
);

function describeHostileLaws({ policy, declaredRules }: PolicyLawSubject): void {
  test('bytes that mean nothing, in payloads or in the bookkeeping, get a decision as well', () => {
    const side = fc.record({ payload: fc.option(hostileBytes), meta: fc.option(hostileBytes) });
    const worldSides = fc.tuple(worlds, fc.tuple(side, side, fc.option(side)));
    fc.assert(
      fc.property(worldSides, declaredRules, ([world, [stored, incoming, base]], declared) => {
        const rule = parsed(policy, declared);
        const stamp = incomingSide(world, world.changes[0]!);
        const other = incomingSide(world, world.changes[1]!);
        const seen = base === null ? null : { ...base, deleted: base.payload === null };
        const hostile = { ...stamp, ...stored, deleted: stored.payload === null };
        const meets = { ...other, ...incoming, deleted: incoming.payload === null };
        for (const [left, right] of [
          [hostile, meets],
          [{ ...stamp, meta: stored.meta }, meets],
          [hostile, other],
        ] as const) {
          const conflict = { base: seen, stored: left, incoming: right, rule };
          const resolution = policy.resolve({ kind: 'UPDATE_UPDATE', ...conflict });
          expect(['stored', 'incoming', 'merged', 'neither']).toContain(resolution.take);
          const meta = policy.remember(conflict);
          expect(meta === null || meta instanceof Uint8Array).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
}
