import {
  type CollectionName,
  type CollectionRules,
  type DeleteRule,
  type HistoryRules,
  NO_HISTORY_RULES,
} from '@syncline/core';

export interface RulesRow {
  readonly collection: CollectionName;
  readonly policy: string;
  readonly rule: string;
  readonly rules_version: number;
  readonly deletes: DeleteRule;
  readonly encrypted: boolean;
  readonly json: boolean;
  readonly schema_current: number;
  readonly schema_oldest: number;
  readonly schema_steps: string;
  readonly json_schema: string | null;
  readonly record_bytes_max: number;
  readonly history: string | null;
}

/** What `rulesOf` reads. */
export const RULES_NAMES =
  'collection, policy, rule, rules_version, deletes, encrypted, json, schema_current, schema_oldest, schema_steps, json_schema, record_bytes_max, history';

export function rulesOf(row: RulesRow): CollectionRules {
  return {
    collection: row.collection,
    policy: row.policy,
    rule: JSON.parse(row.rule) as unknown,
    rulesVersion: row.rules_version,
    deletes: row.deletes,
    encrypted: row.encrypted,
    json: row.json,
    schema: {
      current: row.schema_current,
      oldest: row.schema_oldest,
      steps: JSON.parse(row.schema_steps) as CollectionRules['schema']['steps'],
    },
    jsonSchema: row.json_schema,
    recordBytesMax: row.record_bytes_max,
    history: row.history === null ? NO_HISTORY_RULES : (JSON.parse(row.history) as HistoryRules),
  };
}
