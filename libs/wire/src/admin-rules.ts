import {
  type CollectionName,
  type CollectionRules,
  CORE_POLICIES,
  type DeleteRule,
  encodeUtf8,
  type FieldMergeRule,
  type FieldRule,
  type FieldRuleName,
  type HistoryRules,
  LATE_OPERATIONS,
  type LateOperations,
  NO_HISTORY_RULES,
  type ParsedRule,
  tryDecodeUtf8,
  type UserId,
} from '@syncline/core';
import type { Declaration, DeclaredRules } from '@syncline/flows';
import {
  CollectionRules as ProtoRules,
  DeleteRule as ProtoDeletes,
  type FieldMergeRule as ProtoFieldMerge,
  FieldStrategy,
  type HistoryRules as ProtoHistory,
  LateOperations as ProtoLate,
} from '@syncline/proto';
import { codes } from './codes';
import { uint32 } from './encoding';
import { externalFromProto, externalToProto } from './external-rules';
import { LONG_TEXT_BYTES_MAX, textIn } from './pair';
import { bytesOrNull, collectionIn, idIn, inside, NO_BYTES, type Place, whole, wrong } from './place';
import { schemaFromProto, schemaToProto } from './schema-rules';

const deleteRules = codes<DeleteRule, ProtoDeletes>({
  policy: ProtoDeletes.POLICY,
  'delete-wins': ProtoDeletes.DELETE_WINS,
  resurrect: ProtoDeletes.RESURRECT,
  ask: ProtoDeletes.ASK,
});

const strategies = codes<FieldRuleName, FieldStrategy>({
  'last-write': FieldStrategy.LAST_WRITE,
  'set-union': FieldStrategy.SET_UNION,
  'list-by-id': FieldStrategy.LIST_BY_ID,
  counter: FieldStrategy.COUNTER,
  max: FieldStrategy.MAX,
  min: FieldStrategy.MIN,
  text: FieldStrategy.TEXT,
  ask: FieldStrategy.ASK,
});

const lates = codes<LateOperations, ProtoLate>({
  ask: ProtoLate.ASK,
  stored: ProtoLate.STORED,
  apply: ProtoLate.APPLY,
});

export function declarationToProto({ declaredAtMs, declaredBy, ...declared }: Declaration): ProtoRules {
  return { ...rulesToProto(declared), declaredAtMs, declaredBy: declaredBy ?? '' };
}

export function declarationFromProto(proto: ProtoRules, at: Place): Declaration {
  const { rules, description } = declaredFromProto(proto, at);
  return {
    rules: { ...rules, rulesVersion: whole(at, 'rules_version', proto.rulesVersion) },
    description,
    declaredAtMs: whole(at, 'declared_at_ms', proto.declaredAtMs),
    declaredBy: proto.declaredBy === '' ? null : idIn<UserId>(at, 'declared_by', proto.declaredBy),
  };
}

export function rulesToProto({ rules, description }: DeclaredRules): ProtoRules {
  const { collection, rulesVersion, deletes, encrypted, json, schema, jsonSchema, recordBytesMax } = rules;
  const { history } = rules;
  return {
    ...ProtoRules.create(),
    collection,
    description,
    rulesVersion: uint32(rulesVersion),
    policy: policyToProto(rules),
    deletes: deleteRules.code(deletes),
    encrypted,
    json,
    schema: schemaToProto(schema),
    jsonSchema: jsonSchema === null ? NO_BYTES : encodeUtf8(jsonSchema),
    recordBytesMax: uint32(recordBytesMax),
    history: historyToProto(history),
  };
}

/** Their version is given by the server. What it would not act upon, it does not take. */
export function declaredFromProto(proto: ProtoRules, at: Place): DeclaredRules {
  const { schema, history, deletes } = proto;
  const collection: CollectionName = collectionIn(at, 'collection', proto.collection);
  const unsaid = deletes === ProtoDeletes.UNSPECIFIED;
  const rules: CollectionRules = {
    collection,
    ...policyFromProto(proto.policy, at),
    rulesVersion: 0,
    deletes: unsaid ? 'policy' : deleteRules.nameIn(at, 'deletes', deletes),
    encrypted: proto.encrypted,
    json: proto.json,
    schema: schemaFromProto(schema, at),
    jsonSchema: proto.jsonSchema.length === 0 ? null : jsonSchemaIn(at, proto.jsonSchema),
    recordBytesMax: proto.recordBytesMax,
    history: history === undefined ? NO_HISTORY_RULES : historyFromProto(history),
  };
  return { rules, description: textIn(at, 'description', proto.description, LONG_TEXT_BYTES_MAX) };
}

