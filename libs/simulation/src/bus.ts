import type { Announcement, SpaceKey } from '@syncline/core';
import type { Announcements } from '@syncline/ports';
import type { Random } from './random';
import type { Scheduler } from './scheduler';

export interface BusWeather {
  readonly lossRate: number;
  readonly repeatRate: number;
  readonly delayMsMax: number;
}

/** Announcements that get lost, come twice, and overtake each other: exactly what the port allows. */
export function unreliableBus(time: Scheduler, random: Random, weather: () => BusWeather): Announcements {
  const listeners = new Map<SpaceKey, Set<(announcement: Announcement) => void>>();
  const deliver = (listener: (announcement: Announcement) => void, announcement: Announcement): void => {
    const { lossRate, repeatRate, delayMsMax } = weather();
    if (random.happens(lossRate)) return;
    time.after(random.between(0, delayMsMax), () => listener(announcement));
    if (random.happens(repeatRate))
      time.after(random.between(0, 10 * delayMsMax), () => listener(announcement));
  };
  return {
    publish(space, announcement) {
      for (const listener of listeners.get(space) ?? []) deliver(listener, announcement);
      return Promise.resolve();
    },
    listen(space, listener) {
      const set = listeners.get(space) ?? new Set();
      listeners.set(space, set);
      const own = (announcement: Announcement): void => {
        if (set.has(own)) listener(announcement);
      };
      set.add(own);
      return () => {
        set.delete(own);
      };
    },
  };
}
