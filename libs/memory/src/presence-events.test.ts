import { describePresenceEventsContract } from '@syncline/port-contracts';
import { memoryPresenceEvents } from './presence-events';

describePresenceEventsContract('memory', async () => {
  const events = memoryPresenceEvents();
  return { events, elsewhere: events, prefix: 'memory', close: () => Promise.resolve() };
});
