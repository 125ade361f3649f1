import type { SpaceKey } from '@syncline/core';
import type { PresenceEvents, Present } from '@syncline/ports';
import { topicListeners } from './listeners';

export function memoryPresenceEvents(): PresenceEvents {
  const topics = topicListeners<SpaceKey, Present>();
  return {
    publish: async (space, present) => topics.tell(space, present),
    listen: (space, listener) => topics.add(space, listener),
  };
}
