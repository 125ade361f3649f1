import { describeWhereaboutsContract } from '@syncline/port-contracts';
import { memoryWhereabouts } from './whereabouts';

describeWhereaboutsContract('memory', async () => {
  const whereabouts = memoryWhereabouts();
  return { whereabouts, elsewhere: whereabouts, prefix: 'memory', close: async () => undefined };
});
