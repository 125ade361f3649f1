import { describePresenceContract, manualTime } from '@syncline/port-contracts';
import { memoryPresence } from './presence';

describePresenceContract('memory', async () => {
  const time = manualTime();
  return {
    presence: memoryPresence({ timer: time }),
    prefix: 'memory',
    advance: async (ms) => time.advance(ms),
    close: () => Promise.resolve(),
  };
});
