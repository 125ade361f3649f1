import { testDatabase, type TestDatabase } from './database.test-fixtures';
import { STATEMENTS } from './sql';
// All statements are made when their stores are.
import './store';

/*
 * The tables can be spread over several machines by the space: whatever a device waits for touches the rows of the spaces
 * that it names, and finds each of them on one machine.
 */

/** What looks across spaces, and why it may. */
const ACROSS_SPACES: Readonly<Record<string, string>> = {
  'upkeep.unannounced':
    'upkeep, beside the requests: one look for all spaces, along an index of the few that wait',
  'upkeep.spaces': 'upkeep: a page of the walk over all spaces',
  'members.ended': 'upkeep: memberships whose time has come, along an index of their own',
  'directory.spaces_of': 'the spaces of one user, asked once by a device that shows a list',
  'devices.followed': 'the spaces of one device, for whoever looks after devices',
  'spaces.list': 'a page of the spaces of a tenant, for its administrator',
  'tenant.any_space': 'administration',
  'tenant.usage': "a tenant's sums, counted every now and then",
  'conflicts.for_resolver':
    'the conflicts that wait for a resolver, swept every few seconds along an index of those alone',
  'artifact.used': "a tenant's sum, looked up when an upload begins",
};

const SPACE_TABLES =
  /\b(from|join|into|update|using) (spaces|records|history|space_devices|receipts|collections|members|artifacts|artifact_chunks|removed_spaces|pruned_history|history_reaches|sync_entries|audited_history|chains|chain_marks)\b/;
/** By a parameter, by a list of them, by a join that carries the space along, or into the space of a row that is written. */
const NAMES_SPACE =
  /\bspace( collate \w+)? ?= ?(any\()?\$\d|\busing \(space\b|\b\w+\.space( collate \w+)? = \w+\.space\b|insert into \w+( as \w+)? \(space\b/;

test('every statement about spaces names them, or is known to look across them', () => {
  const about = [...STATEMENTS].filter(([, text]) => SPACE_TABLES.test(text.replaceAll(/\s+/g, ' ')));
  expect(about.length).toBeGreaterThan(50);
  const across = about.filter(([, text]) => !NAMES_SPACE.test(text.replaceAll(/\s+/g, ' ')));
  expect(across.map(([name]) => name).filter((name) => !(name in ACROSS_SPACES))).toEqual([]);
});

test('what is said to look across spaces is there', () => {
  expect(Object.keys(ACROSS_SPACES).filter((name) => !STATEMENTS.has(name))).toEqual([]);
});

describe('the schema', () => {
  const world = {} as { database: TestDatabase };
  beforeAll(async () => {
    world.database = await testDatabase();
  });
  afterAll(() => world.database.close());

  const rowsOf = async <Row>(name: string, text: string): Promise<Row[]> =>
    world.database.sql.query<Row>({ statement: { name, text }, params: [] });

  test('keeps what is unique unique within a space', async () => {
    const wrong = await rowsOf(
      'distribution_test.unique',
      `select c.relname::text as name from pg_index i join pg_class c on c.oid = i.indexrelid
       join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
       where i.indisunique and exists (
         select 1 from pg_attribute a where a.attrelid = i.indrelid and a.attname = 'space' and not a.attisdropped
       ) and not exists (
         select 1 from pg_attribute a
         where a.attrelid = i.indrelid and a.attname = 'space' and a.attnum = any(i.indkey::int2[])
       )`,
    );
    expect(wrong).toEqual([]);
  });

  test('has no reference between tables, which would have to stay on one machine', async () => {
    expect(
      await rowsOf(
        'distribution_test.references',
        `select conname::text as name from pg_constraint where contype = 'f'`,
      ),
    ).toEqual([]);
  });
});
