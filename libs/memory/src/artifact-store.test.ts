import { describeArtifactStoreContract } from '@syncline/port-contracts';
import { memoryArtifacts } from './artifact-store';

describeArtifactStoreContract('memory', async () => ({
  artifacts: memoryArtifacts(),
  prefix: 'memory',
  createSpace: () => Promise.resolve(),
  close: () => Promise.resolve(),
}));
