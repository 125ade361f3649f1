import type { PresenceMessage, SpaceId } from '@syncline/core';
import type { Present } from '@syncline/ports';
import { every } from '../every';
import type { GatewayDeps } from '../gateway-deps';
import { type DeviceSession, keyOf } from '../session/device-session';

/** What the devices here show of themselves, kept alive for as long as their sessions last. */
export interface PresenceShown {
  show(session: DeviceSession, message: PresenceMessage): void;
  hide(session: DeviceSession, space: SpaceId): void;
  close(): void;
}

const SHOWS_PER_LAPSE = 3;
/** Everyone in the space is told each time, so nobody may make them listen more often. */
const SHOWN_EVERY_MS = 100;

export function presenceShown({ presence, timer, timing }: GatewayDeps): PresenceShown {
  const showing = new Set<DeviceSession>();

  const stopShowing = every(timer, timing.presenceMs / SHOWS_PER_LAPSE, async () => {
    for (const session of [...showing])
      for (const [space, present] of [...session.shown])
        if (session.shown.get(space) === present)
          await presence.show(keyOf(session, space), present, timing.presenceMs);
  });

  /** One at a time: what a device shows meanwhile takes the place of what it showed before. */
  const tell = async (session: DeviceSession, space: SpaceId): Promise<void> => {
    const { telling, shown } = session;
    if (telling.has(space)) return;
    telling.add(space);
    let told: Present | undefined;
    for (let next = shown.get(space); next !== undefined && next !== told; next = shown.get(space)) {
      told = next;
      await presence.show(keyOf(session, space), next, timing.presenceMs);
      await new Promise<void>((resolve) => timer.after(SHOWN_EVERY_MS, resolve));
    }
    telling.delete(space);
  };

  return {
    show(session, { space, status, text, batteryPercent, link }) {
      const { device } = session.state.hello!;
      const present = { device, user: session.identity!.user, status, text, batteryPercent, link };
      session.shown.set(space, present);
      showing.add(session);
      void tell(session, space);
    },
    hide(session, space) {
      const present = session.shown.get(space);
      session.shown.delete(space);
      if (session.shown.size === 0) showing.delete(session);
      if (present === undefined) return;
      const key = keyOf(session, space);
      const showsElsewhere = [...showing].some(
        (other) => other.shown.get(space)?.device === present.device && keyOf(other, space) === key,
      );
      if (!showsElsewhere) void presence.leave(key, present.device);
    },
    close: () => stopShowing(),
  };
}
