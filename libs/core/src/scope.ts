import { mayRead, type Access, readableKey } from './access';
import { msOf } from './clock';
import { type Hash64, murmur3 } from './hash';
import { collectionProblem, type CollectionName, CONFLICTS, type RecordId } from './ids';
import { fieldsOf } from './json-fields';
import type { ReadRecord } from './records';
import type { Violation } from './refusals';
import type { RulesBook } from './rules';
import { encodeUtf8 } from './utf8';

/** The part of a space that a device wants to hold. */
export interface Scope {
  /** Empty for all. */
  readonly collections: readonly CollectionName[];
  /** Empty for all. */
  readonly idPrefix: string;
  /** Bounds on the time of a record's last change, both inclusive; null for none. */
  readonly changedFromMs: number | null;
  readonly changedToMs: number | null;
  /** Deletes of records that the device never held are wanted as well. */
  readonly includeDeleted: boolean;
  /** Top-level fields that must hold exactly this JSON text. */
  readonly fields: readonly FieldEquals[];
}

export interface FieldEquals {
  readonly field: string;
  readonly json: string;
}

export const WHOLE_SPACE: Scope = {
  collections: [],
  idPrefix: '',
  changedFromMs: null,
  changedToMs: null,
  includeDeleted: false,
  fields: [],
};

const FIELDS_MAX = 16;
const COLLECTIONS_MAX = 256;

export function scopeProblems(scope: Scope, rules: RulesBook): Violation[] {
  const problems: Violation[] = [];
  const say = (field: string, description: string) => problems.push({ field: `scope.${field}`, description });
  if (scope.collections.length > COLLECTIONS_MAX) say('collections', `must be at most ${COLLECTIONS_MAX}`);
  scope.collections.forEach((name, index) => {
    const problem = collectionProblem(name);
    if (problem !== null) say(`collections[${index}]`, problem);
  });
  if (scope.fields.length > FIELDS_MAX) say('fields', `must be at most ${FIELDS_MAX}`);
  const { changedFromMs, changedToMs } = scope;
  if (changedFromMs !== null && changedToMs !== null && changedFromMs > changedToMs)
    say('changed_to_ms', 'must not be before changed_from_ms');
  if (scope.fields.length > 0 && scope.collections.length === 0)
    say('fields', 'equality on fields needs the collections to be named');
  for (const name of scope.collections) {
    if (scope.fields.length > 0 && rules.of(name).declared.encrypted)
      say('fields', `collection ${name} is encrypted, so its fields cannot be compared`);
  }
  return problems;
}

/** A record can move in and out of such a scope by being changed. */
export function isMovable(scope: Scope): boolean {
  return scope.fields.length > 0 || scope.changedFromMs !== null || scope.changedToMs !== null;
}

/** The part of a scope that no change of a record can alter. */
export function covers(scope: Scope, collection: CollectionName, id: RecordId): boolean {
  if (scope.collections.length > 0 && !scope.collections.includes(collection)) return false;
  return scope.idPrefix === '' || id.startsWith(scope.idPrefix);
}

export function visible(scope: Scope, access: Access, collection: CollectionName, id: RecordId): boolean {
  return covers(scope, collection, id) && mayRead(access, collection, id);
}

/** Whether a live record that the scope covers is in it as it stands now. */
export function matches(scope: Scope, record: ReadRecord): boolean {
  const ms = msOf(record.time);
  if (scope.changedFromMs !== null && ms < scope.changedFromMs) return false;
  if (scope.changedToMs !== null && ms > scope.changedToMs) return false;
  return scope.fields.length === 0 || fieldsMatch(scope.fields, record);
}

function fieldsMatch(wanted: readonly FieldEquals[], record: ReadRecord): boolean {
  const fields = record.payload === null ? null : fieldsOf(record.payload);
  return fields !== null && wanted.every(({ field, json }) => fields.get(field) === json);
}

const SCOPE_SEED_A = 0x73636f70;
const SCOPE_SEED_B = 0x65686173;

/** What a cursor is bound to: the scope and what the user may read of it. */
export function scopeHash(scope: Scope, access: Access): Hash64 {
  const canonical = encodeUtf8(
    JSON.stringify([
      [...scope.collections].sort(),
      scope.idPrefix,
      scope.changedFromMs,
      scope.changedToMs,
      scope.includeDeleted,
      scope.fields.map(({ field, json }) => [field, json]).sort(),
      readableKey(access),
    ]),
  );
  return {
    a: murmur3(canonical, canonical.length, SCOPE_SEED_A),
    b: murmur3(canonical, canonical.length, SCOPE_SEED_B),
  };
}

/** The digest of a collection speaks for a replica only if the replica holds that collection whole. */
export function holdsWhole(scope: Scope, access: Access, collection: CollectionName): boolean {
  if (isMovable(scope) || scope.idPrefix !== '') return false;
  if (scope.collections.length > 0 && !scope.collections.includes(collection)) return false;
  return (
    access.collections.size === 0 || (collection !== CONFLICTS && mayRead(access, collection, '' as RecordId))
  );
}
