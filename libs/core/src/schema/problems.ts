import { isJsonPayload } from '../json-fields';
import type { CollectionRules, RulesProblem } from '../rules';
import { encodeUtf8 } from '../utf8';
import { plainly } from './convert-value';
import {
  type ConvertTo,
  SCHEMA_MAPPED_VALUES_MAX,
  SCHEMA_OPERATIONS_MAX,
  SCHEMA_PARTS_MAX,
  SCHEMA_PATH_LENGTH_MAX,
  SCHEMA_PATH_NAMES_MAX,
  SCHEMA_SEPARATOR_LENGTH_MAX,
  SCHEMA_STEPS_BYTES_MAX,
  SCHEMA_STEPS_MAX,
  SCHEMA_VALUE_LENGTH_MAX,
  SCHEMA_VERSION_MAX,
  type SchemaDeclaration,
  type SchemaOperation,
  type SchemaStep,
} from './declaration';
import { parsePath } from './field-path';
import { readOperation, turnedAround } from './operations';
import { knownFields, type KnownFields } from './known-fields';

type Say = (field: string, description: string) => void;

/** All that is wrong with the schema versions of a declaration, at once. Where there are problems, no converter is made. */
export function schemaProblems(
  schema: SchemaDeclaration,
  { encrypted, json }: Pick<CollectionRules, 'encrypted' | 'json'> = { encrypted: false, json: true },
): RulesProblem[] {
  const problems: RulesProblem[] = [];
  const say: Say = (field, description) => problems.push({ field: `schema.${field}`, description });
  const { current, oldest, steps } = schema;
  if (steps.length > 0 && encrypted)
    say('steps', 'cannot be gone over by a server that cannot read the payloads: the devices convert them');
  else if (steps.length > 0 && !json) say('steps', 'need payloads that are JSON');
  if (!isVersion(current)) say('current', `must be a whole number from 0 to ${SCHEMA_VERSION_MAX}`);
  if (!isVersion(oldest) || oldest > current)
    say('oldest', 'must be a whole number from 0 to the current version');
  const operations = steps.reduce((sum, { up, down }) => sum + up.length + down.length, 0);
  if (steps.length > SCHEMA_STEPS_MAX) say('steps', `must be at most ${SCHEMA_STEPS_MAX}`);
  else if (operations > SCHEMA_OPERATIONS_MAX)
    say('steps', `must have at most ${SCHEMA_OPERATIONS_MAX} operations, up and down`);
  else if (encodeUtf8(JSON.stringify(steps)).length > SCHEMA_STEPS_BYTES_MAX)
    say('steps', `must be at most ${SCHEMA_STEPS_BYTES_MAX} bytes as they are stored`);
  else {
    if (isVersion(current) && isVersion(oldest)) sayMissing(schema, encrypted, say);
    sayOfSteps(steps, say);
  }
  return problems;
}

function isVersion(version: number): boolean {
  return Number.isInteger(version) && version >= 0 && version <= SCHEMA_VERSION_MAX;
}

/** Without steps, only devices can read what an encrypted collection has in another version. */
function sayMissing({ current, oldest, steps }: SchemaDeclaration, encrypted: boolean, say: Say): void {
  if (encrypted) return;
  if (current - oldest > SCHEMA_STEPS_MAX)
    say('oldest', `must be at most ${SCHEMA_STEPS_MAX} versions before the current one`);
  else if (steps.length < current - oldest)
    say('steps', `must lead from version ${oldest} to ${current}, one for each version behind the first`);
  if (steps.length > current) say('steps', 'must not begin before version 1');
  steps.forEach(({ toVersion }, index) => {
    const due = current - steps.length + 1 + index;
    if (toVersion !== due && due >= 1)
      say(`steps[${index}].to_version`, `must be ${due}: steps go up one by one to the current version`);
  });
}

function sayOfSteps(steps: readonly SchemaStep[], say: Say): void {
  const known = knownFields();
  steps.forEach(({ up, down }, index) => {
    const place = `steps[${index}]`;
    sayOfWay(up, `${place}.up`, known, say);
    if (down.length > 0) return sayOfWay(down, `${place}.down`, knownFields(), say);
    up.forEach((declared, at) => {
      const operation = readOperation(declared);
      if (operation !== null && turnedAround(operation) === null)
        say(
          `${place}.up[${at}]`,
          `a ${declared.kind} like this cannot be turned around: declare the step's down`,
        );
    });
  });
}

