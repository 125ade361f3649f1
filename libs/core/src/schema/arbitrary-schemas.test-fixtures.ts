import fc from 'fast-check';
import type { SchemaDeclaration, SchemaOperation, SchemaStep } from './declaration';
import { schemaProblems } from './problems';

/** Few, so that steps meet the fields of records, and each other. */
const NAMES = ['a', 'b', 'c', 'd', 'e', '__proto__'];
const path = fc
  .array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 })
  .map((names) => names.slice(0, names[0] === 'a' ? 3 : 1).join('/'));
const parts = fc.uniqueArray(path, { minLength: 2, maxLength: 3 });
const separator = fc.constantFrom(' ', ', ');
const scalar = fc.constantFrom('0', 'false', '"new"', '1.0', '12345678901234567890');

const operation: fc.Arbitrary<SchemaOperation> = fc.oneof(
  fc.record({ kind: fc.constant('rename' as const), field: path, to: fc.constantFrom(...NAMES, 'f', 'g') }),
  fc.record({ kind: fc.constant('default' as const), field: path, value: scalar }),
  fc.record({ kind: fc.constant('move' as const), field: path, to: fc.oneof(path, fc.constant('f/g')) }),
  fc.record({ kind: fc.constant('split' as const), field: path, separator, into: parts }),
  fc.record({ kind: fc.constant('join' as const), fields: parts, separator, into: path }),
  fc.record({
    kind: fc.constant('convert' as const),
    field: path,
    to: fc.constantFrom('string', 'number', 'boolean', 'array', 'time-ms', 'time-iso'),
    values: fc.constant([]),
  }),
  fc.record({
    kind: fc.constant('convert' as const),
    field: path,
    to: fc.constant('mapped' as const),
    values: fc.constant([
      ['"old"', '"new"'],
      ['0', 'false'],
    ] as const),
  }),
  fc.record({ kind: fc.constant('remove' as const), field: path }),
);

interface Drawn {
  readonly up: readonly SchemaOperation[];
  readonly down: readonly SchemaOperation[];
}

const way = fc.array(operation, { maxLength: 4 });

/** Of what was drawn, as much as can be declared together. */
function declared(drawn: readonly Drawn[]): SchemaDeclaration {
  let steps: SchemaStep[] = [];
  const of = (tried: SchemaStep[]): SchemaDeclaration => ({ current: tried.length, oldest: 0, steps: tried });
  const tryStep = (step: SchemaStep): void => {
    const tried = [...steps.filter(({ toVersion }) => toVersion !== step.toVersion), step];
    if (schemaProblems(of(tried)).length === 0) steps = tried;
  };
  drawn.forEach(({ up, down }, index) => {
    const toVersion = index + 1;
    tryStep({ toVersion, up: [], down: [] });
    tryStep({ toVersion, up: [], down });
    for (const each of up) {
      const step = steps[index]!;
      tryStep({ ...step, up: [...step.up, each] });
    }
  });
  return of(steps);
}

const derived = fc.record({ up: way, down: fc.constant([]) });
const told = fc.record({ up: way, down: way });

/** Each step's way down follows from its way up. */
export const derivedSchemas = fc.array(derived, { minLength: 1, maxLength: 4 }).map(declared);
/** Some steps have a way down of their own, whatever it does. */
export const anySchemas = fc.array(fc.oneof(derived, told), { minLength: 1, maxLength: 4 }).map(declared);

const leaf = fc.constantFrom(
  '0',
  '7',
  '1.0',
  '-12345678901234567890',
  'true',
  'null',
  '"old"',
  '"new"',
  '"12"',
  '"one two three"',
  '"caf\\u00e9, \\"x\\""',
  '"2026-11-21T19:00:00.5+01:00"',
  '1795287600000',
  '[ 1, 2 ]',
  '[]',
);

function objectOf(value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.uniqueArray(fc.tuple(fc.constantFrom(...NAMES, 'f'), value), { selector: ([name]) => name }),
      fc.boolean(),
    )
    .map(([fields, spaced]) => {
      const texts = fields.map(([name, text]) => (spaced ? ` "${name}" : ${text} ` : `"${name}":${text}`));
      return `{${texts.join(',')}}`;
    });
}

/** The texts of records, each as its writer spelled it. */
export const recordTexts = objectOf(fc.oneof(leaf, objectOf(fc.oneof(leaf, objectOf(leaf)))));
