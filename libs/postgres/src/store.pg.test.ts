import {
  describeIndependentSpacesContract,
  describeStoreContracts,
  type StoreUnderTest,
} from '@syncline/port-contracts';
import { newsInProcess, testDatabase } from './database.test-fixtures';
import { postgresStore } from './store';

const make = async (): Promise<StoreUnderTest> => {
  const { sql, close } = await testDatabase();
  return { store: postgresStore({ sql, news: newsInProcess() }), prefix: 'postgres', close };
};

describeStoreContracts('postgres', make);
describeIndependentSpacesContract('postgres', make);
