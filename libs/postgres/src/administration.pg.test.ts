import { type AdministrationUnderTest, describeAdministrationContracts } from '@syncline/port-contracts';
import { newsInProcess, testDatabase } from './database.test-fixtures';
import { postgresStore } from './store';

describeAdministrationContracts('postgres', async (): Promise<AdministrationUnderTest> => {
  const { sql, close } = await testDatabase();
  return { store: postgresStore({ sql, news: newsInProcess() }), prefix: 'postgres', close };
});
