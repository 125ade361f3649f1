import { hasRoom, type PresenceMessage, type SpaceId, type SpaceKey } from '@syncline/core';
import type { Present } from '@syncline/ports';
import type { GatewayDeps } from '../gateway-deps';
import { type DeviceSession, type Feeding, keyOf } from '../session/device-session';
import { presenceShown } from './presence-shown';

/** Who is there, told to those who have subscribed and want to know. */
export interface PresenceRooms {
  /** The space is open to the device: from now on it hears of the others. */
  enter(session: DeviceSession, space: SpaceId): void;
  show(session: DeviceSession, message: PresenceMessage): void;
  leave(session: DeviceSession, space: SpaceId): void;
  /** A device takes messages again, and is told what was held back. */
  catchUp(session: DeviceSession): void;
  close(): void;
}

interface Room {
  readonly sessions: Set<DeviceSession>;
  readonly stop: () => void;
}

export function presenceRooms(deps: GatewayDeps, { feed }: Feeding): PresenceRooms {
  const { presence, limits } = deps;
  const rooms = new Map<SpaceKey, Room>();
  const shown = presenceShown(deps);
  /** Spaces whose presence was held back while the device took nothing. */
  const rosterDue = new WeakMap<DeviceSession, Set<SpaceId>>();
  const takesMore = ({ state }: DeviceSession): boolean =>
    hasRoom('live', state.unsentBytes, limits.sendWindowBytesMax);

  const tell = (session: DeviceSession, space: SpaceId, present: Present): void => {
    if (present.device === session.state.hello!.device) return;
    if (!takesMore(session)) {
      rosterDue.set(session, (rosterDue.get(session) ?? new Set<SpaceId>()).add(space));
      return;
    }
    const { device, user, status, text } = present;
    const message = { kind: 'presence', space, device, user, status, text } as const;
    feed(session, { kind: 'presence', space, message });
  };

  const tellRoster = async (session: DeviceSession, space: SpaceId): Promise<void> => {
    rosterDue.get(session)?.delete(space);
    for (const present of await presence.roster(keyOf(session, space))) tell(session, space, present);
  };

  const openRoom = (key: SpaceKey, space: SpaceId): Room => {
    const sessions = new Set<DeviceSession>();
    const stop = presence.listen(key, (present) => {
      for (const session of [...sessions]) tell(session, space, present);
    });
    const room = { sessions, stop };
    rooms.set(key, room);
    return room;
  };

  return {
    enter(session, space) {
      if (!(session.state.agreed?.capabilities.includes('presence') ?? false)) return;
      const key = keyOf(session, space);
      (rooms.get(key) ?? openRoom(key, space)).sessions.add(session);
      void tellRoster(session, space);
    },
    show: (session, message) =>
      message.status === 'offline' ? shown.hide(session, message.space) : shown.show(session, message),
    leave(session, space) {
      const key = keyOf(session, space);
      const room = rooms.get(key);
      if (room?.sessions.delete(session) === true && room.sessions.size === 0) {
        room.stop();
        rooms.delete(key);
      }
      rosterDue.get(session)?.delete(space);
      shown.hide(session, space);
    },
    catchUp(session) {
      const due = rosterDue.get(session);
      if (due === undefined || due.size === 0 || !takesMore(session)) return;
      for (const space of [...due]) void tellRoster(session, space);
    },
    close: () => shown.close(),
  };
}