function jsonSchemaIn(at: Place, bytes: Uint8Array): string {
  const text = tryDecodeUtf8(bytes);
  if (text === null) wrong(at, 'json_schema', 'must be UTF-8');
  return text ?? '';
}

/** Absent where nothing was declared, as in declarations that know nothing of it. */
function historyToProto({ versionsMax, keptMs, classes }: HistoryRules): ProtoHistory | undefined {
  if (versionsMax === 0 && keptMs === 0 && classes.length === 0) return undefined;
  return { versionsMax: uint32(versionsMax), keptMs, classes: [...classes] };
}

function historyFromProto({ versionsMax, keptMs, classes }: ProtoHistory): HistoryRules {
  return {
    versionsMax,
    keptMs,
    classes: classes.map(({ olderThanMs, onePerMs }) => ({ olderThanMs, onePerMs })),
  };
}

type ProtoPolicy = NonNullable<ProtoRules['policy']>;
type NamedPolicy = Pick<CollectionRules, 'policy' | 'rule'>;

function policyToProto(rules: CollectionRules): ProtoPolicy {
  const { policy, rule } = rules;
  const named: ProtoPolicy = { $case: 'named', named: { name: policy, rule: jsonBytes(rule) } };
  switch (policy) {
    case 'last-write-wins': {
      const parsed = CORE_POLICIES[policy].parseRule(rule);
      if (!parsed.ok) return named;
      const windowMs = rule === null ? 0 : uint32(parsed.rule.windowMs);
      return { $case: 'lastWriteWins', lastWriteWins: { windowMs } };
    }
    case 'server-wins':
      return { $case: 'serverWins', serverWins: {} };
    case 'client-wins':
      return { $case: 'clientWins', clientWins: {} };
    case 'manual':
      return { $case: 'manual', manual: {} };
    case 'field-merge': {
      const parsed: ParsedRule<FieldMergeRule> = CORE_POLICIES[policy].parseRule(rule);
      return parsed.ok ? { $case: 'fieldMerge', fieldMerge: fieldMergeToProto(parsed.rule) } : named;
    }
    case 'multi-value': {
      const parsed = CORE_POLICIES[policy].parseRule(rule);
      const siblingsMax = parsed.ok && rule !== null ? uint32(parsed.rule.siblingsMax) : 0;
      return parsed.ok ? { $case: 'multiValue', multiValue: { siblingsMax } } : named;
    }
    case 'crdt':
      return { $case: 'crdt', crdt: { engine: textOf(rule, 'engine') } };
    case 'operational-transform': {
      const operationalTransform = { type: textOf(rule, 'type'), late: lateToProto(textOf(rule, 'late')) };
      return { $case: 'operationalTransform', operationalTransform };
    }
    case 'external': {
      const parsed = CORE_POLICIES[policy].parseRule(rule);
      return parsed.ok ? { $case: 'external', external: externalToProto(parsed.rule) } : named;
    }
    default:
      return named;
  }
}

function policyFromProto(proto: ProtoPolicy | undefined, at: Place): NamedPolicy {
  switch (proto?.$case) {
    case undefined:
      return { policy: 'last-write-wins', rule: null };
    case 'lastWriteWins':
      return { policy: 'last-write-wins', rule: windowIn(proto.lastWriteWins) };
    case 'serverWins':
      return { policy: 'server-wins', rule: null };
    case 'clientWins':
      return { policy: 'client-wins', rule: null };
    case 'manual':
      return { policy: 'manual', rule: null };
    case 'fieldMerge':
      return {
        policy: 'field-merge',
        rule: fieldMergeFromProto(proto.fieldMerge, inside(at, 'field_merge')),
      };
    case 'named':
      return namedFromProto(proto.named, inside(at, 'named'));
    case 'multiValue':
      return { policy: 'multi-value', rule: ruleOf({ siblingsMax: proto.multiValue.siblingsMax }) };
    case 'crdt':
      return { policy: 'crdt', rule: ruleOf({ engine: proto.crdt.engine }) };
    case 'operationalTransform': {
      const { type, late } = proto.operationalTransform;
      const place = inside(at, 'operational_transform');
      const rule = ruleOf({ type, late: lateFromProto(late, place) });
      return { policy: 'operational-transform', rule };
    }
    case 'external':
      return { policy: 'external', rule: externalFromProto(proto.external, inside(at, 'external')) };
  }
}

