import type { SavedSession, SessionId } from '@syncline/core';
import type { Clock, CountedSession, OpenSessionsMax, SessionRegistry } from '@syncline/ports';
import { type Lapsing, lapsing } from './lapsing';

/** From the smallest room to the largest. */
const ROOMS = ['device', 'user', 'tenant'] as const satisfies readonly (keyof OpenSessionsMax)[];

export function memorySessionRegistry({ clock }: { readonly clock: Clock }): SessionRegistry {
  const saved = lapsing<SessionId, SavedSession>(clock);
  const rooms = lapsing<string, Lapsing<string, CountedSession>>(clock);
  const gaveWay = lapsing<string, true>(clock);

  const roomOf = (session: CountedSession, room: keyof OpenSessionsMax) => rooms.get(roomName(session, room));
  const count = (session: CountedSession, forMs: number): void => {
    for (const room of ROOMS) {
      const open = roomOf(session, room) ?? lapsing<string, CountedSession>(clock);
      open.set(seatOf(session), session, forMs);
      rooms.set(roomName(session, room), open, open.lastsMs());
    }
  };

  const uncount = (session: CountedSession): void =>
    ROOMS.forEach((room) => roomOf(session, room)?.delete(seatOf(session)));

  return {
    save: async (session, forMs) => saved.set(session.id, session, forMs),
    load: async (id) => saved.get(id) ?? null,
    forget: async (id) => saved.delete(id),
    async enter(session, openMax, forMs) {
      const counted = roomOf(session, 'device')?.get(seatOf(session)) !== undefined;
      const full = ROOMS.find((room) => (roomOf(session, room)?.size() ?? 0) >= openMax[room]);
      if (full !== undefined && !counted) {
        const other = roomOf(session, 'device')?.next();
        if (other === undefined) return { entered: false, full };
        uncount(other);
        gaveWay.set(placeOf(other), true, forMs);
      }
      gaveWay.delete(placeOf(session));
      count(session, forMs);
      return { entered: true };
    },
    async renew(sessions, forMs) {
      const given = sessions.filter((session) => gaveWay.get(placeOf(session)) !== undefined);
      for (const session of sessions) if (!given.includes(session)) count(session, forMs);
      return given;
    },
    async leave(session) {
      uncount(session);
      gaveWay.delete(placeOf(session));
    },
  };
}

function roomName({ tenant, user, device }: CountedSession, room: keyof OpenSessionsMax): string {
  const names: Record<keyof OpenSessionsMax, string> = {
    device: `device/${tenant}/${device}`,
    user: `user/${tenant}/${user}`,
    tenant: `tenant/${tenant}`,
  };
  return names[room];
}

/** One device id may stand in several tenants. */
const placeOf = (session: CountedSession): string => `${session.tenant}\u0000${seatOf(session)}`;

/** No id holds a NUL. */
const seatOf = ({ device, id }: CountedSession): string => `${device}\u0000${id}`;
