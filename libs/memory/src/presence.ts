import type { DeviceId, SpaceKey } from '@syncline/core';
import type { Presence, Present, Timer } from '@syncline/ports';
import { topicListeners } from './listeners';

interface Shown {
  readonly present: Present;
  readonly stopLapse: () => void;
}

export function memoryPresence({ timer }: { readonly timer: Timer }): Presence {
  const rosters = new Map<SpaceKey, Map<DeviceId, Shown>>();
  const topics = topicListeners<SpaceKey, Present>();

  const end = (space: SpaceKey, device: DeviceId): void => {
    const roster = rosters.get(space);
    const shown = roster?.get(device);
    if (roster === undefined || shown === undefined) return;
    shown.stopLapse();
    roster.delete(device);
    if (roster.size === 0) rosters.delete(space);
    topics.tell(space, { ...shown.present, status: 'offline' });
  };

  return {
    async show(space, present, forMs) {
      const { device } = present;
      const roster = rosters.get(space) ?? new Map<DeviceId, Shown>();
      rosters.set(space, roster);
      roster.get(device)?.stopLapse();
      roster.set(device, { present, stopLapse: timer.after(forMs, () => end(space, device)) });
      topics.tell(space, present);
    },
    leave: async (space, device) => end(space, device),
    roster: async (space) => [...(rosters.get(space)?.values() ?? [])].map(({ present }) => present),
    listen: (space, listener) => topics.add(space, listener),
  };
}