function sayOfWay(way: readonly SchemaOperation[], place: string, known: KnownFields, say: Say): void {
  way.forEach((declared, index) => {
    const at = `${place}[${index}]`;
    sayOfOperation(declared, (field, description) => say(`${at}.${field}`, description));
    const operation = readOperation(declared);
    const overwritten = operation === null ? undefined : known.note(operation);
    if (overwritten !== undefined) say(at, `would overwrite ${overwritten}, which is there already`);
  });
}

function sayOfOperation(declared: SchemaOperation, say: Say): void {
  switch (declared.kind) {
    case 'rename':
      sayOfPath('field', declared.field, say);
      if (declared.to === '' || declared.to.length > SCHEMA_PATH_LENGTH_MAX)
        say('to', `must be a name of 1 to ${SCHEMA_PATH_LENGTH_MAX} characters`);
      return;
    case 'default':
      sayOfPath('field', declared.field, say);
      return sayOfValue('value', declared.value, say);
    case 'move':
      sayOfPath('field', declared.field, say);
      return sayOfPath('to', declared.to, say);
    case 'split':
      sayOfPath('field', declared.field, say);
      sayOfSeparator(declared.separator, say);
      return sayOfParts('into', declared.into, say);
    case 'join':
      sayOfPath('into', declared.into, say);
      sayOfSeparator(declared.separator, say);
      return sayOfParts('fields', declared.fields, say);
    case 'convert':
      sayOfPath('field', declared.field, say);
      return sayOfValues(declared.to, declared.values, say);
    case 'remove':
      return sayOfPath('field', declared.field, say);
  }
}

function sayOfPath(field: string, written: string, say: Say): void {
  if (written.length > SCHEMA_PATH_LENGTH_MAX)
    return say(field, `must be at most ${SCHEMA_PATH_LENGTH_MAX} characters`);
  const path = parsePath(written);
  if (path === null) return say(field, 'must be names with / between, with ~1 for / and ~0 for ~');
  if (path.length > SCHEMA_PATH_NAMES_MAX)
    say(field, `must go at most ${SCHEMA_PATH_NAMES_MAX} names inwards`);
}

function sayOfValue(field: string, value: string, say: Say): void {
  if (value.length > SCHEMA_VALUE_LENGTH_MAX)
    return say(field, `must be at most ${SCHEMA_VALUE_LENGTH_MAX} characters`);
  if (!isJsonPayload(encodeUtf8(value))) say(field, 'must be JSON');
}

function sayOfSeparator(separator: string, say: Say): void {
  if (separator === '' || separator.length > SCHEMA_SEPARATOR_LENGTH_MAX)
    say('separator', `must be a text of 1 to ${SCHEMA_SEPARATOR_LENGTH_MAX} characters`);
}

function sayOfParts(field: string, parts: readonly string[], say: Say): void {
  if (parts.length < 2 || parts.length > SCHEMA_PARTS_MAX)
    say(field, `must name 2 to ${SCHEMA_PARTS_MAX} fields`);
  if (new Set(parts).size < parts.length) say(field, 'must name each field once');
  parts.forEach((part, index) => sayOfPath(`${field}[${index}]`, part, say));
}

function sayOfValues(
  to: ConvertTo,
  values: readonly (readonly [before: string, after: string])[],
  say: Say,
): void {
  if (to !== 'mapped') {
    if (values.length > 0) say('values', 'is for MAPPED only');
    return;
  }
  if (values.length === 0 || values.length > SCHEMA_MAPPED_VALUES_MAX)
    return say('values', `must be 1 to ${SCHEMA_MAPPED_VALUES_MAX}`);
  for (const each of values) for (const value of each) sayOfValue('values', value, say);
  if (new Set(values.map(([before]) => plainly(before.trim()))).size < values.length)
    say('values', 'must name each old value once');
}
