import {
  collectionName,
  type CollectionName,
  type CollectionRules,
  encodeUtf8,
  NO_JSON_SCHEMAS,
  type PolicyRegistry,
  policyRegistry,
  type Scope,
  undeclaredRules,
  WHOLE_SPACE,
} from '@syncline/core';
import { ALL_POLICIES } from '@syncline/policies/operations';
import { PEOPLE, PEOPLE_SCHEMA } from './people';
import type { ScopePlan, WorldCollection } from './plan';

/** What each collection of the world declares. */
export function declaredRules(): CollectionRules[] {
  const rules = (name: WorldCollection, more: Partial<CollectionRules>): CollectionRules => ({
    ...undeclaredRules(collectionName(name)),
    json: true,
    ...more,
  });
  return [
    rules('homes', { rule: { windowMs: 1_000 } }),
    rules('config', { policy: 'server-wins' }),
    rules('drafts', { policy: 'client-wins', deletes: 'delete-wins' }),
    rules('forms', { policy: 'field-merge', rule: FORM_RULE, deletes: 'resurrect' }),
    rules('tallies', {
      policy: 'field-merge',
      rule: { fields: { count: { kind: 'counter' } } },
      deletes: 'delete-wins',
    }),
    rules('legal', { policy: 'manual' }),
    rules('vault', { json: false, encrypted: true }),
    rules('health', { schema: { current: 2, oldest: 2, steps: [] } }),
    rules('wards', { policy: 'last-write-wins', deletes: 'ask' }),
    rules(PEOPLE, { schema: PEOPLE_SCHEMA }),
    rules('asked', {
      policy: 'external',
      rule: { endpoint: `${RESOLVER_HOST}:7500`, fallbackPolicy: 'client-wins' },
    }),
    rules('choices', { policy: 'multi-value', rule: { siblingsMax: SIBLINGS_MAX } }),
    rules('pages', { policy: 'crdt', deletes: 'resurrect' }),
    rules('boards', { policy: 'crdt', rule: { engine: 'loro' } }),
    rules('texts', { policy: 'operational-transform', rule: { type: 'text' } }),
    rules('sheets', { policy: 'operational-transform', rule: { type: 'json1', late: 'apply' } }),
  ];
}

const SIBLINGS_MAX = 3;

const RESOLVER_HOST = 'resolver.world';

/** Every policy of the product, with a tenant's resolver that may be asked. */
export const POLICIES: PolicyRegistry = policyRegistry(ALL_POLICIES, NO_JSON_SCHEMAS, {
  withTls: [RESOLVER_HOST],
  withoutTls: [],
});

const FORM_RULE = {
  fields: {
    tags: { kind: 'set-union' },
    rows: { kind: 'list-by-id' },
    score: { kind: 'max' },
    rest: { kind: 'min' },
    visits: { kind: 'counter' },
    sign: { kind: 'ask' },
    body: { kind: 'text' },
  },
};

export const ENCRYPTED: CollectionName = collectionName('vault');

/** What the service of the world takes. */
export const RECORD_BYTES_MAX = 6_000;

/** A payload from a number: fields that every rule has something to do with. */
export function payloadFor(collection: WorldCollection, value: number, tally: number): Uint8Array {
  if (collection === 'vault') return encodeUtf8(`sealed ${value}`);
  if (collection === 'tallies') return encodeUtf8(`{"count":${tally}}`);
  // Not JSON, and too large: what a device does not know of is rejected by the service.
  if (value % 37 === 5) return encodeUtf8(`{"title":"t${value}`);
  const fields = [
    ...(value % 29 === 7 ? [`"text":"${'x'.repeat(RECORD_BYTES_MAX)}"`] : []),
    `"title":"t${value % 7}"`,
    `"kind":"k${value % 2}"`,
    `"big":${'9'.repeat(18)}${value % 10}`,
    `"tags":["a${value % 3}","b${value % 5}"]`,
    `"rows":[{"id":"r${value % 4}","n":${value}}]`,
    `"score":${value}`,
    `"rest":${value % 50}`,
    `"visits":${value % 20}`,
    `"sign":"s${value % 3}"`,
    `"body":"one w${value % 3} two w${value % 5} three"`,
  ];
  return encodeUtf8(`{${fields.join(', ')}}`);
}

export function patchFor(
  collection: WorldCollection,
  value: number,
  tally: number,
): { set: Uint8Array; remove: string[] } {
  if (collection === 'tallies') return { set: encodeUtf8(`{"count":${tally}}`), remove: [] };
  const set = [
    `{"title":"p${value % 9}"}`,
    `{"tags":["a${value % 3}","c${value % 4}"],"kind":"k${value % 2}"}`,
    `{"score":${value},"rest":${value % 50}}`,
    `{"visits":${value % 20}}`,
    `{"sign":"s${value % 4}"}`,
    `{"body":"one w${value % 3} two w${value % 4}${value % 2 === 0 ? ', and' : ''} three"}`,
  ][value % 6]!;
  return { set: encodeUtf8(set), remove: value % 11 === 0 ? ['big'] : [] };
}

export function scopeFor(plan: ScopePlan): Scope {
  const names = (...list: WorldCollection[]): CollectionName[] => list.map(collectionName);
  switch (plan) {
    case 'whole':
      return WHOLE_SPACE;
    case 'collections':
      return { ...WHOLE_SPACE, collections: names('notes', 'forms', 'tallies', 'shifting', 'legal') };
    case 'prefix':
      return { ...WHOLE_SPACE, idPrefix: 'r1' };
    case 'field':
      return {
        ...WHOLE_SPACE,
        collections: names('notes', 'forms', 'config'),
        fields: [{ field: 'kind', json: '"k0"' }],
      };
  }
}
