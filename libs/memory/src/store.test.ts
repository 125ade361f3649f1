import {
  describeIndependentSpacesContract,
  describeStoreContracts,
  type StoreUnderTest,
} from '@syncline/port-contracts';
import { memoryStore } from './store';

const make = async (): Promise<StoreUnderTest> => ({
  store: memoryStore(),
  prefix: 'memory',
  close: () => Promise.resolve(),
});

describeStoreContracts('memory', make);
describeIndependentSpacesContract('memory', make);
