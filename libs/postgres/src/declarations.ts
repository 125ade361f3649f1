import type { CollectionRules, SpaceKey, UserId } from '@syncline/core';
import type { Declaration, Declarations } from '@syncline/ports';
import { RULES_NAMES, type RulesRow, rulesOf } from './rules-rows';
import { type Connection, type Param, type Sql, statement } from './sql';

interface DeclarationRow extends RulesRow {
  readonly description: string;
  readonly declared_at_ms: number;
  readonly declared_by: UserId | null;
}

const NAMES = `${RULES_NAMES}, description, declared_at_ms, declared_by`;
const OF_BOTH = NAMES.replaceAll(/\w+/g, 'd.$&');

const hold = statement<{ readonly space: SpaceKey }>(
  'declarations.hold',
  'update spaces set rules_changes = rules_changes + 1 where space = $1::text returning space',
);
const versionsOf = statement<{ readonly stands: number; readonly last: number }>(
  'declarations.versions',
  `select
     coalesce((select rules_version from collections where space = $1::text and collection = $2::text), 0) as stands,
     coalesce((select max(rules_version) from declarations where space = $1::text and collection = $2::text), 0)
       as last`,
);
const RULES = `space, ${RULES_NAMES}`;
const RULES_VALUES = `$1::text, $2::text, $3::text, $4::text, $5::int8, $6::text, $7::bool, $8::bool, $9::int8, $10::int8, $11::text, $12::text, $13::int8, $14::text`;
const remember = statement<never>(
  'declarations.remember',
  `insert into declarations (${RULES}, description, declared_at_ms, declared_by)
   values (${RULES_VALUES}, $15::text, coalesce($16::int8, (extract(epoch from now()) * 1000)::int8), $17::text)`,
);
const stand = statement<never>(
  'declarations.stand',
  `insert into collections (${RULES}) values (${RULES_VALUES})
   on conflict (space, collection) do update
   set policy = excluded.policy, rule = excluded.rule, rules_version = excluded.rules_version,
     deletes = excluded.deletes, encrypted = excluded.encrypted, json = excluded.json,
     schema_current = excluded.schema_current, schema_oldest = excluded.schema_oldest,
     schema_steps = excluded.schema_steps, json_schema = excluded.json_schema, record_bytes_max = excluded.record_bytes_max,
     history = excluded.history`,
);
const findVersion = statement<DeclarationRow>(
  'declarations.find_version',
  `select ${NAMES} from declarations
   where space = $1::text and collection = $2::text and rules_version = $3::int8`,
);
const findStanding = statement<DeclarationRow>(
  'declarations.find',
  `select ${OF_BOTH} from collections c join declarations d using (space, collection, rules_version)
   where space = $1::text and collection = $2::text`,
);
const list = statement<DeclarationRow>(
  'declarations.list',
  `select ${OF_BOTH} from collections c join declarations d using (space, collection, rules_version)
   where space = $1::text order by collection`,
);
const forget = statement<{ readonly space: SpaceKey }>(
  'declarations.take_back',
  `with gone as (
     delete from collections where space = $1::text and collection = $2::text returning space
   )
   update spaces set rules_changes = rules_changes + 1
   where space = $1::text and exists (select from gone) returning space`,
);

export function declarations(sql: Sql): Declarations {
  return {
    async declareSeen(space, declaration, seenVersion) {
      const rules = await sql.transaction((connection) =>
        declareWithin(connection, space, declaration, seenVersion),
      );
      return rules === null ? null : { ...declaration, rules };
    },
    async declaration(space, collection, rulesVersion) {
      const query =
        rulesVersion === null
          ? findStanding(space, collection)
          : findVersion(space, collection, rulesVersion);
      const [row] = await sql.query(query);
      return row === undefined ? null : declarationOf(row);
    },
    declarations: async (space) => (await sql.query(list(space))).map(declarationOf),
    takeBack: async (space, collection) => (await sql.query(forget(space, collection))).length > 0,
  };
}

/** Without a time it is declared now, by the clock of the database. */
export type Undated = Omit<Declaration, 'declaredAtMs'> & { readonly declaredAtMs: number | null };

/** The space is held, so that of two who declare the same each finds what the other did. */
export async function declareWithin(
  connection: Connection,
  space: SpaceKey,
  declaration: Undated,
  seenVersion: number | null,
): Promise<Declaration['rules'] | null> {
  const [held] = await connection.query(hold(space));
  if (held === undefined) throw new RangeError(`there is no space ${space}`);
  const [versions] = await connection.query(versionsOf(space, declaration.rules.collection));
  const { stands, last } = versions!;
  if (seenVersion !== null && seenVersion !== stands) return null;
  const rules = { ...declaration.rules, rulesVersion: last + 1 };
  const { description, declaredAtMs, declaredBy } = declaration;
  const params = [space, ...rulesParams(rules)];
  await connection.query(remember(...params, description, declaredAtMs, declaredBy));
  await connection.query(stand(...params));
  return rules;
}

/** In the order of RULES_NAMES. */
function rulesParams(rules: CollectionRules): Param[] {
  const { collection, policy, rule, rulesVersion, deletes, encrypted, json, jsonSchema, recordBytesMax } =
    rules;
  const { current, oldest, steps } = rules.schema;
  const shape = [current, oldest, JSON.stringify(steps), jsonSchema, recordBytesMax, historyText(rules)];
  return [collection, policy, JSON.stringify(rule), rulesVersion, deletes, encrypted, json, ...shape];
}

function historyText({ history }: CollectionRules): string | null {
  const { versionsMax, keptMs, classes } = history;
  return versionsMax === 0 && keptMs === 0 && classes.length === 0 ? null : JSON.stringify(history);
}

function declarationOf(row: DeclarationRow): Declaration {
  return {
    rules: rulesOf(row),
    description: row.description,
    declaredAtMs: row.declared_at_ms,
    declaredBy: row.declared_by,
  };
}
