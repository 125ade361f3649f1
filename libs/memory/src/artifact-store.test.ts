import { describeArtifactStoreContract } from '@syncline/port-contracts';
import { memoryStore } from './store';

describeArtifactStoreContract('memory', async () => ({
  store: memoryStore(),
  prefix: 'memory',
  close: () => Promise.resolve(),
}));
