import { type AdministrationUnderTest, describeAdministrationContracts } from '@syncline/port-contracts';
import { memoryStore } from './store';

describeAdministrationContracts('memory', async (): Promise<AdministrationUnderTest> => ({
  store: memoryStore(),
  prefix: 'memory',
  close: () => Promise.resolve(),
}));
