import type { PresenceMessage, SpaceId } from '@syncline/core';
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

export function presenceShown({ presence, timer, timing }: GatewayDeps): PresenceShown {
  const showing = new Set<DeviceSession>();

  const stopShowing = every(timer, timing.presenceMs / SHOWS_PER_LAPSE, async () => {
    for (const session of [...showing])
      for (const [space, present] of [...session.shown])
        if (session.shown.get(space) === present)
          await presence.show(keyOf(session, space), present, timing.presenceMs);
  });

  return {
    show(session, { space, status, text, batteryPercent, link }) {
      const { device } = session.state.hello!;
      const present = { device, user: session.identity!.user, status, text, batteryPercent, link };
      session.shown.set(space, present);
      showing.add(session);
      void presence.show(keyOf(session, space), present, timing.presenceMs);
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
