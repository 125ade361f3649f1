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
  // Most devices show nothing, so what they show is not kept with their sessions.
  const showing = new Map<DeviceSession, Map<SpaceId, Present>>();
  const telling = new WeakMap<DeviceSession, Set<SpaceId>>();
  const shownBy = (session: DeviceSession, space: SpaceId): Present | undefined =>
    showing.get(session)?.get(space);

  const stopShowing = every(timer, timing.presenceMs / SHOWS_PER_LAPSE, async () => {
    for (const [session, shown] of [...showing])
      for (const [space, present] of [...shown])
        if (shownBy(session, space) === present)
          await presence.show(keyOf(session, space), present, timing.presenceMs);
  });

  /** One at a time: what a device shows meanwhile takes the place of what it showed before. */
  const tell = async (session: DeviceSession, space: SpaceId): Promise<void> => {
    const spaces = telling.get(session) ?? new Set<SpaceId>();
    if (spaces.has(space)) return;
    telling.set(session, spaces.add(space));
    const now = (): Present | undefined => shownBy(session, space);
    let told: Present | undefined;
    for (let next = now(); next !== undefined && next !== told; next = now()) {
      told = next;
      await presence.show(keyOf(session, space), next, timing.presenceMs);
      await new Promise<void>((resolve) => timer.after(SHOWN_EVERY_MS, resolve));
    }
    spaces.delete(space);
  };

  return {
    show(session, { space, status, text, batteryPercent, link }) {
      const { device } = session.state.hello!;
      const present = { device, user: session.identity!.user, status, text, batteryPercent, link };
      showing.set(session, (showing.get(session) ?? new Map<SpaceId, Present>()).set(space, present));
      void tell(session, space);
    },
    hide(session, space) {
      const shown = showing.get(session);
      const present = shown?.get(space);
      if (shown === undefined || present === undefined) return;
      shown.delete(space);
      if (shown.size === 0) showing.delete(session);
      const key = keyOf(session, space);
      const showsElsewhere = [...showing].some(
        ([other, theirs]) => theirs.get(space)?.device === present.device && keyOf(other, space) === key,
      );
      if (!showsElsewhere) void presence.leave(key, present.device);
    },
    close: () => stopShowing(),
  };
}
