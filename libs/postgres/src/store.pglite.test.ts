import {
  type AdministrationUnderTest,
  type ArtifactStoreUnderTest,
  describeAdministrationContracts,
  describeArtifactStoreContract,
  describeStoreContracts,
} from '@syncline/port-contracts';
import { newsInProcess } from './database.test-fixtures';
import { migrate } from './migrate';
import { openPglite } from './pglite';
import type { Sql } from './sql';
import { postgresStore } from './store';

/** A new one takes seconds; the suites make up names that do not meet. */
const made: { sql?: Promise<Sql>; count: number } = { count: 0 };

async function open(): Promise<Sql> {
  const sql = await openPglite(null);
  await migrate(sql);
  return sql;
}

beforeAll(async () => {
  made.sql = open();
  await made.sql;
}, 60_000);

afterAll(async () => {
  await (await made.sql)?.close();
});

const make = async (): Promise<AdministrationUnderTest & ArtifactStoreUnderTest> => ({
  store: postgresStore({ sql: await made.sql!, news: newsInProcess() }),
  prefix: `pglite-${++made.count}`,
  close: () => Promise.resolve(),
});

describeStoreContracts('pglite', make);
describeAdministrationContracts('pglite', make);

describeArtifactStoreContract('pglite', make);