/** Of a rule that the declared form of its policy was read from before it was stored. */
function textOf(rule: unknown, name: string): string {
  const value = (rule as Readonly<Record<string, unknown>> | null)?.[name];
  return typeof value === 'string' ? value : '';
}

/** What is 0 or empty is left to the policy; null where that is everything. */
function ruleOf(members: Readonly<Record<string, string | number>>): unknown {
  const said = Object.entries(members).filter(([, value]) => value !== 0 && value !== '');
  return said.length === 0 ? null : Object.fromEntries(said);
}

function lateToProto(late: string): ProtoLate {
  const known = LATE_OPERATIONS.find((each) => each === late);
  return known === undefined ? ProtoLate.UNSPECIFIED : lates.code(known);
}

function lateFromProto(late: ProtoLate, at: Place): string {
  return late === ProtoLate.UNSPECIFIED ? '' : lates.nameIn(at, 'late', late);
}

function windowIn({ windowMs }: { readonly windowMs: number }): { windowMs: number } | null {
  return windowMs === 0 ? null : { windowMs };
}

function namedFromProto(
  { name, rule }: { readonly name: string; readonly rule: Uint8Array },
  at: Place,
): NamedPolicy {
  if (name === '') wrong(at, 'name', 'must not be empty');
  const bytes = bytesOrNull(rule);
  return { policy: textIn(at, 'name', name), rule: bytes === null ? null : parsedIn(at, bytes) };
}

function parsedIn(at: Place, bytes: Uint8Array): unknown {
  const text = tryDecodeUtf8(bytes);
  try {
    if (text !== null) return JSON.parse(text) as unknown;
  } catch {
    // Said below, as what is no text at all.
  }
  wrong(at, 'rule', 'must be JSON');
  return null;
}

function jsonBytes(rule: unknown): Uint8Array {
  return rule === null ? new Uint8Array(0) : encodeUtf8(JSON.stringify(rule));
}

function fieldMergeToProto({ fields, default: otherwise, windowMs }: FieldMergeRule): ProtoFieldMerge {
  return {
    fields: Object.entries(fields).map(([field, rule]) => ({ field, ...fieldToProto(rule) })),
    otherwise: strategies.code(otherwise.kind),
    windowMs: uint32(windowMs),
  };
}

function fieldToProto(rule: FieldRule): { strategy: FieldStrategy; elementIdField: string } {
  return {
    strategy: strategies.code(rule.kind),
    elementIdField: rule.kind === 'list-by-id' ? rule.idField : '',
  };
}

/** In the form in which rules are declared: fields by name, each with its kind and options. */
function fieldMergeFromProto({ fields, otherwise, windowMs }: ProtoFieldMerge, at: Place): unknown {
  const list = inside(at, 'fields');
  const byName = new Map<string, unknown>();
  fields.forEach(({ field, strategy, elementIdField }, index) => {
    const place = inside(list, index);
    if (byName.has(field)) wrong(place, 'field', 'must be named once');
    const kind = strategyIn(place, 'strategy', strategy);
    const isList = kind === 'list-by-id';
    if (elementIdField !== '' && !isList) wrong(place, 'element_id_field', 'is for LIST_BY_ID only');
    byName.set(field, isList && elementIdField !== '' ? { kind, idField: elementIdField } : { kind });
  });
  const rule = {
    fields: Object.fromEntries(byName),
    default: { kind: strategyIn(at, 'otherwise', otherwise) },
  };
  return { ...rule, ...windowIn({ windowMs }) };
}

function strategyIn(at: Place, name: string, strategy: FieldStrategy): FieldRuleName {
  return strategy === FieldStrategy.UNSPECIFIED ? 'last-write' : strategies.nameIn(at, name, strategy);
}
