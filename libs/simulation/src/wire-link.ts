import type { DeviceMessage, ServerMessage } from '@syncline/core';
import type { Random } from './random';
import type { Scheduler } from './scheduler';
import type { Weather } from './process';

/** One stream between a device and a gateway: in order in each direction, until it breaks and takes all in flight with it. */
export interface Link {
  open(): boolean;
  toServer(message: DeviceMessage): void;
  toDevice(message: ServerMessage, bytes: number): void;
  /** Breaks it; each side hears of it in its own time. */
  cut(): void;
  /** A reader that has stopped reading: messages wait until it goes on. */
  stall(stalled: boolean): void;
}

export interface LinkEnds {
  readonly onServer: (message: DeviceMessage) => void;
  readonly onDevice: (message: ServerMessage) => void;
  /** So many bytes have been read by the device. */
  readonly onRead: (bytes: number) => void;
  readonly onServerCut: () => void;
  readonly onDeviceCut: () => void;
}

export function openLink(
  time: Scheduler,
  random: Random,
  weather: () => Pick<Weather, 'delayMsMax'>,
  ends: LinkEnds,
): Link {
  let open = true;
  let stalled = false;
  let serverNextMs = 0;
  let deviceNextMs = 0;
  let held: (() => void)[] = [];

  const inOrder = (lastMs: number): number =>
    Math.max(lastMs, time.nowMs() + random.between(0, weather().delayMsMax));

  return {
    open: () => open,
    toServer(message) {
      serverNextMs = inOrder(serverNextMs);
      time.after(serverNextMs - time.nowMs(), () => {
        if (open) ends.onServer(message);
      });
    },
    toDevice(message, bytes) {
      deviceNextMs = inOrder(deviceNextMs);
      const deliver = (): void => {
        if (!open) return;
        if (stalled) {
          held.push(deliver);
          return;
        }
        ends.onRead(bytes);
        ends.onDevice(message);
      };
      time.after(deviceNextMs - time.nowMs(), deliver);
    },
    cut() {
      if (!open) return;
      open = false;
      held = [];
      time.after(random.between(0, 500), ends.onServerCut);
      time.after(random.between(0, 500), ends.onDeviceCut);
    },
    stall(next) {
      stalled = next;
      if (stalled) return;
      const waiting = held;
      held = [];
      for (const deliver of waiting) deliver();
    },
  };
}
