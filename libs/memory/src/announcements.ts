import type { Announcement, SpaceKey } from '@syncline/core';
import type { Announcements } from '@syncline/ports';
import { topicListeners } from './listeners';

export function memoryAnnouncements(): Announcements {
  const topics = topicListeners<SpaceKey, Announcement>();
  return {
    publish: async (space, announcement) => topics.tell(space, announcement),
    listen: (space, listener) => topics.add(space, listener),
  };
}
