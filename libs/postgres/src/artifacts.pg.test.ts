import { describeArtifactStoreContract } from '@syncline/port-contracts';
import { postgresArtifacts } from './artifact-store';
import { testDatabase } from './database.test-fixtures';

describeArtifactStoreContract('postgres', async () => {
  const { sql, close } = await testDatabase();
  return {
    artifacts: postgresArtifacts({ sql }),
    prefix: 'postgres',
    createSpace: () => Promise.resolve(),
    close,
  };
});
