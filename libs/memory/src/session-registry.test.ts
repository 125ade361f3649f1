import { describeSessionRegistryContract, manualTime } from '@syncline/port-contracts';
import { memorySessionRegistry } from './session-registry';

describeSessionRegistryContract('memory', async () => {
  const time = manualTime();
  return {
    sessions: memorySessionRegistry({ clock: time }),
    prefix: 'memory',
    advance: async (ms) => time.advance(ms),
    close: () => Promise.resolve(),
  };
});
