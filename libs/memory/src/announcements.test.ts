import { describeAnnouncementsContract } from '@syncline/port-contracts';
import { memoryAnnouncements } from './announcements';

describeAnnouncementsContract('memory', async () => ({
  announcements: memoryAnnouncements(),
  prefix: 'memory',
  close: () => Promise.resolve(),
}));
